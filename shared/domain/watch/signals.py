"""Which signals of an entity are watched, and how each is read: its metric, its scale, the side that hurts.

Pure. Golden signals are built into Dynatrace; the registry's own indicator of a service is watched beside them where
it is none of these.
"""

import re
from collections.abc import Iterable, Mapping
from math import exp, log
from typing import Any, Literal, NamedTuple

Side = Literal["up", "down", "both"]


class Signal(NamedTuple):
    """indicator: its name. key: of the metric, or the whole selector where `dimension` is "".

    side: which departures count. unit: of the values, as Dynatrace has them; counts are per minute here.
    shift: values are judged as log(value + shift), so that a doubling weighs the same by day and by night; None:
    as they are. least: the least departure that matters, in the signal's unit, whatever the tier says.
    expects_traffic: no sample at all, where there is traffic at this hour, is an anomaly of its own.
    """

    indicator: str
    key: str
    dimension: str
    side: Side
    unit: str
    shift: float | None
    least: float
    expects_traffic: bool = False


def _load(indicator: str, key: str, dimension: str) -> Signal:
    return Signal(indicator, key, dimension, "up", "Percent", shift=None, least=10)


_SERVICE, _HOST, _PROCESS = "dt.entity.service", "dt.entity.host", "dt.entity.process_group_instance"

GOLDEN: dict[str, tuple[Signal, ...]] = {
    "SERVICE": (
        Signal(
            "latency", "builtin:service.response.time", _SERVICE, "up", "MicroSecond", shift=1e3, least=1e4
        ),
        Signal(
            "errors", "builtin:service.errors.total.rate", _SERVICE, "up", "Percent", shift=0.5, least=0.5
        ),
        Signal(
            "throughput",
            "builtin:service.requestCount.total",
            _SERVICE,
            "both",
            "Count",
            shift=5,
            least=10,
            expects_traffic=True,
        ),
    ),
    "HOST": (
        _load("cpu", "builtin:host.cpu.usage", _HOST),
        _load("memory", "builtin:host.mem.usage", _HOST),
    ),
    "PROCESS_GROUP_INSTANCE": (
        _load("cpu", "builtin:tech.generic.cpu.usage", _PROCESS),
        _load("memory", "builtin:tech.generic.mem.usage", _PROCESS),
    ),
}
"""By the type of the entity, which its id begins with. Of one type, all have the same dimension."""

OWN = "indicator"


def of_service(service: Mapping[str, Any]) -> list[Signal]:
    """The signals of a registered service; none while Dynatrace has not seen it."""
    measured = service.get("dynatrace") or {}
    entity_id, selector = measured.get("entity_id") or "", measured.get("metric_selector") or ""
    if not entity_id:
        return []
    signals = list(GOLDEN.get(entity_id.rpartition("-")[0], ()))
    if selector and metric_of(selector) not in {metric_of(signal.key) for signal in signals}:
        signals.append(Signal(OWN, selector, "", "up", "", shift=None, least=0.0))
    return signals


def per_minute(
    signal: Signal, points: Iterable[tuple[int, float | None]], slot_minutes: float
) -> list[tuple[int, float | None]]:
    """Dynatrace counts over a slot: a longer slot counts more."""
    share = 1 / slot_minutes if signal.unit == "Count" else 1.0
    return [(at, None if value is None else value * share) for at, value in points]


def scaled(signal: Signal, value: float) -> float:
    """The value on the scale on which it is judged."""
    if signal.shift is None:
        return value
    return log(max(value, 0.0) + signal.shift)


def unscaled(signal: Signal, value: float) -> float:
    """Back in the signal's own unit."""
    if signal.shift is None:
        return value
    return max(0.0, exp(min(value, 700.0)) - signal.shift)


def metric_of(selector: str) -> str:
    """The metric that a selector reads. Rates of errors count as one: total and server errors move together."""
    found = re.search(r"[a-z]+:[A-Za-z0-9_.]+|[A-Za-z0-9_.]+", selector)
    key = found[0] if found else selector
    return re.sub(r"errors\.(total|server)\.", "errors.", key)
