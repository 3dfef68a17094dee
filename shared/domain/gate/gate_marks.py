"""What becomes of a deployment after its gate: rolled back, blamed for an incident, judged by people. Pure.

A mark: {"key", "at_ms", "because": "rollback" or "incident", "deployment_id", "commit", "incident", "failed"}. It comes
from an event, at least once and in any order, before or after the gate it is about; so marks are kept beside the
gates' history, and joined with it whenever it is read. What people say goes before every mark.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

Mark = dict[str, Any]

KEPT = 200
ROLLBACK, INCIDENT, _CORRECTION = "rollback", "incident", "correction"


class Said(NamedTuple):
    """What people say of a deployment. failed: None where nobody does. not_by: incidents it did not cause."""

    failed: bool | None = None
    not_by: frozenset[str] = frozenset()


def of_rollback(deployment: Mapping[str, Any]) -> Mark | None:
    """Of a domain.delivery.Deployment that brought an earlier version back; None for any other."""
    told = (deployment.get("how"), deployment.get("result"))
    at_ms, commit = _ms(deployment.get("finished_at")), deployment.get("rolls_back")
    if told != (ROLLBACK, "succeeded") or not commit or at_ms is None:
        return None
    return _mark(f"{ROLLBACK}/{deployment.get('deployment_id')}", at_ms, ROLLBACK, commit=commit, failed=True)


def of_incident(incident: Mapping[str, Any]) -> Mark | None:
    """Of the data of incident.opened or incident.closed; None where it says nothing of a deployment."""
    caused_by = incident.get("caused_by")
    at_ms = _ms(incident.get("closed_at")) or _ms(incident.get("opened_at"))
    if not isinstance(caused_by, Mapping) or not incident.get("operation_id") or at_ms is None:
        return None
    names = {name: caused_by.get(name) for name in ("deployment_id", "commit")}
    return _mark(
        f"{INCIDENT}/{incident['operation_id']}",
        at_ms,
        INCIDENT,
        **names,
        incident=incident.get("incident_number") or "",
        failed=any(names.values()),
    )


def said_of(corrections: Sequence[Mapping[str, Any]]) -> Said:
    """Of the corrections of a deployment that hold (docs/dora.md)."""
    kinds = {one["kind"] for one in corrections}
    failed = (
        True if "failed" in kinds else False if "not_failed" in kinds else True if INCIDENT in kinds else None
    )
    not_by = frozenset(str(one["incident_number"]) for one in corrections if one["kind"] == "not_incident")
    return Said(failed, not_by)


def with_mark(marks: Sequence[Mark], mark: Mark) -> list[Mark]:
    """The marks with this one; of the same thing the latest word counts. The oldest beyond KEPT fall out."""
    same = [one for one in marks if one["key"] == mark["key"]]
    latest = max([*same, mark], key=lambda one: (one["at_ms"], not one["failed"], str(one["deployment_id"])))
    others = [one for one in marks if one["key"] != mark["key"]]
    return sorted([*others, latest], key=lambda one: (one["at_ms"], one["key"]))[-KEPT:]


def judged(entries: Sequence[Mapping[str, Any]], marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """The gates' history with what marks say: `taken_back` by a rollback, `blamed` for the numbers of incidents."""
    return [{**entry, **_told(entry, [one for one in marks if _is_about(one, entry)])} for entry in entries]


def corrected(entry: Mapping[str, Any], said: Said) -> dict[str, Any]:
    """A judged entry after what people say of its deployment."""
    blamed = [number for number in entry.get("blamed", []) if number not in said.not_by]
    if said.failed:
        return {**entry, "blamed": [*blamed, _CORRECTION]}
    if said.failed is None:
        return {**entry, "blamed": blamed}
    return {**entry, "blamed": [], "taken_back": entry["own_taken_back"]}


def _told(entry: Mapping[str, Any], marks: Sequence[Mark]) -> dict[str, Any]:
    own = bool(entry.get("taken_back"))
    failed = [one for one in marks if one["failed"]]
    return {
        "own_taken_back": own,
        "taken_back": own or any(one["because"] == ROLLBACK for one in failed),
        "blamed": [one["incident"] for one in failed if one["because"] == INCIDENT],
    }


def _is_about(mark: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """By its name where both know it; else by its commit, where it went out before that was told."""
    if mark["deployment_id"] and entry.get("deployment_id"):
        return bool(mark["deployment_id"] == entry["deployment_id"])
    began_ms = entry.get("from_ms") or _ms(entry.get("decided_at")) or 0
    return bool(mark["commit"]) and mark["commit"] == entry.get("commit") and began_ms <= mark["at_ms"]


def _mark(key: str, at_ms: int, because: str, **told: Any) -> Mark:
    mark = {
        "key": key,
        "at_ms": at_ms,
        "because": because,
        "deployment_id": None,
        "commit": None,
        "incident": "",
    }
    return {**mark, **told}


def _ms(told: object) -> int | None:
    if not isinstance(told, str):
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
