"""What the activity `check_recovery` measures: the service's own indicator and golden signals, before and since.

Asked of Dynatrace side by side. Raises: VendorUnavailable; what is refused of golden signals is left without points.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from orchestrations.activities.collecting import DAY_MS, HOUR_MS, MINUTE_MS
from shared.domain.diagnosis.bounds import Side
from shared.domain.incident import verification
from shared.domain.incident.verification import Indicator, Window
from shared.domain.watch import signals
from shared.errors import VendorRefused
from shared.services import services

BEFORE_MS = 2 * HOUR_MS
_SHOWN_MS = 10 * MINUTE_MS
"""Of the problem's first minutes: enough to see when an indicator left the usual."""
_MOST_BENEATH = 20
_LEAST_OF_CAP = 0.25
_FALLING: Mapping[str, Side] = {"throughput": "down"}
_UNIT_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}

type Points = Sequence[tuple[int, float | None]]


async def own(measured: Mapping[str, Any], start_ms: int, window: Window) -> list[Indicator]:
    """The service's own indicator; none while the registry does not know what is measured."""
    entity_id, selector = measured.get("entity_id") or "", measured.get("metric_selector") or ""
    if not entity_id or not selector:
        return []
    resolution = measured.get("resolution") or "1m"
    cap = measured.get("upper_bound")

    async def query(from_ms: int, to_ms: int) -> Points:
        return await services().dynatrace.metrics.query(selector, entity_id, from_ms, to_ms, resolution)

    step_ms = _step_ms(resolution)
    before, after = await _both(query, start_ms, window, step_ms)
    slot_ms = verification.slot_ms(after, step_ms)
    least = _LEAST_OF_CAP * abs(cap or 0.0)
    kind = entity_id.rpartition("-")[0]
    return [Indicator(signals.OWN, kind, _unit(selector), "up", least, cap, True, slot_ms, before, after)]


def own_names(measured: Mapping[str, Any]) -> set[str]:
    """How a runbook may call the service's own indicator: also by the golden signal that it is."""
    same = _same(measured.get("metric_selector") or "")
    return {"", "service", signals.OWN} | {one.indicator for one in same}


async def golden(
    measured: Mapping[str, Any], problem: Mapping[str, Any], start_ms: int, window: Window
) -> list[Indicator]:
    """The golden signals of the service, of what it runs on, of affected hosts; what nobody measures has no points."""
    entity_id = measured.get("entity_id") or ""
    if not entity_id:
        return []
    already = signals.metric_of(measured.get("metric_selector") or "")
    by_type = await _by_type(entity_id, problem)
    wanted = {
        kind: [one for one in of_kind if signals.metric_of(one.key) != already]
        for kind, of_kind in signals.GOLDEN.items()
    }
    found = await asyncio.gather(
        *(
            _of_type(kind, by_type[kind], of_kind, start_ms, window)
            for kind, of_kind in wanted.items()
            if of_kind and kind in by_type
        )
    )
    return [one for several in found for one in several]


async def _by_type(entity_id: str, problem: Mapping[str, Any]) -> dict[str, list[str]]:
    """The entities to look at. Of services it is this one alone: others have owners and problems of their own."""
    nodes = await _unless_refused(services().dynatrace.entities.nodes([entity_id]), [])
    beneath = [one for node in nodes for one in node["runs_on"]]
    beneath += [str(one["id"]) for one in problem["entities"] if one["id"]]
    found = {entity_id.rpartition("-")[0]: [entity_id]}
    for one in dict.fromkeys(beneath):
        kind = one.rpartition("-")[0]
        if kind != "SERVICE" and one != entity_id and len(found.setdefault(kind, [])) < _MOST_BENEATH:
            found[kind].append(one)
    return found


async def _of_type(
    kind: str, ids: Sequence[str], wanted: Sequence[signals.Signal], start_ms: int, window: Window
) -> list[Indicator]:
    """One indicator for each signal: of several entities the worst counts, so that a new process follows an old one."""
    keys, dimension = [one.key for one in wanted], wanted[0].dimension

    async def query(from_ms: int, to_ms: int) -> Mapping[str, Points]:
        asked = services().dynatrace.metrics.of(keys, ids, dimension, from_ms, to_ms, "1m")
        series = await _unless_refused(asked, [])
        return {key: _worst(one.points for one in series if one.key == key) for key in keys}

    before, after = await _both(query, start_ms, window, MINUTE_MS)
    return [
        Indicator(
            one.indicator,
            kind,
            one.unit,
            _FALLING.get(one.indicator, "up"),
            one.least,
            None,
            False,
            verification.slot_ms(after[one.key], MINUTE_MS),
            before[one.key],
            after[one.key],
        )
        for one in wanted
    ]


async def _both[T](
    query: Callable[[int, int], Awaitable[T]], start_ms: int, window: Window, step_ms: int
) -> tuple[T, T]:
    """What was before the problem, and what is since the action, side by side."""
    length_ms = max(window.length_ms, (window.min_samples + 1) * step_ms) + step_ms
    since_ms = max(window.since_ms, window.now_ms - length_ms)
    until_ms = min(start_ms + _SHOWN_MS, window.since_ms, window.now_ms)
    return await asyncio.gather(
        query(start_ms - BEFORE_MS, max(until_ms, start_ms - BEFORE_MS + step_ms)),
        query(min(since_ms, window.now_ms - step_ms), window.now_ms),
    )


async def _unless_refused[T](asked: Awaitable[T], otherwise: T) -> T:
    """What Dynatrace will not tell, such as a metric this environment has not, cannot be judged; it ends nothing."""
    try:
        return await asked
    except VendorRefused:
        return otherwise


def _worst(series: Iterable[Points]) -> Points:
    """The highest value of each moment."""
    found: dict[int, float | None] = {}
    for points in series:
        for at, value in points:
            known = found.get(at)
            found[at] = value if known is None else known if value is None else max(known, value)
    return sorted(found.items())


def _unit(selector: str) -> str:
    """Of the service's own indicator, where it is one of the golden signals."""
    return next((one.unit for one in _same(selector)), "")


def _same(selector: str) -> list[signals.Signal]:
    """The golden signals that read the same metric."""
    metric = signals.metric_of(selector)
    known = (one for of_kind in signals.GOLDEN.values() for one in of_kind)
    return [one for one in known if signals.metric_of(one.key) == metric]


def _step_ms(resolution: str) -> int:
    found = re.fullmatch(r"(\d{1,4})([mhd])", resolution)
    return max(1, int(found[1])) * _UNIT_MS[found[2]] if found else MINUTE_MS
