"""What people say a deployment counts as, one word after the other. Pure.

The latest word of each kind holds; "restore" makes all before it void. Saying what holds already adds nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.delivery.deliveries import Correction

RESTORE = "restore"
KINDS = ("failed", "not_failed", "incident", "not_incident", "rework", "not_rework", "ignore", RESTORE)


def holding(said: Sequence[Correction]) -> list[Correction]:
    """Those that still count, in the order they were said."""
    latest: dict[tuple[str, str], Correction] = {}
    for one in said:
        if one["kind"] == RESTORE:
            latest = {}
            continue
        latest.pop(_about(one), None)
        latest[_about(one)] = one
    return list(latest.values())


def say(
    said: Sequence[Correction], deployment_id: str, asked: Mapping[str, Any], by: str, at: str
) -> tuple[list[Correction], Correction]:
    """All that was said, with what is asked now, and the correction that says it: an earlier one where it holds.

    asked: {"kind", "reason", "incident_number" where it is about an incident}. at: ISO 8601; never before the last.
    """
    for one in holding(said):
        if (one["kind"], one.get("incident_number")) == (asked["kind"], asked.get("incident_number")):
            return list(said), one
    if said and said[-1]["kind"] == asked["kind"] == RESTORE:
        return list(said), said[-1]
    number = str(len(said) + 1)
    identity = "\x1f".join((deployment_id, number, asked["kind"], asked.get("incident_number") or "", by, at))
    new: Correction = {
        "correction_id": hashlib.sha256(identity.encode()).hexdigest()[:32],
        "deployment_id": deployment_id,
        "kind": asked["kind"],
        "reason": asked["reason"],
        "by": by,
        "at": max([at, *(one["at"] for one in said)]),
    }
    if asked.get("incident_number"):
        new["incident_number"] = asked["incident_number"]
    return [*said, new], new


def _about(one: Correction) -> tuple[str, str]:
    return one["kind"].removeprefix("not_"), one.get("incident_number") or ""
