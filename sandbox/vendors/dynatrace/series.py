"""Deterministic metric values: the same question has the same answer, whoever asks and whenever.

A healthy value is the metric's own band plus noise that depends only on metric, entity and time slot; while the
entity is unwell the value lies in the raised band, and a slot that is partly both is their mean by time. On a ramp it
goes from the one to the other at an even pace.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.vendors.clock import MINUTE_MS

type Span = tuple[int, int | None]
type Ramp = tuple[int, int | None, int]
"""(from, to or None, when it is at its height)."""
type Point = tuple[int, float | None]


@dataclass(frozen=True)
class Metric:
    """entity: its type, also the name of the dimension. healthy, raised: (lowest, highest) in `unit`."""

    key: str
    entity: str
    unit: str
    healthy: tuple[float, float]
    raised: tuple[float, float]

    @property
    def dimension(self) -> str:
        return f"dt.entity.{self.entity.lower()}"


METRICS = {
    metric.key: metric
    for metric in (
        Metric("builtin:service.errors.total.rate", "SERVICE", "Percent", (0.1, 0.8), (18.0, 27.0)),
        Metric("builtin:service.errors.server.rate", "SERVICE", "Percent", (0.1, 0.8), (18.0, 27.0)),
        Metric("builtin:service.errors.total.count", "SERVICE", "Count", (0, 5), (110, 160)),
        Metric(
            "builtin:service.response.time", "SERVICE", "MicroSecond", (70_000, 130_000), (900_000, 1_600_000)
        ),
        Metric("builtin:service.requestCount.total", "SERVICE", "Count", (550, 650), (450, 600)),
        Metric("builtin:host.cpu.usage", "HOST", "Percent", (12, 38), (91, 99)),
        Metric("builtin:host.mem.usage", "HOST", "Percent", (45, 60), (90, 98)),
        Metric("builtin:host.disk.usedPct", "HOST", "Percent", (46, 47), (95, 99)),
        Metric("builtin:tech.generic.cpu.usage", "PROCESS_GROUP_INSTANCE", "Percent", (8, 22), (88, 98)),
        Metric("builtin:tech.generic.mem.usage", "PROCESS_GROUP_INSTANCE", "Percent", (30, 36), (88, 96)),
    )
}


def points(
    metric: Metric,
    entity_id: str,
    slots: Sequence[tuple[int, int]],
    raised: Sequence[Span],
    silent: Sequence[Span],
    ramps: Sequence[Ramp] = (),
) -> list[Point]:
    """(start of the slot, value or None) for slots of (start, end), all in milliseconds."""
    return [
        (
            start,
            None
            if _share(start, end, silent) > 0
            else _value(
                metric,
                entity_id,
                start,
                end,
                min(1.0, _share(start, end, raised) + _height(start, end, ramps)),
            ),
        )
        for start, end in slots
    ]


def _value(metric: Metric, entity_id: str, start: int, end: int, unwell: float) -> float:
    """A count is of the whole slot; one finer than a minute counts as a minute, as what it stands in for."""
    noise = _noise(metric.key, entity_id, start)
    minutes = max(1.0, (end - start) / MINUTE_MS) if metric.unit == "Count" else 1.0
    value = _within(metric.healthy, noise) * (1 - unwell) + _within(metric.raised, noise) * unwell
    return round(value * minutes, 4)


def _within(band: tuple[float, float], share: float) -> float:
    low, high = band
    return low + (high - low) * share


def _share(start: int, end: int, spans: Sequence[Span]) -> float:
    """How much of the slot the spans cover, 0 to 1."""
    covered = sum(
        max(0, min(end, end if until is None else until) - max(start, since)) for since, until in spans
    )
    return min(1.0, covered / (end - start))


def _height(start: int, end: int, ramps: Sequence[Ramp]) -> float:
    """How high the ramps are in the middle of the slot, 0 to 1 each."""
    middle = (start + end) / 2
    return sum(
        min(1.0, (middle - since) / (full - since))
        for since, until, full in ramps
        if since <= middle and (until is None or middle < until)
    )


def _noise(*parts: object) -> float:
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32
