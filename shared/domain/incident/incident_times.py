"""When an incident began, was opened, acknowledged, mitigated and over: read from what its operation wrote down.

Pure. Moments are milliseconds since 1970, None where nobody knows.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.domain.incident import incidents

_RECOVERED = "recovered"


class Times(NamedTuple):
    """acknowledged: the first decision. mitigated: the action ended. recovered: verified, or seen to be over."""

    began: int | None
    opened: int | None
    acknowledged: int | None
    mitigated: int | None
    recovered: int | None
    ended: int | None


def times_of(story: Mapping[str, Any]) -> Times:
    """story: of domain.postmortem."""
    steps = list(story.get("steps") or [])
    decisions = story.get("decisions") or []
    done = story.get("done") or {}
    decided = [at for at in (moment(each.get("at")) for each in decisions) if at is not None]
    start_ms = (story.get("problem") or {}).get("start_ms")
    ended = [at for at in (moment(step.get("ended_at") or step.get("started_at")) for step in steps) if at]
    return Times(
        began=start_ms if isinstance(start_ms, int) else None,
        opened=moment(story.get("opened_at")) or _end_of(steps, "open_incident", "reopen_incident"),
        acknowledged=moment(story.get("acknowledged_at")) or min(decided, default=None),
        mitigated=moment(story.get("mitigated_at")) or moment(done.get("finished_at")),
        recovered=_recovered(story, steps),
        ended=_end_of(steps, "end_incident") or max(ended, default=None),
    )


def _recovered(story: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> int | None:
    if (story.get("recovery") or {}).get("verdict") == _RECOVERED:
        return _end_of(steps, "verify")
    itself = [step for step in steps if step.get("result") == incidents.SELF_RESOLVED]
    return moment(itself[0].get("ended_at")) if itself else None


def _end_of(steps: Sequence[Mapping[str, Any]], *names: str) -> int | None:
    found = [step for step in steps if step.get("name") in names]
    return moment(found[0].get("ended_at") or found[0].get("started_at")) if found else None


def moment(text: object) -> int | None:
    """Of an ISO 8601 time; one without a zone is UTC."""
    try:
        at = datetime.fromisoformat(str(text or ""))
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def shown(at_ms: int | None) -> str:
    """UTC, to the second; "" for none."""
    if at_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return ""


def apart(earlier_ms: int | None, later_ms: int | None) -> str:
    """How long from one to the other: "1 h 05 min", "12 min", "40 s"; "" where one is unknown or they are swapped."""
    if earlier_ms is None or later_ms is None or later_ms < earlier_ms:
        return ""
    seconds = (later_ms - earlier_ms) // 1000
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
