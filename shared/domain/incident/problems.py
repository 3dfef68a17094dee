"""A Dynatrace problem as this platform knows it: its identity, its states, its event.

Dynatrace reuses problem ids, so identity is the id with the start time
(https://docs.dynatrace.com/docs/dynatrace-api/environment-api/problems-v2).
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypedDict

from shared.errors import PoisonMessage

OPEN = "OPEN"
RESOLVED = "RESOLVED"

_START_IN_ID = re.compile(r"_(\d{13})V\d+$")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class Entity(TypedDict):
    id: str
    name: str
    type: str


class Problem(TypedDict):
    """Crosses durable boundaries. start_ms: milliseconds since 1970, None when nobody knows yet."""

    problem_id: str
    display_id: str
    title: str
    impact: str
    severity: str
    state: str
    start_ms: int | None
    entities: list[Entity]
    url: str
    tags: list[str]


def start_from_id(problem_id: str) -> int | None:
    """The start time inside a problem id of the form `<number>_<start, ms>V2`."""
    found = _START_IN_ID.search(problem_id)
    return int(found[1]) if found else None


def instance_id(problem_id: str, start_ms: int) -> str:
    """The one name of everything we do for this occurrence of the problem.

    Characters that a durable instance id or an address cannot hold are replaced, and then a digest keeps two
    different ids apart.
    """
    safe = _UNSAFE.sub("-", problem_id)
    if safe != problem_id or len(safe) > 70:
        safe = f"{safe[:55]}-{hashlib.sha256(problem_id.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    return f"incident-{safe}-{start_ms}"


def from_event_data(data: Mapping[str, Any]) -> Problem:
    """Read the problem an event carries.

    Raises: PoisonMessage, whose message names what is missing.
    """
    wrong = [
        name for name in ("problem_id", "state") if not isinstance(data.get(name), str) or not data[name]
    ]
    start_ms = data.get("start_ms")
    if start_ms is not None and not (isinstance(start_ms, int) and start_ms > 0):
        wrong.append("start_ms")
    entities = data.get("entities", [])
    if not isinstance(entities, list) or any(not isinstance(entity, Mapping) for entity in entities):
        wrong.append("entities")
    if wrong:
        raise PoisonMessage(f"the event's data is not a problem: {', '.join(wrong)} missing or wrong")
    return Problem(
        problem_id=data["problem_id"],
        display_id=str(data.get("display_id") or ""),
        title=str(data.get("title") or data["problem_id"]),
        impact=str(data.get("impact") or ""),
        severity=str(data.get("severity") or ""),
        state=data["state"],
        start_ms=start_ms,
        entities=[
            Entity(id=str(e.get("id", "")), name=str(e.get("name", "")), type=str(e.get("type", "")))
            for e in entities
        ],
        url=str(data.get("url") or ""),
        tags=[str(tag) for tag in data.get("tags", []) if tag],
    )


def from_dynatrace(found: Mapping[str, Any]) -> Problem:
    """The problem as Dynatrace's API tells it (clients.dynatrace.Problem)."""
    return Problem(
        problem_id=found["problem_id"],
        display_id=found["display_id"],
        title=found["title"],
        impact=found["impact"],
        severity=found["severity"],
        state=OPEN if found["end_ms"] is None else RESOLVED,
        start_ms=found["start_ms"],
        entities=[
            Entity(id=one["entity_id"], name=one["name"], type=one["entity_id"].partition("-")[0])
            for one in found["affected"]
        ],
        url=found["url"],
        tags=[],
    )
