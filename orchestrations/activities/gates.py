"""Activities of quality gates: what is measured, what is kept, which action takes a failed version back."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any

import azure.durable_functions as df

from orchestrations.activities.collecting import MINUTE_MS, now_ms
from orchestrations.outcome import Value, answers_outcome
from shared.domain.delivery.deliveries import deployment_id
from shared.domain.delivery.delivery_reports import AZURE_DEVOPS
from shared.domain.gate import gate_history, gates
from shared.domain.gate.gates import Measured, unmeasured
from shared.domain.incident import verification
from shared.domain.plain import journal
from shared.domain.watch import signals
from shared.errors import VendorError
from shared.services import services

bp = df.Blueprint()

SHOWN_POINTS = 60
_LATE_SHARE, _LATE_SLOTS = 1 / 3, 2
"""The newest sample may be older than the window's end by this part of it, or by so many slots."""
_MICROSECONDS = 0.001

type Points = Sequence[tuple[int, float | None]]


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def measure_gate(payload: dict) -> Value:  # type: ignore[type-arg]
    """Measure every objective, side by side. Value: {"measured": {name: gates.Measured}}; what fails is unknown.

    payload: {"service", "environment", "version", "rules", "from_ms", "until_ms", "deployed_ms"}. until_ms None: the
    window has from_ms to until now and must be `length_ms` long, of which the last part counts.
    """
    rules, service = payload["rules"], payload["service"]
    from_ms, until_ms, too_soon = _window(payload)
    entity_id = entity_of(service, rules, payload["environment"])
    entries = await services().gates.history(service["name"], payload["environment"])

    async def measure(objective: Mapping[str, Any]) -> Measured:
        if not entity_id:
            return unmeasured(gates.NOT_MEASURED)
        if too_soon:
            return unmeasured(gates.TOO_SOON)
        try:
            return await _measured(service, objective, entity_id, from_ms, until_ms)
        except VendorError:
            return unmeasured(gates.VENDOR)

    async def usual(objective: Mapping[str, Any]) -> dict[str, Any]:
        wanted = rules["baseline"]
        known = gate_history.baseline(
            entries,
            payload["version"],
            gate_history.measure_of(objective),
            wanted["deployments"],
            wanted["least"],
        )
        if known.value is not None:
            return {"baseline": known.value, "baseline_from": "history", "baseline_of": known.of}
        if not entity_id or not gate_history.ran_well_before(entries, payload["version"]):
            return {}
        length_ms, ends_ms = until_ms - from_ms, payload["deployed_ms"]
        try:
            before = await _measured(service, objective, entity_id, ends_ms - length_ms, ends_ms)
        except VendorError:
            return {}
        found = {"baseline": before["value"], "baseline_from": "before", "baseline_of": 1}
        return found if before["value"] is not None else {}

    objectives = rules["objectives"]
    found = await asyncio.gather(*(measure(one) for one in objectives), *(usual(one) for one in objectives))
    half = len(objectives)
    return {
        "measured": {
            one["name"]: {**found[index], **found[half + index]} for index, one in enumerate(objectives)
        }
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def keep_gate(payload: dict) -> Value:  # type: ignore[type-arg]
    """Keep a gate's result, and what it measured for those after it. payload: {"result"}. Doing it again replaces it.

    A dry run is kept to be read, and is nobody's baseline.
    """
    result = payload["result"]
    await services().gates.put(result)
    if result["dry_run"]:
        return {}
    entry = {
        "gate_id": result["id"],
        "version": result["version"],
        "commit": result["commit"] or "",
        "deployment_id": result["deployment_id"] or _deployment_id(result),
        "verdict": result["verdict"],
        "from_ms": result["from_ms"],
        "decided_at": result["decided_at"],
        "taken_back": bool(result["rollback"] and result["rollback"]["state"] == "verified"),
        "values": {
            gate_history.measure_of(rule): one["value"]
            for rule, one in zip(result["rules"]["objectives"], result["objectives"], strict=True)
            if one["value"] is not None
        },
    }
    await services().gates.remember(result["service"], result["environment"], entry)
    return {}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def note_change(payload: dict) -> Value:  # type: ignore[type-arg]
    """Write a work note into the change of this number, once per key. Value: {"result"}; "absent": no such change."""
    from shared.redaction import without_secrets

    text = journal(without_secrets(payload["text"]))
    written = await services().servicenow.changes.add_work_note(payload["number"], payload["key"], text)
    return {"result": written or "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def answer_check(payload: dict) -> Value:  # type: ignore[type-arg]
    """Tell a check of Azure Pipelines how it ended. payload: {"check": its ids, "proceed": bool}. Twice is once."""
    check = payload["check"]
    await services().azure_devops.checks.complete(
        check["project_id"],
        check["hub_name"],
        check["plan_id"],
        check["job_id"],
        check["task_id"],
        passed=payload["proceed"],
    )
    return {"result": "created"}


def _deployment_id(result: Mapping[str, Any]) -> str:
    """By the run that asked, the pipeline's own; "" where nobody said which."""
    run_id = result["run_id"]
    return deployment_id(AZURE_DEVOPS, run_id, result["environment"]) if run_id else ""


def entity_of(service: Mapping[str, Any], rules: Mapping[str, Any], environment: str) -> str:
    """What is measured in this environment; "" where nobody knows: production's numbers say nothing of a preview."""
    named = (rules.get("entities") or {}).get(environment)
    if named or environment != "production":
        return str(named or "")
    return str(service["dynatrace"].get("entity_id") or "")


def _window(payload: Mapping[str, Any]) -> tuple[int, int, bool]:
    """(from, until, whether it is too young), in ms."""
    from_ms, until_ms = int(payload["from_ms"]), payload["until_ms"]
    if until_ms is not None:
        return from_ms, int(until_ms), False
    now, length_ms = now_ms(), int(payload["length_ms"])
    return max(from_ms, now - length_ms), now, now - from_ms < length_ms


async def _measured(
    service: Mapping[str, Any], objective: Mapping[str, Any], entity_id: str, from_ms: int, until_ms: int
) -> Measured:
    selector, resolution, unit, scale = _metric(service, objective, entity_id)
    if not selector:
        return unmeasured(gates.NOT_MEASURED)
    points = await services().dynatrace.metrics.query(selector, entity_id, from_ms, until_ms, resolution)
    slot_ms = verification.slot_ms(points, MINUTE_MS)
    samples = [
        (at, value * scale)
        for at, value in points
        if value is not None and from_ms <= at and at + slot_ms <= until_ms
    ]
    told = Measured(
        value=None,
        reason=_missing(samples, objective["min_samples"], from_ms, until_ms, slot_ms),
        samples=len(samples),
        unit=objective.get("unit") or unit,
        baseline=None,
        baseline_from="",
        baseline_of=0,
        points=[[at, _short(value)] for at, value in _thinned(samples)],
    )
    if told["reason"]:
        return told
    return {**told, "value": _short(_AGGREGATES[objective["aggregate"]]([value for _, value in samples]))}


def _metric(
    service: Mapping[str, Any], objective: Mapping[str, Any], entity_id: str
) -> tuple[str, str, str, float]:
    """(selector, resolution, unit, scale); a selector of "" is what nobody measures."""
    measured = service["dynatrace"]
    if objective["indicator"] == "selector":
        return objective["selector"], "1m", "", 1.0
    if objective["indicator"] == "own":
        return measured.get("metric_selector") or "", measured.get("resolution") or "1m", "", 1.0
    known = signals.GOLDEN.get(entity_id.rpartition("-")[0], ())
    signal = next((one for one in known if one.indicator == objective["indicator"]), None)
    if signal is None:
        return "", "1m", "", 1.0
    unit, scale = {"MicroSecond": ("ms", _MICROSECONDS), "Percent": ("%", 1.0)}.get(
        signal.unit, ("/min", 1.0)
    )
    return f'{signal.key}:splitBy("{signal.dimension}")', "1m", unit, scale


def _missing(
    samples: Sequence[tuple[int, float]], needed: int, from_ms: int, until_ms: int, slot_ms: int
) -> str:
    if not samples:
        return gates.NO_DATA
    if len(samples) < needed:
        return gates.FEW_SAMPLES
    late_ms = max(_LATE_SHARE * (until_ms - from_ms), _LATE_SLOTS * slot_ms)
    newest = max(at for at, _ in samples)
    return gates.LATE if newest + slot_ms < until_ms - late_ms else ""


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]


def _thinned(samples: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """At most SHOWN_POINTS: the highest of neighbours, so that no peak is lost from the picture."""
    size = -(-len(samples) // SHOWN_POINTS) or 1
    groups = [samples[index : index + size] for index in range(0, len(samples), size)]
    return [max(group, key=lambda one: one[1]) for group in groups]


def _short(value: float) -> float:
    return float(f"{value:.6g}")


_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "median": median,
    "mean": fmean,
    "p95": _p95,
    "max": max,
    "min": min,
}
