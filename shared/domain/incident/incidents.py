"""How a problem becomes an incident: its priority, its words, its end."""

from collections.abc import Mapping
from typing import Any

RESOLVED = "resolved"
SELF_RESOLVED = "self_resolved"
REFUSED = "refused"
EXPIRED = "expired"
ACTION_FAILED = "action_failed"
FAILED = "failed"
"""A step could not be done, so that the operation could not go on."""
UNVERIFIED = "unverified"
HANDED_OVER = "handed_over"
PLANNED = "planned"
"""It came and went within announced maintenance: there is no incident."""
CLOSING = (RESOLVED, SELF_RESOLVED)
"""Outcomes that resolve the incident; the others leave it to a person."""
ALL_OVER = (*CLOSING, PLANNED)
"""Outcomes that say that every problem is over: none may be ended with while one that joined is open."""
FAILURES = (ACTION_FAILED, FAILED)
"""Outcomes that count as failed."""

# ServiceNow: 1 high, 2 medium, 3 low (impact and urgency make the priority).
_IMPACT = {"APPLICATION": "1", "SERVICES": "2", "SERVICE": "2", "INFRASTRUCTURE": "2", "ENVIRONMENT": "1"}
_URGENCY = {
    "AVAILABILITY": "1",
    "ERROR": "1",
    "PERFORMANCE": "2",
    "SLOWDOWN": "2",
    "RESOURCE_CONTENTION": "2",
}


def impact(problem: Mapping[str, Any]) -> str:
    """ServiceNow's impact for Dynatrace's impact level; low where it is neither known nor named."""
    return _IMPACT.get(problem["impact"].upper(), "3")


def urgency(problem: Mapping[str, Any]) -> str:
    """ServiceNow's urgency for Dynatrace's severity; low where it is neither known nor named."""
    return _URGENCY.get(problem["severity"].upper(), "3")
