"""Seeded series of golden signals: services with days, weeks and habits, and what happened to them, labelled.

A load drives everything: requests follow it, latency rises with it, errors are counted among it. Kinds in CLEAN hold
what looks odd and is usual; kinds in ANOMALOUS hold one departure each, some of them small.
"""

import math
import random
from collections.abc import Callable, Iterator
from typing import Any

from shared.domain.watch.seasons import DAY_MS, HISTORY_MS, MINUTE_MS, SLOT_MS

SIGNALS = ("latency", "errors", "throughput", "cpu")
CLEAN = ("plain", "growing", "past_shift", "gaps", "outliers", "batch", "quiet", "holiday", "bursty")
ANOMALOUS = ("spike", "dip", "shift", "drift", "slow_burn", "silence")
CLEAN_EACH, ANOMALOUS_EACH = 18, 36
CLEAN_DAYS = 7
_MONDAY_MS = 1_794_182_400_000
"""2026-11-09, midnight in UTC."""

type Effect = Callable[[int], float]


def records(seed: int = 20261123) -> Iterator[dict[str, Any]]:
    """All labelled series; a third of each kind is held out."""
    for kind in CLEAN:
        for number in range(CLEAN_EACH):
            yield _clean(kind, number, random.Random(f"{seed}/{kind}/{number}"))
    for kind in ANOMALOUS:
        for number in range(ANOMALOUS_EACH):
            yield _anomalous(kind, number, random.Random(f"{seed}/{kind}/{number}"))


class _Service:
    """One service's habits, from `chance`."""

    def __init__(self, kind: str, chance: random.Random, start_ms: int) -> None:
        self.kind, self.chance, self.start_ms = kind, chance, start_ms
        quiet = kind == "quiet"
        self.requests = chance.uniform(2, 8) if quiet else 10 ** chance.uniform(1.7, 3.6)
        self.latency = 10 ** chance.uniform(4.3, 5.6)
        self.error_rate = chance.uniform(0.05, 0.6)
        self.swing, self.peak = chance.uniform(0.2, 0.85), chance.uniform(12, 19)
        self.second = chance.uniform(0, 0.25)
        self.weekend = chance.uniform(0.25, 1.1)
        self.growth = chance.choice([-0.012, 0.008, 0.015]) if kind == "growing" else 0.0
        self.jitter = chance.uniform(0.02, 0.05)
        self.noise = chance.uniform(0.03, 0.12) * (2 if kind == "bursty" else 1)
        self.memory = chance.uniform(0.5, 0.9) if kind == "bursty" else chance.uniform(0, 0.5)
        self.shift_day, self.shift_by = -chance.randint(4, 9), chance.choice([0.6, 1.5, 2.0])
        self.holidays = {-chance.randint(2, 6), -chance.randint(8, 20)} if kind == "holiday" else set()
        self.batch_at, self.batch_for = chance.randrange(0, 1440, 30), chance.randrange(30, 90)
        self.days: dict[int, float] = {}
        self.habit = 0.0
        self.mood = _wander(chance, chance.uniform(0.01, 0.06))

    def load(self, at_ms: int) -> float:
        """Requests a minute that are usual at this moment of this day."""
        day, minute = divmod((at_ms - self.start_ms) // MINUTE_MS, 1440)
        hour = minute / 60
        angle = (hour - self.peak) / 24 * 2 * math.pi
        shape = 1 + self.swing * math.cos(angle) + self.second * math.cos(2 * angle)
        weekday = int(at_ms // DAY_MS + 3) % 7
        shape *= self.weekend if weekday >= 5 or day in self.holidays else 1.0
        if day not in self.days:
            self.days[day] = math.exp(self.chance.gauss(0, self.jitter))
        slot = (at_ms - self.start_ms + HISTORY_MS) // SLOT_MS
        return self.requests * max(shape, 0.05) * self.days[day] * (1 + self.growth) ** day * self.mood[slot]

    def level(self, signal: str, at_ms: int) -> float:
        """The signal's own level then, without noise."""
        load = self.load(at_ms)
        batch = self.kind == "batch" and (at_ms // MINUTE_MS - self.batch_at) % 1440 < self.batch_for
        shifted = self.kind == "past_shift" and at_ms >= self.start_ms + self.shift_day * DAY_MS
        factor = (2.2 if batch else 1.0) * (self.shift_by if shifted else 1.0)
        if signal == "throughput":
            return load * factor
        if signal == "latency":
            mood = self.mood[(at_ms - self.start_ms + HISTORY_MS) // SLOT_MS]
            return self.latency * (1 + 0.4 * min(load / self.requests, 3)) * factor * mood
        if signal == "cpu":
            return min(95.0, 8 + 15 * min(load / self.requests, 3) * factor)
        return self.error_rate * factor

    def sample(self, signal: str, at_ms: int, effect: float, over: int = 1) -> float | None:
        """A measured value. over: minutes it stands for. effect: factor on it; for errors, points added."""
        level = self.level(signal, at_ms)
        fresh = self.chance.gauss(0, 1)
        self.habit = self.memory * self.habit + math.sqrt(1 - self.memory**2) * fresh
        keeps = 1 if over == 1 else math.sqrt((1 + self.memory) / (1 - self.memory) / over)
        noise = math.exp(self.noise * min(keeps, 1) * (self.habit if over == 1 else fresh))
        requests = max(self.level("throughput", at_ms), 0.1) * over
        if signal == "throughput":
            mean = max(level * effect * noise, 0.0)
            return max(0.0, float(round(mean + math.sqrt(mean / over) * self.chance.gauss(0, 1))))
        if signal == "cpu":
            return max(0.5, min(100.0, level * effect + 2 * self.noise * 20 * fresh / math.sqrt(over)))
        if signal == "latency":
            spread = min(0.6, 1.2 / math.sqrt(requests))
            return level * effect * noise * math.exp(spread * self.chance.gauss(0, 1))
        return self._error_rate(level, effect, requests)

    def _error_rate(self, level: float, points: float, requests: float) -> float | None:
        if requests < 0.3:
            return None
        share = min(1.0, (level + points) / 100)
        mean = share * requests
        count = _poisson(self.chance, mean) if mean < 50 else self.chance.gauss(mean, math.sqrt(mean))
        return max(0.0, min(100.0, 100 * count / requests))


def _clean(kind: str, number: int, chance: random.Random) -> dict[str, Any]:
    signal = SIGNALS[number % len(SIGNALS)]
    record = _series(kind, number, chance, signal, CLEAN_DAYS * 1440, lambda minute: _nothing(signal))
    samples: list[float | None] = record["samples"]
    if kind == "gaps":
        _punch(samples, chance)
    if kind == "outliers":
        for _ in range(20):
            at = chance.randrange(len(samples))
            known = samples[at]
            samples[at] = None if known is None else _short(known * chance.choice([0.1, 5, 20]))
    return record


def _anomalous(kind: str, number: int, chance: random.Random) -> dict[str, Any]:
    signal = {"dip": "throughput", "silence": "throughput", "slow_burn": "errors"}.get(kind) or chance.choice(
        SIGNALS if kind != "drift" else ("latency", "throughput", "cpu")
    )
    begins = chance.randrange(5 * 60, 15 * 60)
    lasts = {
        "spike": chance.randrange(6, 41),
        "dip": chance.randrange(10, 61),
        "shift": chance.randrange(180, 481),
        "drift": chance.randrange(180, 361),
        "slow_burn": chance.randrange(180, 481),
        "silence": chance.randrange(30, 91),
    }[kind]
    size = _size(kind, signal, chance)
    nothing = _nothing(signal)

    def effect(minute: int) -> float:
        if not begins <= minute < begins + lasts:
            return nothing
        if kind == "drift":
            return nothing + (size - nothing) * (minute - begins) / lasts
        return size

    record = _series("plain", number, chance, signal, 1440, effect)
    if kind == "silence":
        record["samples"][begins : begins + lasts] = [None] * lasts
    start = record["start_ms"]
    label = {
        "kind": kind,
        "from_ms": start + begins * MINUTE_MS,
        "to_ms": start + (begins + lasts) * MINUTE_MS,
    }
    return {**record, "id": f"{kind}-{number}", "kind": kind, "anomalies": [label]}


def _size(kind: str, signal: str, chance: random.Random) -> float:
    """Factor on the signal; for errors, points added."""
    if signal == "errors":
        return chance.uniform(0.6, 2) if kind == "slow_burn" else chance.uniform(1.5, 15)
    if kind in ("dip", "silence"):
        return chance.choice([0.0, 0.1, 0.3, 0.5])
    if signal == "throughput" and kind in ("shift", "drift"):
        return chance.choice([0.35, 0.5, 1.8, 2.5])
    if signal == "cpu":
        return chance.uniform(1.7, 3.5)
    return chance.uniform(1.35, 2.2) if kind == "shift" else chance.uniform(1.5, 4)


def _series(
    kind: str, number: int, chance: random.Random, signal: str, minutes: int, effect: Effect
) -> dict[str, Any]:
    start = _MONDAY_MS + chance.randrange(7) * DAY_MS
    service = _Service(kind, chance, start)
    nothing = _nothing(signal)
    slots = range(start - HISTORY_MS, start + minutes * MINUTE_MS - DAY_MS, SLOT_MS)
    samples = [
        _short(service.sample(signal, start + minute * MINUTE_MS, effect(minute)))
        for minute in range(minutes)
    ]
    history = [
        _short(service.sample(signal, at + SLOT_MS // 2, nothing, 30))
        if at < start
        else _mean(samples[(at - start) // MINUTE_MS : (at - start + SLOT_MS) // MINUTE_MS])
        for at in slots
    ]
    return {
        "id": f"{kind}-{number}",
        "kind": kind,
        "signal": signal,
        "tier": 1 + number // 3 % 3,
        "start_ms": start,
        "history": history,
        "samples": samples,
        "anomalies": [],
        "held_out": number % 3 == 2,
    }


def _punch(samples: list[float | None], chance: random.Random) -> None:
    for at in range(len(samples)):
        if chance.random() < 0.08:
            samples[at] = None
    for _ in range(20):
        at, long = chance.randrange(len(samples)), chance.randrange(5, 14)
        samples[at : at + long] = [None] * len(samples[at : at + long])


def _nothing(signal: str) -> float:
    return 0.0 if signal == "errors" else 1.0


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _short(sum(known) / len(known)) if known else None


def _wander(chance: random.Random, spread: float) -> list[float]:
    """Factors by slot that drift about 1 and come back within hours: no two days are alike."""
    keeps, value, factors = 0.85, 0.0, []
    for _ in range((HISTORY_MS + (CLEAN_DAYS + 1) * DAY_MS) // SLOT_MS):
        value = keeps * value + math.sqrt(1 - keeps**2) * chance.gauss(0, 1)
        factors.append(math.exp(spread * value))
    return factors


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _poisson(chance: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
