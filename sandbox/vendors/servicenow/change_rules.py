"""The state models of change requests, as an instance is delivered with them: one per type.

A state that does not follow is refused as a business rule refuses; closing needs a code and notes, as the data policy
asks.
"""

from collections.abc import Mapping
from http import HTTPStatus

from sandbox.vendors.servicenow.answers import refuse

NEW, ASSESS, AUTHORIZE, SCHEDULED, IMPLEMENT, REVIEW = "-5", "-4", "-3", "-2", "-1", "0"
CLOSED, CANCELLED = "3", "4"
STATES = {
    NEW: "New",
    ASSESS: "Assess",
    AUTHORIZE: "Authorize",
    SCHEDULED: "Scheduled",
    IMPLEMENT: "Implement",
    REVIEW: "Review",
    CLOSED: "Closed",
    CANCELLED: "Canceled",
}
_WAYS = {
    "standard": (NEW, SCHEDULED, IMPLEMENT, REVIEW, CLOSED),
    "normal": (NEW, ASSESS, AUTHORIZE, SCHEDULED, IMPLEMENT, REVIEW, CLOSED),
    "emergency": (NEW, AUTHORIZE, SCHEDULED, IMPLEMENT, REVIEW, CLOSED),
}
"""From a state only the next of its type, or Canceled while it is not closed."""

_RULE = "Change Model: Check State Transition"
_MANDATORY = {"close_code": "Close code", "close_notes": "Close notes"}


def apply(before: Mapping[str, str], changes: dict[str, str], now: str, user: str) -> dict[str, str]:
    """`changes` with what the rules make of them. Raises: Refusal, 403."""
    state = changes.get("state", before["state"])
    if state == before["state"]:
        return changes
    after = {**before, **changes}
    if state not in _next(after["type"], before["state"]):
        detail = f"Operation against file 'change_request' was aborted by Business Rule '{_RULE}'."
        raise refuse(HTTPStatus.FORBIDDEN, "Operation Failed", f"{detail} Business Rule Stack:{_RULE}")
    missing = [label for name, label in _MANDATORY.items() if not after[name].strip()]
    if state == CLOSED and missing:
        detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
        raise refuse(HTTPStatus.FORBIDDEN, "Operation Failed", detail)
    if state == IMPLEMENT:
        changes |= {"work_start": before["work_start"] or now}
    if state == REVIEW:
        changes |= {"work_end": before["work_end"] or now}
    if state in (CLOSED, CANCELLED):
        changes |= {"closed_at": now, "closed_by": user, "active": "false"}
    return changes


def _next(kind: str, state: str) -> set[str]:
    way = _WAYS.get(kind, _WAYS["normal"])
    if state in (CLOSED, CANCELLED):
        return set()
    following = way[way.index(state) + 1] if state in way else SCHEDULED
    return {following, CANCELLED}
