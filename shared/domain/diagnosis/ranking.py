"""The deterministic ranking of causes: who asks gets every candidate with its odds, best first.

Pure, and deaf to free text: only structured facts count (domain.scene), so that no log line, ticket or commit message
can move a cause. A score adds, in nats, what speaks for the cause (domain.suspicions) and for its place; confidence is
the share of its odds among all candidates, "unknown" being one of them. How well it judges: docs/ai-quality.md.
"""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any, TypedDict

from shared.domain.diagnosis.scene import Entity, Scene, number
from shared.domain.diagnosis.suspicions import Suspicion, suspicions

UNKNOWN = "unknown"
UNKNOWN_SCORE = 1.6
"""What a cause must outweigh to be named."""
SOFTNESS = 0.8
"""Divides scores before they become odds: below 1 is surer. Checked by the reliability table of `make eval`."""
FLAGGED = 1.4
"""What Dynatrace's own root cause is worth."""
EXPLAINED = 1.0
"""What "it fails, and nothing says why" loses where something does."""
LEAST_SIMILAR = 0.6
MOST_CITED = 8


class Candidate(TypedDict):
    """component: a name, "" where none. score: nats. confidence: 0..1, all candidates' together 1."""

    component: str
    entity_id: str
    category: str
    score: float
    confidence: float
    evidence_ids: list[str]
    text_key: str
    text_values: dict[str, Any]
    refuted_by_key: str


def rank(problem: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    """All candidates, best first; never empty, since "unknown" is always among them.

    problem: a domain.problems.Problem. items: of a domain.evidence.Bundle; those without facts are only evidence.
    """
    scene = Scene(problem, items)
    best: dict[tuple[str, str, str], Candidate] = {}
    for suspicion in suspicions(scene):
        candidate = _candidate(scene, suspicion)
        key = (candidate["entity_id"], candidate["component"], candidate["category"])
        known = best.get(key)
        best[key] = candidate if known is None else _merged(known, candidate)
    found = list(best.values())
    candidates = [*(_explained(one, found) for one in found), _unknown(scene)]
    candidates.sort(key=lambda one: (-one["score"], one["category"], one["entity_id"], one["component"]))
    return _with_confidence(candidates)


def _candidate(scene: Scene, suspicion: Suspicion) -> Candidate:
    entity = suspicion.entity
    similar, similar_ids = _similar(scene, suspicion.category)
    cited = [*suspicion.evidence_ids, *entity.evidence_ids, *entity.finding_ids, *scene.affected.evidence_ids]
    return Candidate(
        component=entity.name,
        entity_id=entity.entity_id,
        category=suspicion.category,
        score=round(suspicion.weight + _place(scene, entity, suspicion.category) + similar, 3),
        confidence=0.0,
        evidence_ids=list(dict.fromkeys([*cited[: MOST_CITED - 1], *similar_ids]))[:MOST_CITED],
        text_key=suspicion.text_key,
        text_values={"component": entity.name or "?", **suspicion.values},
        refuted_by_key=suspicion.refuted_by_key,
    )


def _place(scene: Scene, entity: Entity, category: str) -> float:
    """How likely the cause sits here: nearness along calls, who got sick first, what Dynatrace says."""
    said = FLAGGED if entity.flagged else 0.0
    if entity.distance is None:
        return said - (2.2 if scene.called else 1.0)
    if entity.distance < 0:
        return said - 1.8
    if entity.distance == 0:
        earlier = [one for one in scene.called if one.sick and _earlier(scene, one)]
        flagged_elsewhere = any(one.flagged for one in scene.called)
        return said - 0.8 * bool(earlier) - 0.5 * flagged_elsewhere
    place = said - 0.15 * (entity.distance - 1)
    if entity.sick:
        order = scene.minutes_before(entity.onset_ms)
        return place + (0.3 if order is None else 0.9 if order >= 1 else 0.5 if order >= -3 else -0.6)
    quiet = 0.0 if entity.flagged else -0.3 if entity.base else -1.8 if entity.measured else -0.6
    return place + (max(quiet, -0.6) if category in ("certificate", "quota") else quiet)


def _earlier(scene: Scene, entity: Entity) -> bool:
    minutes = scene.minutes_before(entity.onset_ms)
    return minutes is not None and minutes >= 1


def _similar(scene: Scene, category: str) -> tuple[float, list[str]]:
    """What a similar incident of the past adds for its category, by the most similar one."""
    found = [
        (number(item["facts"].get("similarity")) or 0.0, str(item["id"]))
        for item in scene.of_kind("similar")
        if item["facts"].get("category") == category
    ]
    similarity, item_id = max(found, default=(0.0, ""))
    return (0.8 * min(similarity, 1.0), [item_id]) if similarity >= LEAST_SIMILAR else (0.0, [])


def _explained(candidate: Candidate, others: Sequence[Candidate]) -> Candidate:
    """That a dependency fails says less where something says why it fails."""
    if candidate["category"] != "dependency":
        return candidate
    known_why = any(
        one["entity_id"] == candidate["entity_id"] and one is not candidate and one["score"] >= UNKNOWN_SCORE
        for one in others
    )
    return {**candidate, "score": round(candidate["score"] - EXPLAINED * known_why, 3)}


def _merged(one: Candidate, other: Candidate) -> Candidate:
    """Two signs of the same cause: the stronger speaks, both are cited."""
    best, rest = (one, other) if one["score"] >= other["score"] else (other, one)
    cited = dict.fromkeys([*best["evidence_ids"], *rest["evidence_ids"]])
    return {**best, "evidence_ids": list(cited)[:MOST_CITED]}


def _unknown(scene: Scene) -> Candidate:
    """Nothing stands out; or what happens was announced."""
    affected = {key for key, one in scene.entities.items() if one.distance == 0}
    announced = [
        item["id"] for item in scene.of_kind("maintenance") if _covers(scene, item["facts"], affected)
    ]
    return Candidate(
        component="",
        entity_id="",
        category=UNKNOWN,
        score=UNKNOWN_SCORE
        + 1.5 * bool(announced)
        + 0.5 * (scene.affected.measured and not scene.affected.sick),
        confidence=0.0,
        evidence_ids=announced[:MOST_CITED],
        text_key="cause.maintenance" if announced else "cause.unknown",
        text_values={},
        refuted_by_key="cause.refuted_by_more_evidence",
    )


def _covers(scene: Scene, facts: Mapping[str, Any], affected: set[str]) -> bool:
    """Whether a maintenance window holds the first symptom of an affected entity; one without entities is for all."""
    named = facts.get("entity_ids")
    begun, over = (
        scene.minutes_before(number(facts.get("start_ms"))),
        scene.minutes_before(number(facts.get("end_ms"))),
    )
    inside = begun is not None and begun >= 0 and (over is None or over <= 0)
    return inside and (not isinstance(named, list) or not named or bool(affected & set(map(str, named))))


def _with_confidence(candidates: list[Candidate]) -> list[Candidate]:
    odds = [exp((one["score"] - candidates[0]["score"]) / SOFTNESS) for one in candidates]
    return [
        {**one, "confidence": round(share / sum(odds), 3)}
        for one, share in zip(candidates, odds, strict=True)
    ]
