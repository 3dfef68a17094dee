"""A change's risk, summed up by a model: it words what the rules said, and nothing else.

The model sees rule names, points and our own sentences, never a title, a path or anything else of the pull request, so
that no text of it can ask for anything. What it says is checked against the rules; whatever goes wrong, in time or in
words, the embedded summary stands.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.assistant.checking import holds_address, repeats

if TYPE_CHECKING:
    from openai import AsyncOpenAI

log = logging.getLogger(__name__)

WITHIN_S = 1.2
"""How long the model may take: the pipeline that asks has its answer within three seconds."""
_PROMPT = Path(__file__).parent / "prompts" / "change_risk.md"
_NUMBER = re.compile(r"\d+")


class Summary(BaseModel):
    """What a model answers: its words, and what they are about, which must be what the rules said."""

    model_config = ConfigDict(extra="forbid")

    summary: str = Field(min_length=1, max_length=700)
    level: Literal["low", "medium", "high"]
    rollout: Literal["direct", "canary", "with_flag"]
    rules: list[str] = Field(max_length=30)


class RiskWords(Protocol):
    """Anyone who can sum a judged change up."""

    async def sum_up(self, told: Mapping[str, Any], language: str) -> str | None:
        """A summary of `told` (what the rules came to); None where the embedded one must do."""
        ...


def openai_risk_words(url: str, model: str, api_key: str | Callable[[], Awaitable[str]]) -> OpenAIRiskWords:
    """url: the v1 endpoint. api_key: a key, or a function that returns an Entra token."""
    from openai import AsyncOpenAI

    return OpenAIRiskWords(AsyncOpenAI(base_url=url, api_key=api_key, timeout=WITHIN_S, max_retries=0), model)


class OpenAIRiskWords:
    """Asks a model, once."""

    def __init__(self, client: AsyncOpenAI, model: str, within_s: float = WITHIN_S) -> None:
        self._client, self._model, self._within_s = client, model, within_s

    async def sum_up(self, told: Mapping[str, Any], language: str) -> str | None:
        from openai import OpenAIError
        from pydantic import ValidationError

        question = question_of(told, language)
        instructions = _PROMPT.read_text(encoding="utf-8")
        messages: list[Any] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": json.dumps(question, ensure_ascii=False)},
        ]
        try:
            async with asyncio.timeout(self._within_s):
                completion = await self._client.chat.completions.parse(
                    model=self._model, response_format=Summary, messages=messages
                )
            said = completion.choices[0].message.parsed if completion.choices else None
        except (TimeoutError, OpenAIError, ValidationError, ValueError) as error:
            log.warning("the model gave no usable summary (%s)", type(error).__name__)
            return None
        if said is None or (wrong := fault(said, question, instructions)):
            log.warning("the model's summary is not what the rules said (%s)", wrong if said else "empty")
            return None
        return " ".join(said.summary.split())


def question_of(told: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What the model sees: our own words alone."""
    return {
        "language": language,
        "level": told["level"],
        "score": told["score"],
        "rollout": told["rollout"]["kind"],
        "rollout_text": told["rollout"]["text"],
        "rollback_text": told["rollback"]["text"],
        "reasons": [
            {name: one[name] for name in ("rule", "points", "text", "todo")} for one in told["reasons"]
        ],
        "missing": [one["text"] for one in told["missing"]],
    }


def fault(said: Summary, question: Mapping[str, Any], instructions: str) -> str:
    """What is wrong with the answer, "" for nothing."""
    if said.level != question["level"] or said.rollout != question["rollout"]:
        return "another level or rollout"
    if not set(said.rules) <= {one["rule"] for one in question["reasons"]}:
        return "another rule"
    known = set(_NUMBER.findall(json.dumps(question)))
    if not set(_NUMBER.findall(said.summary)) <= known:
        return "another number"
    if holds_address(said.summary):
        return "an address"
    return "its instructions" if repeats(said.summary, instructions) else ""
