"""What may have caused a problem: one rule for each kind of cause, over the scene.

A weight is in nats (natural logarithm of odds): 0.7 doubles the odds. The weights are judgement, checked by
`make eval`; domain.ranking adds how likely the place is and turns sums into confidence.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

from shared.domain.diagnosis.scene import Entity, Scene, moment_ms, number

FADES_MINUTES = 60.0
"""A change this old counts 1/e of a fresh one."""
AFTER_MINUTES = 2.0
"""Clocks differ: a change this much after the first symptom may still have come before it."""
NEAR_LIMIT, FULL = 85.0, 95.0
"""Per cent of a resource that make it scarce, and used up."""
RESOURCES = ("cpu", "disk", "memory", "connections", "threads")
_FAILED = ("failed", "canceled", "cancelled", "abandoned", "rejected")


@dataclass(frozen=True)
class Suspicion:
    """One possible cause, not yet compared with the others. text_key and refuted_by_key: sentences of shared.texts."""

    entity: Entity
    category: str
    weight: float
    evidence_ids: tuple[str, ...]
    text_key: str
    refuted_by_key: str
    values: Mapping[str, Any] = field(default_factory=dict)


def suspicions(scene: Scene) -> Iterator[Suspicion]:
    """All that the facts speak for, in no order; several may be of one entity and category."""
    for rule in (
        _deployments,
        _configurations,
        _planned_changes,
        _resources,
        _certificates,
        _quotas,
        _failing,
    ):
        yield from rule(scene)


def _deployments(scene: Scene) -> Iterator[Suspicion]:
    for item in scene.of_kind("deployment", "run"):
        facts, minutes = item["facts"], scene.minutes_before(moment_ms(item))
        if minutes is None or minutes < -AFTER_MINUTES or facts.get("role") == "last_good":
            continue
        weight = 3.2 * _recency(minutes)
        if str(facts.get("result") or "").lower() in _FAILED:
            weight *= 0.3
        run_id = facts["run_id"] if isinstance(facts.get("run_id"), int | str) else None
        yield Suspicion(
            scene.entity(facts),
            "recent_deployment",
            weight + _healthy_before(scene.entity(facts), moment_ms(item)),
            (item["id"],),
            _deployment_text(scene.entity(facts), run_id),
            "cause.refuted_by_baseline",
            {
                "run_id": run_id,
                "commit": str(facts.get("commit") or "?")[:8],
                "minutes": max(0, round(minutes)),
            },
        )


def _configurations(scene: Scene) -> Iterator[Suspicion]:
    for item in scene.of_kind("configuration"):
        minutes = scene.minutes_before(moment_ms(item))
        if minutes is not None and minutes >= -AFTER_MINUTES:
            entity = scene.entity(item["facts"])
            yield Suspicion(
                entity,
                "configuration",
                3.2 * _recency(minutes) + _healthy_before(entity, moment_ms(item)),
                (item["id"],),
                "cause.configuration",
                "cause.refuted_by_baseline",
                {"minutes": max(0, round(minutes))},
            )


def _planned_changes(scene: Scene) -> Iterator[Suspicion]:
    """A change of ServiceNow that was under way: work by people, on what is not seen otherwise."""
    for item in scene.of_kind("change"):
        facts = item["facts"]
        started, ended = number(facts.get("start_ms")), number(facts.get("end_ms"))
        minutes = scene.minutes_before(started)
        over = scene.minutes_before(ended)
        if minutes is None or minutes < -AFTER_MINUTES or (over is not None and over > FADES_MINUTES):
            continue
        yield Suspicion(
            scene.entity(facts),
            "configuration",
            1.7 if over is None or over <= 0 else 1.7 * _recency(over),
            (item["id"],),
            "cause.change",
            "cause.refuted_by_change_elsewhere",
            {"number": str(facts.get("number") or "?")},
        )


def _resources(scene: Scene) -> Iterator[Suspicion]:
    """Memory that only grows is a leak; anything else near its limit is saturation."""
    for item in scene.of_kind("metric"):
        facts, indicator = item["facts"], str(item["facts"].get("indicator"))
        usual, now = number(facts.get("baseline_median")), number(facts.get("during_median"))
        if indicator not in RESOURCES or usual is None or now is None or now <= usual:
            continue
        z, slope = number(facts.get("robust_z")) or 0.0, number(facts.get("trend_per_hour")) or 0.0
        per_cent = now <= 100
        leaking = indicator == "memory" and slope >= 0.03 * max(usual, 1e-9)
        if leaking:
            weight = 0.3 + min(1.2, 10 * slope / max(usual, 1e-9)) + 0.6 * (z >= 3)
            weight += 1.5 * _closeness(now) if per_cent else 0.6
            key, category = "cause.memory_leak", "memory_leak"
        elif per_cent and now >= NEAR_LIMIT:
            weight = 1.0 + 1.4 * _closeness(now) + 0.4 * (now >= FULL)
            weight += -2.0 if z < 3 and indicator != "disk" else 0.0
            weight += 0.7 if _more_traffic(scene) else 0.0
            key, category = "cause.saturation", "saturation"
        else:
            continue
        values = {"indicator": indicator, "usual": _short(usual), "now": _short(now), "slope": _short(slope)}
        yield Suspicion(
            scene.entity(facts), category, weight, (item["id"],), key, f"cause.refuted_by_{category}", values
        )


def _certificates(scene: Scene) -> Iterator[Suspicion]:
    for item in scene.of_kind("certificate"):
        minutes = scene.minutes_before(number(item["facts"].get("expires_at_ms")))
        if minutes is None or minutes < -AFTER_MINUTES:
            continue
        weight = 3.4 if minutes <= 60 else 2.0 if minutes <= 24 * 60 else 0.4
        yield Suspicion(
            scene.entity(item["facts"]),
            "certificate",
            weight,
            (item["id"],),
            "cause.certificate",
            "cause.refuted_by_certificate",
            {"minutes": max(0, round(minutes))},
        )


def _quotas(scene: Scene) -> Iterator[Suspicion]:
    for item in scene.of_kind("quota"):
        used, limit = number(item["facts"].get("used")), number(item["facts"].get("limit"))
        if used is None or limit is None or limit <= 0 or used < 0.9 * limit:
            continue
        weight = 3.2 if used >= limit else 1.8 if used >= 0.97 * limit else 0.5
        yield Suspicion(
            scene.entity(item["facts"]),
            "quota",
            weight,
            (item["id"],),
            "cause.quota",
            "cause.refuted_by_quota",
            {"used": _short(used), "limit": _short(limit)},
        )


def _failing(scene: Scene) -> Iterator[Suspicion]:
    """What is called, or what services run on, is sick itself, and nothing says why."""
    for entity in scene.entities.values():
        if entity.base:
            if not entity.unavailable_ids and not entity.flagged:
                continue
            sick = [one for one in scene.entities.values() if one.sick and (one.distance or 0) >= 0]
            yield Suspicion(
                entity,
                "infrastructure",
                (2.4 if entity.unavailable_ids else 0.9) + 0.4 * (len(sick) > 1),
                tuple(entity.unavailable_ids or entity.finding_ids),
                "cause.infrastructure",
                "cause.refuted_by_infrastructure",
            )
        elif (entity.distance or 0) > 0 and (entity.sick or entity.flagged):
            ids = tuple(entity.evidence_ids or entity.finding_ids)
            weight = 0.9 + 0.6 * min(entity.z, 10) / 10
            yield Suspicion(
                entity, "dependency", weight, ids, "cause.dependency", "cause.refuted_by_dependency"
            )


def _deployment_text(entity: Entity, run_id: object) -> str:
    if not run_id:
        return "cause.deployment_seen"
    return "cause.recent_deployment" if entity.distance == 0 else "cause.deployment_elsewhere"


def _recency(minutes: float) -> float:
    return exp(-max(0.0, minutes) / FADES_MINUTES)


def _healthy_before(entity: Entity, at_ms: float | None) -> float:
    """What was sick before a change did not fall ill of it."""
    if entity.onset_ms is None or at_ms is None:
        return 0.0
    return -2.0 if entity.onset_ms < at_ms - AFTER_MINUTES * 60_000 else 0.3


def _closeness(per_cent: float) -> float:
    """0 at 70 %, 1 at 100 %."""
    return max(0.0, min(1.0, (per_cent - 70) / 30))


def _more_traffic(scene: Scene) -> bool:
    return any(
        (number(item["facts"].get("robust_z")) or 0) >= 3
        for item in scene.of_kind("metric")
        if item["facts"].get("indicator") == "throughput"
    )


def _short(value: float) -> str:
    return f"{value:.3g}"
