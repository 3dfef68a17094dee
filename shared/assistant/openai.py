"""Azure OpenAI through its v1 endpoint: structured output, checked, with the embedded assistant behind it.

The model sees redacted text only. An answer that is not borne out by the evidence (assistant.checking) is asked for
once more, saying what was wrong, and then dropped. Whatever goes wrong, the embedded assistant's answer goes out,
WITHIN_S after the question at the latest.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.assistant.checking import backing, fault
from shared.assistant.port import Assistant, Cause, Diagnosis
from shared.assistant.question import question
from shared.redaction import Redactor

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

WITHIN_S = 45.0
"""How long the model may take, all tries together."""
TRIES = 2
_PROMPT = Path(__file__).parent / "prompts" / "diagnose.md"


def openai_assistant(
    url: str, model: str, api_key: str | Callable[[], Awaitable[str]], behind: Assistant
) -> OpenAIAssistant:
    """url: the v1 endpoint. api_key: a key, or a function that returns an Entra token."""
    from openai import AsyncOpenAI

    # No retries of its own: it would wait for a quota's Retry-After, and an incident goes out without the model.
    client = AsyncOpenAI(base_url=url, api_key=api_key, timeout=WITHIN_S, max_retries=0)
    return OpenAIAssistant(client, model, behind)


class OpenAIAssistant:
    """Asks a model; answers with `behind` when the model does not give a usable answer in time."""

    def __init__(
        self, client: AsyncOpenAI, model: str, behind: Assistant, within_s: float = WITHIN_S
    ) -> None:
        self._client, self._model, self._behind, self._within_s = client, model, behind, within_s

    async def diagnose(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
    ) -> Diagnosis:
        embedded = await self._behind.diagnose(problem, bundle, runs)
        try:
            async with asyncio.timeout(self._within_s):
                return await self._asked(problem, bundle, embedded) or embedded
        except TimeoutError:
            log.warning("the model gave no answer within %g s", self._within_s)
            return embedded

    async def ping(self) -> None:
        """One cheap read: raises what openai raises."""
        await self._client.models.list()

    async def close(self) -> None:
        """Let go of its connections; one that lives as long as its process need not."""
        await self._client.close()

    async def _asked(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], embedded: Diagnosis
    ) -> Diagnosis | None:
        redactor = Redactor(known_names=())
        document, known = question(problem, bundle, embedded.candidates, redactor)
        instructions = _PROMPT.read_text(encoding="utf-8")
        messages = [_message("system", instructions), _message("user", document)]
        for _ in range(TRIES):
            cause = await self._ask(messages)
            if cause is None:
                return None
            shown = cause.model_copy(update={"component": redactor.show(cause.component)})
            wrong = fault(shown, known, embedded.candidates, instructions)
            if not wrong:
                return self._diagnosis(shown, redactor, embedded)
            log.warning("the model's answer is not borne out by the evidence")
            messages += [
                _message("assistant", cause.model_dump_json()),
                _message("user", json.dumps({"rejected_because": wrong})),
            ]
        return None

    async def _ask(self, messages: list[Any]) -> Cause | None:
        from openai import OpenAIError
        from pydantic import ValidationError

        try:
            completion = await self._client.chat.completions.parse(
                model=self._model, response_format=Cause, messages=messages
            )
        except (OpenAIError, ValidationError, ValueError) as error:
            log.warning("the model gave no usable answer (%s)", type(error).__name__)
            return None
        return completion.choices[0].message.parsed if completion.choices else None

    def _diagnosis(self, cause: Cause, redactor: Redactor, embedded: Diagnosis) -> Diagnosis:
        """The model's words on the candidate it chose. Its confidence counts half: the other half is the facts'."""
        chosen = backing(cause, embedded.candidates)
        assert chosen is not None
        return Diagnosis(
            category=cause.category,
            component=chosen["component"],
            confidence=round((cause.confidence + chosen["confidence"]) / 2, 3),
            evidence_ids=list(dict.fromkeys(cause.evidence_ids)),
            author="openai",
            model=self._model,
            text=redactor.show(cause.hypothesis),
            refuted_by=redactor.show(cause.refuted_by),
            candidates=embedded.candidates,
        )


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
