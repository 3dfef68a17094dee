"""What the collectors of evidence share: their time-out, partial answers, items, and who is round about.

A collector answers {"items": [...]}, most telling first, and "missing": [{"source", "reason"}] for what it could not
get besides.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any

from orchestrations.outcome import Value
from shared.domain.diagnosis.evidence import Missing
from shared.errors import ValueFlowError, VendorUnavailable
from shared.services import services
from shared.texts import say

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
DAY_MS = 24 * HOUR_MS
_PART = 0.7
"""Of the collector's time that each of its parts may take."""
_NO_TEXT = frozenset({"link", "source", "kind", "at", "entity_id"})

type Collect = Callable[[dict[str, Any]], Awaitable[Value]]
type Words = Callable[..., str]
"""shared.texts.say in one language: takes a key and its values."""


def in_time(source: str) -> Callable[[Collect], Collect]:
    """Give a collector the time of the setting evidence_timeout_s: who hangs must not hold the incident.

    What it gives loses its secrets here, before it is kept anywhere: nobody needs them to find a cause.
    """

    def decorate(collect: Collect) -> Collect:
        @wraps(collect)
        async def collected(payload: dict[str, Any]) -> Value:
            from shared.redaction import without_secrets_in

            timeout_s = services().settings.evidence_timeout_s
            try:
                async with asyncio.timeout(timeout_s):
                    given = await collect(payload)
            except TimeoutError:
                raise _late(source, collect.__name__, timeout_s) from None
            return {**given, "items": without_secrets_in(given["items"], untouched=_NO_TEXT)}

        return collected

    return decorate


async def side_by_side(parts: Mapping[str, Awaitable[Any]]) -> tuple[dict[str, Any], list[Missing]]:
    """What each part gives, by its name; a part that fails or takes too long is missing.

    Raises: the first one's error when all fail, so that all are tried again.
    """
    timeout_s = _PART * services().settings.evidence_timeout_s

    async def bounded(name: str, part: Awaitable[Any]) -> Any:
        try:
            async with asyncio.timeout(timeout_s):
                return await part
        except TimeoutError:
            return _late(name, "evidence", timeout_s)
        except ValueFlowError as error:
            return error

    given = await asyncio.gather(*(bounded(name, part) for name, part in parts.items()))
    found = dict(zip(parts, given, strict=True))
    failed = {name: error for name, error in found.items() if isinstance(error, ValueFlowError)}
    if failed and len(failed) == len(found):
        raise next(iter(failed.values()))
    missing = [Missing(source=name, reason=str(error)) for name, error in failed.items()]
    return {name: value for name, value in found.items() if name not in failed}, missing


def item(
    source: str, kind: str, at_ms: int | None, text: str, facts: Mapping[str, Any], link: str = ""
) -> dict[str, Any]:
    """One piece of evidence, without its id."""
    at = "" if at_ms is None else iso(at_ms)
    return {"source": source, "kind": kind, "at": at, "text": text, "link": link, "facts": dict(facts)}


def iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def words_of(payload: Mapping[str, Any]) -> Words:
    """`say` in the language that evidence is wanted in."""
    return partial(say, payload.get("language") or services().settings.default_language)


def start_of(problem: Mapping[str, Any]) -> int:
    """When the problem began, in ms; now, where nobody knows."""
    return int(problem["start_ms"] or now_ms())


def now_ms() -> int:
    return int(time.time() * 1000)


def entity_ids(problem: Mapping[str, Any], service: Mapping[str, Any] | None) -> list[str]:
    """The affected entities, and the service's own."""
    ids = [str(entity["id"]) for entity in problem["entities"] if entity["id"]]
    own = service["dynatrace"]["entity_id"] if service else ""
    return list(dict.fromkeys([*ids, own] if own else ids))


def entity_link(entity_id: str) -> str:
    """Where Dynatrace shows the entity."""
    return f"{services().settings.dynatrace_url.rstrip('/')}/ui/entity/{entity_id}" if entity_id else ""


def listed(words: Words, values: Sequence[str], most: int) -> str:
    """The first values, and how many more there are."""
    more = len(values) - most
    return ", ".join(values[:most]) + (words("evidence.more", count=more) if more > 0 else "")


def _late(source: str, operation: str, timeout_s: float) -> VendorUnavailable:
    return VendorUnavailable(source, operation, f"no answer in {timeout_s:g} s")
