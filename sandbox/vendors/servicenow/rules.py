"""The business rules and data policies of tasks, as an instance is delivered with them."""

from collections.abc import Mapping
from http import HTTPStatus

from sandbox.vendors.servicenow import change_rules
from sandbox.vendors.servicenow.answers import refuse

type Row = dict[str, str]

RESOLVED, CLOSED, CANCELLED = "6", "7", "8"
_PRIORITIES = {
    ("1", "1"): "1",
    ("1", "2"): "2",
    ("1", "3"): "3",
    ("2", "1"): "2",
    ("2", "2"): "3",
    ("2", "3"): "4",
    ("3", "1"): "3",
    ("3", "2"): "4",
    ("3", "3"): "5",
}
"""By impact and urgency."""
_LABELS = {"close_code": "Resolution code", "close_notes": "Resolution notes"}
STATES = {
    "incident": {
        "1": "New",
        "2": "In Progress",
        "3": "On Hold",
        "6": "Resolved",
        "7": "Closed",
        "8": "Canceled",
    },
    "change_request": change_rules.STATES,
}


def apply(table: str, before: Mapping[str, str], changes: Mapping[str, str], now: str, user: str) -> Row:
    """`changes` with what the rules make of them. before: the row as it was. now: ServiceNow's plain time.

    Raises: Refusal, 403, where a data policy is not met.
    """
    if table == "incident":
        return _incident(before, dict(changes), now, user)
    if table == "change_request":
        return change_rules.apply(before, dict(changes), now, user)
    return dict(changes)


def _incident(before: Mapping[str, str], changes: Row, now: str, user: str) -> Row:
    if "incident_state" in changes and "state" not in changes:
        changes["state"] = changes["incident_state"]
    if "state" in changes:
        changes["incident_state"] = changes["state"]
    after = {**before, **changes}
    changes["priority"] = _PRIORITIES.get((after["impact"], after["urgency"]), "5")
    state = after["state"]
    if state in (RESOLVED, CLOSED):
        missing = [label for name, label in _LABELS.items() if not after[name].strip()]
        if missing:
            detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
            raise refuse(HTTPStatus.FORBIDDEN, "Operation Failed", detail)
    if state == before["state"]:
        return changes
    if state == RESOLVED:
        changes |= {"resolved_at": now, "resolved_by": user}
    elif state in (CLOSED, CANCELLED):
        changes |= {"closed_at": now, "closed_by": user, "active": "false"}
    elif before["state"] in (RESOLVED, CLOSED):
        reopened = str(int(before["reopen_count"]) + 1)
        changes |= {"resolved_at": "", "resolved_by": "", "active": "true", "reopen_count": reopened}
    return changes
