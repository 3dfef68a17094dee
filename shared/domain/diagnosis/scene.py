"""The scene of a problem: what the facts of the evidence say of who is sick, since when, and how near.

Reads only the facts of items and the identity of entities, never their free text: what a ticket or a log line says
cannot move a cause (domain.ranking stands on this).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SYMPTOMS = {"latency": 1, "errors": 1, "indicator": 1, "throughput": -1, "availability": -1}
"""Indicators that a caller feels, and the direction in which they are bad."""
SICK_Z = 3.5
"""Robust z from which an indicator counts as sick (Iglewicz and Hoaglin)."""
LOOK_BACK_MS = 60 * 60_000
"""How much earlier than Dynatrace's start of the problem its first symptom may lie."""
BURST_LINES, BURST_RATIO = 10, 3.0
"""A log bursts with so many lines, and so many times as many a minute as before."""
_LOUD = ("ERROR", "SEVERE", "FATAL", "CRITICAL", "ALERT", "EMERGENCY")
_BASES = ("HOST", "PROCESS_GROUP", "KUBERNETES", "CONTAINER", "AZURE_VM", "VIRTUALMACHINE")


@dataclass
class Entity:
    """One entity as the evidence shows it.

    distance: along calls from the affected ones: 0 affected, positive called by it, negative calling it, None unknown.
    z: of its worst symptom. onset_ms: of its first symptom, None when it has none. measured: symptoms were looked at.
    flagged: Dynatrace calls it the root cause. via: id of the entity through which it is known.
    """

    entity_id: str
    name: str
    type: str = ""
    distance: int | None = None
    z: float = 0.0
    onset_ms: int | None = None
    measured: bool = False
    flagged: bool = False
    via: str = ""
    evidence_ids: list[str] = field(default_factory=list)
    finding_ids: list[str] = field(default_factory=list)
    unavailable_ids: list[str] = field(default_factory=list)

    @property
    def sick(self) -> bool:
        return self.z >= SICK_Z

    @property
    def base(self) -> bool:
        """Whether it is what services run on, not a service (types of Dynatrace's monitored entities)."""
        return self.type.upper().startswith(_BASES)


class Scene:
    """One problem's entities, and when its first symptom showed (onset_ms: None where nobody knows)."""

    def __init__(self, problem: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> None:
        self.items = [item for item in items if isinstance(item.get("facts"), Mapping)]
        start_ms = number(problem.get("start_ms"))
        self.start_ms = None if start_ms is None else int(start_ms)
        self.entities: dict[str, Entity] = {}
        for named in problem.get("entities", []):
            self._meet(named.get("id"), named.get("name"), named.get("type"), 0)
        for item in self.of_kind("entity"):
            facts = item["facts"]
            self._meet(facts.get("entity_id"), facts.get("name"), facts.get("type"), facts.get("distance"))
            self.entities[str(facts.get("entity_id") or facts.get("name") or "")].via = str(
                facts.get("via") or ""
            )
        for item in self.of_kind("metric"):
            self._measure(item)
        for item in self.of_kind("log"):
            self._read_log(item)
        for item in self.of_kind("finding"):
            self._find(item)
        first = [one.onset_ms for one in self.entities.values() if one.distance == 0 and one.onset_ms]
        self.onset_ms = min([*first, *([self.start_ms] if self.start_ms else [])], default=None)

    def of_kind(self, *kinds: str) -> list[Mapping[str, Any]]:
        return [item for item in self.items if item["kind"] in kinds]

    def entity(self, facts: Mapping[str, Any]) -> Entity:
        """Whom facts speak of: by id, else by the service's name, else (neither is given) the affected entity.

        What a service's own process shows is the service's; a host carries others too and stands for itself.
        """
        entity_id = str(facts.get("entity_id") or "")
        if known := self.entities.get(entity_id):
            service = self.entities.get(known.via) if known.type.startswith("PROCESS_GROUP") else None
            return known if service is None or service.base else service
        name = str(facts.get("service") or facts.get("name") or entity_id)
        if not name:
            return self.affected
        same = [one for one in self.entities.values() if _plain(one.name) == _plain(name)]
        nearest = min(same, key=lambda one: 99 if one.distance is None else abs(one.distance), default=None)
        return nearest or Entity(entity_id, name)

    @property
    def affected(self) -> Entity:
        """The affected entity that is sickest; a nameless one where nobody is named."""
        affected = [one for one in self.entities.values() if one.distance == 0]
        return max(affected, key=lambda one: one.z, default=Entity("", "", distance=0))

    @property
    def called(self) -> list[Entity]:
        return [one for one in self.entities.values() if (one.distance or 0) > 0]

    def minutes_before(self, at_ms: float | None) -> float | None:
        """Minutes from a moment to the first symptom; negative after it; None where one of the two is unknown."""
        return None if self.onset_ms is None or at_ms is None else (self.onset_ms - at_ms) / 60_000

    def _meet(self, entity_id: object, name: object, kind: object, distance: object) -> None:
        key = str(entity_id or name or "")
        known = self.entities.setdefault(key, Entity(str(entity_id or ""), str(name or key)))
        known.type = known.type or str(kind or "")
        known.name = str(name or known.name)
        if known.distance is None and isinstance(distance, int):
            known.distance = distance

    def _measure(self, item: Mapping[str, Any]) -> None:
        facts = item["facts"]
        direction, z = SYMPTOMS.get(str(facts.get("indicator"))), number(facts.get("robust_z"))
        if direction is None or z is None:
            return
        entity = self.entity(facts)
        entity.measured = True
        entity.z = max(entity.z, z * direction)
        if z * direction >= SICK_Z:
            self._felt(entity, item["id"], number(facts.get("onset_ms")))

    def _read_log(self, item: Mapping[str, Any]) -> None:
        """A burst of error lines is a symptom too, unless callers measure none; how it is worded is not read."""
        facts, entity = item["facts"], self.entity(item["facts"])
        now, before = number(facts.get("per_minute")), number(facts.get("before_per_minute"))
        loud = str(facts.get("level", "ERROR")).upper() in _LOUD
        more = now is None or before is None or now >= BURST_RATIO * before
        measured_well = entity.measured and not entity.sick
        if loud and more and not measured_well and (number(facts.get("count")) or 0) >= BURST_LINES:
            entity.z = max(entity.z, SICK_Z)
            self._felt(entity, item["id"], number(facts.get("first_ms")))

    def _find(self, item: Mapping[str, Any]) -> None:
        facts, entity = item["facts"], self.entity(item["facts"])
        entity.flagged = entity.flagged or facts.get("root_cause") is True
        entity.finding_ids.append(item["id"])
        if "AVAILABILITY" in str(facts.get("type", "")).upper():
            itself = self.entities.get(str(facts.get("entity_id")), entity)
            itself.unavailable_ids.append(item["id"])

    def _felt(self, entity: Entity, item_id: str, onset_ms: float | None) -> None:
        entity.evidence_ids.append(item_id)
        early = self.start_ms is not None and onset_ms is not None and onset_ms < self.start_ms - LOOK_BACK_MS
        if onset_ms is not None and not early:
            entity.onset_ms = int(min(onset_ms, entity.onset_ms or onset_ms))


def number(value: object) -> float | None:
    """A finite number, or None for whatever else a source may have sent."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < float("inf") else None


def moment_ms(item: Mapping[str, Any]) -> float | None:
    """When it was: `at_ms` of its facts, else the item's own `at`."""
    at_ms = number(item["facts"].get("at_ms"))
    if at_ms is not None:
        return at_ms
    try:
        at = datetime.fromisoformat(str(item.get("at") or ""))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000
    except (ValueError, OverflowError):
        return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
