"""One labelled incident from one seed: problem, bundle as the collectors would give it, and the truth."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from shared.domain.diagnosis import baseline, evidence
from tests.eval.incidents import coincidences
from tests.eval.incidents.faults import FAULTS, Traces
from tests.eval.incidents.series import Effects, points
from tests.eval.incidents.world import World, build

START_MS = 1_763_726_400_000
SOURCES = {
    "metrics": ("metric",),
    "logs": ("log",),
    "deployments": ("deployment", "run"),
    "configuration": ("configuration",),
    "changes": ("change", "maintenance"),
    "certificates": ("certificate",),
    "quotas": ("quota",),
    "topology": ("entity",),
}
AWAY = 0.05
"""How often each source does not answer."""
MOST_METRICS = 20
"""As the collector has it: the farthest from usual."""
LEAST_SPREAD = {"errors": 0.5, "latency": 5.0, "throughput": 5.0, "cpu": 3.0, "memory": 1.0, "disk": 1.0}
"""Differences below it mean nothing, in each indicator's unit."""


def make(kind: str, seed: int) -> dict[str, Any]:
    """The record of tests.eval.causes.FORMAT for one fault of this kind."""
    random = Random(f"{kind}-{seed}")
    world, effects = build(random), Effects()
    traces: Traces = []
    truth = FAULTS[kind](random, world, effects, traces)
    coincidences.add(random, world, effects, traces, truth)
    lag_min = random.randint(1, 8)
    start_ms = START_MS + seed * 86_400_000 + random.randrange(86_400) * 1000
    items = list(_items(random, world, effects, traces, start_ms, lag_min))
    away = [source for source in SOURCES if random.random() < AWAY]
    kinds = {one for source in away for one in SOURCES[source]}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        if item["kind"] not in kinds:
            found.setdefault(item["kind"], []).append(item)
    missing: list[evidence.Missing] = [{"source": source, "reason": "time-out"} for source in away]
    return {
        "id": f"{kind}-{seed}",
        "kind": kind,
        "problem": _problem(world, start_ms),
        "bundle": evidence.bundle(list(found.values()), missing),
        "component": truth["component"],
        "entity_id": world.nodes[truth["component"]].entity_id if truth["component"] else "",
        "category": truth["category"],
        "decisive_source_missing": truth["decisive"] in away,
    }


def _problem(world: World, start_ms: int) -> dict[str, Any]:
    affected = world.affected
    return {
        "problem_id": f"-1_{start_ms}V2",
        "display_id": "P-1",
        "title": "Response time degradation",
        "impact": "SERVICES",
        "severity": "PERFORMANCE",
        "state": "OPEN",
        "start_ms": start_ms,
        "entities": [{"id": affected.entity_id, "name": affected.name, "type": affected.type}],
        "url": "",
        "tags": [],
    }


def _items(
    random: Random, world: World, effects: Effects, traces: Traces, start_ms: int, lag_min: int
) -> Iterator[dict[str, Any]]:
    onset_ms = start_ms - lag_min * 60_000
    yield _item("problem", start_ms, "Response time degradation", {})
    for node in world.nodes.values():
        via = world.nodes[node.via].entity_id if node.via else ""
        relation = (
            "affected"
            if not node.distance
            else "runs_on"
            if via
            else "called"
            if node.distance > 0
            else "calling"
        )
        facts = {"entity_id": node.entity_id, "name": node.name, "type": node.type, "distance": node.distance}
        facts |= {"relation": relation, "via": via}
        yield _item("entity", None, f"{node.name} ({node.type}): {relation}", facts)
    measured = list(_metrics(random, world, effects, start_ms, lag_min))
    measured.sort(key=lambda item: -abs(item["facts"]["robust_z"] or 0.0))
    yield from measured[:MOST_METRICS]
    for trace in traces:
        yield from _trace(world, trace, onset_ms)
    yield from _logs(random, world, effects, onset_ms)


def _metrics(
    random: Random, world: World, effects: Effects, start_ms: int, lag_min: int
) -> Iterator[dict[str, Any]]:
    for node in world.nodes.values():
        if abs(node.distance) > 1 or (node.distance and random.random() < 0.08):
            continue
        for indicator in node.usual:
            if random.random() < 0.04:
                continue
            series = points(random, node, indicator, effects, start_ms, lag_min)
            compared = baseline.compare(series, start_ms, LEAST_SPREAD.get(indicator, 3.0))
            text = f"{indicator} of {node.name}: {compared['baseline_median']} before, {compared['during_median']} now"
            facts = {"indicator": indicator, "entity_id": node.entity_id, **compared}
            yield _item("metric", start_ms, text, facts)


def _logs(random: Random, world: World, effects: Effects, onset_ms: int) -> Iterator[dict[str, Any]]:
    for node in world.nodes.values():
        failing = effects.at(node.name, "errors", 5)
        if node.type != "SERVICE" or random.random() < 0.4 or (failing < 1 and random.random() < 0.8):
            continue
        before, now = random.uniform(0, 2), random.uniform(0.5, 2) + failing * random.uniform(0.5, 3)
        first_ms = onset_ms + random.randrange(180) * 1000
        rates = {"per_minute": round(now, 2), "before_per_minute": round(before, 2), "first_ms": first_ms}
        facts = {
            "entity_id": node.entity_id,
            "count": int(now * 10),
            "level": "ERROR",
            "pattern": "request failed",
            **rates,
        }
        yield _item("log", first_ms, f"{int(now * 10)} error lines of {node.name}", facts)


def _trace(world: World, trace: Mapping[str, Any], onset_ms: int) -> Iterator[dict[str, Any]]:
    """What a change, a certificate, a quota or a finding looks like in the bundle."""
    name, kind = trace["name"], trace["kind"]
    node = world.nodes.get(name, world.stranger)
    at_ms = onset_ms - int(trace.get("ago", 0) * 60_000)
    facts: dict[str, Any] = {"entity_id": node.entity_id, "at_ms": at_ms}
    if kind == "run":
        run_id = at_ms // 60_000 % 100_000
        facts = {
            "service": name,
            "at_ms": at_ms,
            "run_id": run_id,
            "commit": f"{at_ms:040x}",
            "result": trace["result"],
        }
    elif kind in ("change", "maintenance"):
        facts = {"start_ms": at_ms, "end_ms": onset_ms - int(trace["until"] * 60_000)}
        facts |= (
            {"entity_ids": [node.entity_id]}
            if kind == "maintenance"
            else {"service": name, "number": "CHG0030001"}
        )
        facts |= {"state": "Implement", "planned": True} if kind == "change" else {}
    elif kind == "certificate":
        facts = {"entity_id": node.entity_id, "expires_at_ms": onset_ms - int(trace["expired"] * 60_000)}
    elif kind == "quota":
        facts = {
            "entity_id": node.entity_id,
            "used": trace["used"],
            "limit": trace["limit"],
            "what": "requests",
        }
    elif kind == "finding":
        facts = {"entity_id": node.entity_id, "type": trace["type"], "root_cause": trace["root_cause"]}
    elif kind == "similar":
        facts = {name: trace[name] for name in ("category", "similarity")} | {"outcome": "resolved"}
    elif kind == "cost":
        facts = {}
    yield _item(kind, at_ms, f"{kind} of {name}", facts)


def _item(kind: str, at_ms: int | None, text: str, facts: dict[str, Any]) -> dict[str, Any]:
    at = "" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"source": "made", "kind": kind, "at": at, "text": text, "link": "", "facts": facts}
