"""A usual day of each golden signal of a service, and the baseline of usual weeks before it."""

from shared.domain.watch.seasons import DAY_MS, SLOT_MS, Baseline, build
from shared.domain.watch.signals import GOLDEN, Signal, scaled
from tests.fakes.watching import NOW_MS, Draw, daily

LATENCY, ERRORS, THROUGHPUT = GOLDEN["SERVICE"]
BEGINS = NOW_MS - DAY_MS
USUAL = {"latency": daily(100_000), "errors": daily(0.3), "throughput": daily(600)}


def baseline_of(signal: Signal, draw: Draw, days: int = 28) -> Baseline | None:
    slots = range(BEGINS - days * DAY_MS, BEGINS, SLOT_MS)
    return build([(at, draw(at + SLOT_MS // 2)) for at in slots], lambda value: scaled(signal, value), BEGINS)
