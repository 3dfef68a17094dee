"""The activity that looks whether an action helped: the problem's state, and every indicator before it and since.

While the problem is open the service's own indicator alone is read: more would change nothing, and it is asked often.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import azure.durable_functions as df

from orchestrations.activities.collecting import DAY_MS, HOUR_MS, MINUTE_MS, now_ms
from orchestrations.outcome import Value, answers_outcome
from shared.domain import signals, verification
from shared.domain.bounds import Side
from shared.domain.verification import Indicator, Window
from shared.errors import VendorRefused
from shared.services import services

bp = df.Blueprint()

BEFORE_MS = 2 * HOUR_MS
_SHOWN_MS = 10 * MINUTE_MS
"""Of the problem's first minutes: enough to see when an indicator left the usual."""
_MOST_BENEATH = 20
_OWN = ("", "service", signals.OWN)
"""How a runbook calls the service's own indicator."""
_LEAST_OF_CAP = 0.25
_FALLING: Mapping[str, Side] = {"throughput": "down"}
_UNIT_MS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}

type Points = Sequence[tuple[int, float | None]]


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def check_recovery(payload: dict) -> Value:  # type: ignore[type-arg]
    """Judge recovery since `since` (ISO 8601, "": not ended yet): a domain.verification.Recovery.

    {"problem", "service", "since", "indicator"?: the one of the runbook, "within_minutes"?: of the runbook; the
    window takes half of it at most}.
    """
    problem, window = payload["problem"], _window(payload)
    found = await services().dynatrace.problems.get(problem["problem_id"])
    closed = None if found is None else found["status"] == "CLOSED"
    start_ms = int(problem["start_ms"] or (found["start_ms"] if found else window.since_ms))
    looks = [_own(payload["service"]["dynatrace"], start_ms, window)]
    if closed:
        looks.append(_golden(payload, start_ms, window))
    indicators = [one for several in await asyncio.gather(*looks) for one in several]
    named = _named(payload.get("indicator") or "", indicators)
    return dict(verification.judge(closed, named, start_ms, window))


def _window(payload: Mapping[str, Any]) -> Window:
    settings, now = services().settings, now_ms()
    since = payload["since"]
    since_ms = int(datetime.fromisoformat(since).timestamp() * 1000) if since else now
    minutes = settings.verification_window_minutes
    if payload.get("within_minutes"):
        minutes = min(minutes, payload["within_minutes"] / 2)
    return Window(since_ms, now, round(minutes * MINUTE_MS), settings.verification_min_samples)


async def _own(measured: Mapping[str, Any], start_ms: int, window: Window) -> list[Indicator]:
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


async def _golden(payload: Mapping[str, Any], start_ms: int, window: Window) -> list[Indicator]:
    """The golden signals of the service, of what it runs on and of affected hosts; what nobody measures is left out."""
    measured = payload["service"]["dynatrace"]
    entity_id = measured.get("entity_id") or ""
    if not entity_id:
        return []
    own = signals.metric_of(measured.get("metric_selector") or "")
    by_type = await _by_type(entity_id, payload["problem"])
    found = await asyncio.gather(
        *(
            _of_type(
                kind, ids, [one for one in of_kind if signals.metric_of(one.key) != own], start_ms, window
            )
            for kind, of_kind in signals.GOLDEN.items()
            if (ids := by_type.get(kind))
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
    if not wanted:
        return []
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


def _named(indicator: str, found: Sequence[Indicator]) -> list[Indicator]:
    """With the runbook's indicator required; one that is not measured stands there without data."""
    if indicator in _OWN:
        return list(found) or [_unmeasured(signals.OWN)]
    marked = [one._replace(required=one.required or one.name == indicator) for one in found]
    return marked if any(one.name == indicator for one in marked) else [*marked, _unmeasured(indicator)]


def _unmeasured(name: str) -> Indicator:
    return Indicator(name, "", "", "up", 0.0, None, True, MINUTE_MS, (), ())


def _unit(selector: str) -> str:
    """Of the service's own indicator, where it is one of the golden signals."""
    metric = signals.metric_of(selector)
    known = (one for of_kind in signals.GOLDEN.values() for one in of_kind)
    return next((one.unit for one in known if signals.metric_of(one.key) == metric), "")


def _step_ms(resolution: str) -> int:
    found = re.fullmatch(r"(\d{1,4})([mhd])", resolution)
    return max(1, int(found[1])) * _UNIT_MS[found[2]] if found else MINUTE_MS
