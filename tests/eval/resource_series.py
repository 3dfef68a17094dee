"""Seeded series of resources that fill, or only seem to, with the day on which they truly reach their limit."""

import math
import random
from collections.abc import Iterator
from typing import Any

from shared.domain.watch.trends import DAY_MS, HOUR_MS

FILLING = ("steady_fill", "fill_with_rhythm", "recent_fill", "leaking_sawtooth", "rotation_broke", "quota")
NOT_FILLING = (
    "flat",
    "rhythm",
    "sawtooth",
    "one_step",
    "cleaned",
    "extended",
    "growth_ended",
    "slow_fill",
    "wandering",
)
EACH = 30
SLOT_MS = HOUR_MS // 2
_START_MS = 1_794_182_400_000
_SEEN_DAYS = 14


def records(seed: int = 20261123) -> Iterator[dict[str, Any]]:
    """All labelled series; a third of each kind is held out."""
    for label in labels():
        yield {**label, **_series(label["kind"], random.Random(f"{seed}/{label['kind']}/{label['number']}"))}


def labels() -> Iterator[dict[str, Any]]:
    """What each series is, without its samples."""
    for kind in (*FILLING, *NOT_FILLING):
        for number in range(EACH):
            yield {
                "id": f"{kind}-{number}",
                "kind": kind,
                "number": number,
                "tier": 1 + number // 3 % 3,
                "held_out": number % 3 == 2,
            }


def _series(kind: str, chance: random.Random) -> dict[str, Any]:
    """reached_ms: when the truth without noise, gone on, reaches the limit; None within 60 days."""
    limit = 100.0 if kind == "quota" else 95.0
    truth = _Truth(kind, chance, limit)
    seen = _SEEN_DAYS if chance.random() < 0.8 else chance.randrange(5, 14)
    now = _START_MS + chance.randrange(48) * SLOT_MS
    noise = chance.uniform(0.05, 0.8)
    samples: list[float | None] = []
    for back in range(seen * 48, 0, -1):
        day = -back / 48
        value = truth.at(day, now) + chance.gauss(0, noise)
        samples.append(None if chance.random() < 0.02 else round(min(max(value, 0.0), 100.0), 3))
    reached = next((step / 48 for step in range(60 * 48) if truth.at(step / 48, now) >= limit), None)
    return {
        "limit": limit,
        "now_ms": now,
        "slot_ms": SLOT_MS,
        "samples": samples,
        "reached_ms": None if reached is None else now + round(reached * DAY_MS),
    }


class _Truth:
    """How full it is on a day, 0 being now; without noise."""

    def __init__(self, kind: str, chance: random.Random, limit: float) -> None:
        self.kind = kind
        self.days = chance.uniform(1, 6.5)
        self.base = chance.uniform(25, 60)
        self.rate = chance.uniform(1, 4)
        self.swing = chance.uniform(2, 10) if kind in ("fill_with_rhythm", "rhythm", "slow_fill") else 0.0
        self.rise = chance.uniform(5, 25)
        self.every = chance.choice([0.25, 0.5, 1.0])
        self.when = -chance.uniform(1, 6)
        self.begun = -chance.uniform(0.7, 4)
        self.limit = limit
        self.phase = chance.uniform(0, 24)
        self.steps = [chance.gauss(0, 0.25) for _ in range(75 * 4)]

    def at(self, day: float, now_ms: int) -> float:
        hour = (now_ms + day * DAY_MS) % DAY_MS / HOUR_MS
        rhythm = self.swing * math.cos((hour - self.phase) / 24 * 2 * math.pi)
        return self._level(day) + rhythm

    def _level(self, day: float) -> float:
        kind, to_limit = self.kind, self.days
        if kind in ("steady_fill", "fill_with_rhythm", "quota"):
            return self.limit - self.swing + self.rate * (day - to_limit)
        if kind == "recent_fill":
            rate = (self.limit - self.base) / (to_limit - self.begun)
            return self.base + max(0.0, day - self.begun) * rate
        if kind == "sawtooth":
            return self.base + self.rise * (day / self.every % 1)
        if kind == "leaking_sawtooth":
            floor = self.limit - self.rise + self.rate * (day - to_limit)
            return floor + self.rise * (day / self.every % 1)
        if kind == "rotation_broke":
            if day < self.begun:
                return self.base + self.rise * ((day - self.begun) / self.every % 1)
            return self.base + (day - self.begun) * (self.limit - self.base) / (to_limit - self.begun)
        return self._harmless(day)

    def _harmless(self, day: float) -> float:
        kind = self.kind
        if kind == "one_step":
            return self.base + (self.rise if day >= self.when else 0.0)
        if kind == "cleaned":
            return 88 + 2 * day if day < self.when else 40.0 + 0.05 * day
        if kind == "extended":
            return (
                self.base + 20 + self.rate * day
                if day < self.when
                else self.base * 0.5 + 0.1 * self.rate * day
            )
        if kind == "growth_ended":
            return self.base + 20 + self.rate * (min(day, self.when) - self.when)
        if kind == "slow_fill":
            return self.base + 0.2 * day
        if kind == "wandering":
            return self.base + sum(self.steps[: int((day + 15) * 4)])
        return self.base
