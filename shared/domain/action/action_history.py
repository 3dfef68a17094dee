"""What was done to a service when: how often the same action for the same problem, and whether one is under way. Pure.

An entry: {"key", "operation_id", "fingerprint", "type", "action_hash", "at_ms", "until_ms", "state", "ended_ms",
"reason"}. state: "begun", "done", "failed", or "withdrawn" when nothing was done after all. until_ms: when one that
nobody ended counts as over. Times: milliseconds since 1970. key: of the step that began it, so that beginning twice
is beginning once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Entry = dict[str, Any]
Begun = Literal["begun", "again", "busy", "repeated"]

HOUR_MS = 60 * 60 * 1000
KEPT_MS = 30 * 24 * HOUR_MS
"""How long an entry is remembered: as long as a cap can reach."""


def count(entries: Iterable[Entry], fingerprint: str, type_: str, hours: int, now_ms: int) -> int:
    """How often this action was begun for this fingerprint within the last hours, however it ended."""
    return sum(
        entry["fingerprint"] == fingerprint
        and entry["type"] == type_
        and entry["state"] != "withdrawn"
        and now_ms - entry["at_ms"] < hours * HOUR_MS
        for entry in entries
    )


def under_way(entries: Iterable[Entry], operation_id: str, now_ms: int) -> bool:
    """Whether another operation's action is being carried out."""
    return any(
        entry["state"] == "begun" and entry["operation_id"] != operation_id and now_ms < entry["until_ms"]
        for entry in entries
    )


def begin(
    entries: Sequence[Entry], entry: Entry, cap: Mapping[str, int], now_ms: int
) -> tuple[list[Entry], Begun]:
    """The entries with this one begun, where it may be. cap: {"times", "hours"}."""
    kept = [one for one in entries if now_ms - one["at_ms"] < KEPT_MS]
    if any(one["key"] == entry["key"] for one in kept):
        return kept, "again"
    if count(kept, entry["fingerprint"], entry["type"], cap["hours"], now_ms) >= cap["times"]:
        return kept, "repeated"
    if under_way(kept, entry["operation_id"], now_ms):
        return kept, "busy"
    return [*kept, {**entry, "at_ms": now_ms, "state": "begun", "ended_ms": None, "reason": ""}], "begun"


def end(entries: Sequence[Entry], key: str, state: str, reason: str, now_ms: int) -> list[Entry]:
    """The entries with this one ended; one that has ended stays as it is."""
    ended = {"state": state, "ended_ms": now_ms, "reason": reason}
    return [{**one, **ended} if one["key"] == key and one["state"] == "begun" else one for one in entries]
