"""Azure OpenAI through its v1 endpoint: structured output, checked, with the embedded assistant behind it.

The model sees redacted text only. An answer that cites evidence nobody gave it is asked for once more and then
dropped. Whatever goes wrong, the embedded assistant's answer goes out in time.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.assistant.port import Assistant, Cause, Diagnosis
from shared.assistant.redaction import Redactor

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

TIMEOUT_S = 45.0
MAX_ITEMS = 40
_PROMPT = Path(__file__).parent / "prompts" / "diagnose.md"


def openai_assistant(
    url: str, model: str, api_key: str | Callable[[], Awaitable[str]], behind: Assistant
) -> OpenAIAssistant:
    """url: the v1 endpoint. api_key: a key, or a function that returns an Entra token."""
    from openai import AsyncOpenAI

    return OpenAIAssistant(
        AsyncOpenAI(base_url=url, api_key=api_key, timeout=TIMEOUT_S, max_retries=1), model, behind
    )


class OpenAIAssistant:
    """Asks a model; answers with `behind` when the model does not give a usable answer."""

    def __init__(self, client: AsyncOpenAI, model: str, behind: Assistant) -> None:
        self._client, self._model, self._behind = client, model, behind

    async def diagnose(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
    ) -> Diagnosis:
        redactor = Redactor(known_names=())
        question = redactor.hide(_question(problem, bundle))
        known = {item["id"] for item in bundle["items"]}
        for _ in range(2):
            cause = await self._ask(question)
            if cause is None:
                break
            if cause.evidence_ids and known.issuperset(cause.evidence_ids):
                return self._diagnosis(cause, redactor)
            if cause.category == "unknown" and not cause.evidence_ids:
                return self._diagnosis(cause, redactor)
            log.warning("the model cited evidence that does not exist, or none")
        return await self._behind.diagnose(problem, bundle, runs)

    async def ping(self) -> None:
        """One cheap read: raises what openai raises."""
        await self._client.models.list()

    async def _ask(self, question: str) -> Cause | None:
        from openai import OpenAIError
        from pydantic import ValidationError

        try:
            completion = await self._client.chat.completions.parse(
                model=self._model,
                response_format=Cause,
                messages=[
                    {"role": "system", "content": _PROMPT.read_text(encoding="utf-8")},
                    {"role": "user", "content": question},
                ],
            )
        except (OpenAIError, ValidationError, ValueError) as error:
            log.warning("the model gave no usable answer (%s)", type(error).__name__)
            return None
        return completion.choices[0].message.parsed if completion.choices else None

    def _diagnosis(self, cause: Cause, redactor: Redactor) -> Diagnosis:
        return Diagnosis(
            category=cause.category,
            confidence=cause.confidence,
            evidence_ids=cause.evidence_ids,
            author="openai",
            model=self._model,
            text=redactor.show(cause.hypothesis),
            refuted_by=redactor.show(cause.refuted_by),
        )


def _question(problem: Mapping[str, Any], bundle: Mapping[str, Any]) -> str:
    """The bundle as JSON: data, whatever its texts may say."""
    about = {name: problem[name] for name in ("title", "impact", "severity", "tags")}
    items = [
        {name: item[name] for name in ("id", "source", "kind", "at", "text")} for item in bundle["items"]
    ]
    return json.dumps(
        {"problem": about, "evidence": items[:MAX_ITEMS], "missing": bundle["missing"]}, ensure_ascii=False
    )
