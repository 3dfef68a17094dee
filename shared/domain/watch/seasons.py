"""What is usual for a signal at this time of the week, learnt from its history: a level and a spread.

Pure. Built once a day from some weeks in slots of half an hour; kept as JSON. The level is the median of the same slot
of earlier weeks (of earlier days, where there are no weeks yet), moved by what the last two days were above or below
it: growth and a change that lasts are usual after two days. The spread is how far off such a level was for each of the
days of the history, so that a signal that is hard to foretell needs more to be an anomaly.
"""

from collections.abc import Callable, Iterable
from statistics import median
from typing import TypedDict

from shared.domain.robust import deviation

MINUTE_MS = 60_000
SLOT_MS = 30 * MINUTE_MS
DAY_MS = 48 * SLOT_MS
WEEK_MS = 7 * DAY_MS
HISTORY_MS = 4 * WEEK_MS

_PER_DAY = DAY_MS // SLOT_MS
_PER_WEEK = 7 * _PER_DAY
_LEAST_DAYS = 3
_WEEKS_FROM_DAYS = 14
_RECENT_DAYS = 2
_STEEP = 0.25
_IN_SAMPLE = 1.25
"""A level that was fitted to a day is nearer to that day than it will be to the next."""

type Points = Iterable[tuple[int, float | None]]


class Baseline(TypedDict):
    """On the signal's scale. levels: by slot of the week or the day; spreads: by slot of the day; days: of history."""

    levels: list[float]
    spreads: list[float]
    days: int


def build(history: Points, scale: Callable[[float], float], now_ms: int) -> Baseline | None:
    """The baseline as of `now_ms`; None when there is not enough data to say what is usual.

    history: (start of the slot in ms, value in the signal's unit), SLOT_MS apart; gaps are None or missing.
    """
    values = {
        at // SLOT_MS: scale(value)
        for at, value in history
        if value is not None and now_ms - HISTORY_MS <= at <= now_ms - SLOT_MS
    }
    if not values:
        return None
    days = (max(values) - min(values) + 1) / _PER_DAY
    if days < _LEAST_DAYS or len(values) < _LEAST_DAYS * _PER_DAY * 0.6:
        return None
    period = _PER_WEEK if days >= _WEEKS_FROM_DAYS else _PER_DAY
    profile = _profile(values, period)
    rest = {slot: value - profile[slot % period] for slot, value in values.items()}
    now = now_ms // SLOT_MS
    recent = _recent(rest, now)
    return Baseline(
        levels=[round(level + recent, 5) for level in profile],
        spreads=[round(spread, 5) for spread in _spreads(rest, now)],
        days=round(days),
    )


def usual(baseline: Baseline, at_ms: int) -> tuple[float, float]:
    """(level, spread) at a moment, between the middles of two slots; the spread is wider where the level leaps."""
    levels, spreads = baseline["levels"], baseline["spreads"]
    slot, into = divmod(at_ms - SLOT_MS // 2, SLOT_MS)
    share = into / SLOT_MS
    before, after = levels[slot % len(levels)], levels[(slot + 1) % len(levels)]
    level = before + (after - before) * share
    spread = max(spreads[slot % len(spreads)], spreads[(slot + 1) % len(spreads)])
    return level, spread + abs(after - before) * _STEEP


def _profile(values: dict[int, float], period: int) -> list[float]:
    """The median of each slot and its two neighbours over their repetitions; of all, for what was never seen."""
    of_slot: list[list[float]] = [[] for _ in range(period)]
    for slot, value in values.items():
        of_slot[slot % period].append(value)
    overall = median(values.values())
    profile = []
    for slot in range(period):
        near = [*of_slot[slot - 1], *of_slot[slot], *of_slot[(slot + 1) % period]]
        profile.append(median(near) if near else overall)
    return profile


def _recent(rest: dict[int, float], before: int) -> float:
    """How far the two days before a slot were off the profile; 0.0 where they are not there."""
    seen = [rest[slot] for slot in range(before - _RECENT_DAYS * _PER_DAY, before) if slot in rest]
    return median(seen) if len(seen) >= _PER_DAY // 2 else 0.0


def _spreads(rest: dict[int, float], now: int) -> list[float]:
    """For each slot of the day, how far off the level was on the days of the history."""
    first = min(rest)
    misses: list[list[float]] = [[] for _ in range(_PER_DAY)]
    for day_begins in range(now - _PER_DAY, first, -_PER_DAY):
        recent = _recent(rest, day_begins)
        for slot in range(day_begins, day_begins + _PER_DAY):
            if slot in rest:
                misses[slot % _PER_DAY].append(rest[slot] - recent)
    every = [miss for missed in misses for miss in missed]
    overall = deviation(every, 0.0)
    of_slot = [deviation(missed, 0.0) for missed in misses]
    near = zip(of_slot[-1:] + of_slot[:-1], of_slot, of_slot[1:] + of_slot[:1], strict=True)
    return [_IN_SAMPLE * max(sum(three) / 3, overall / 2) for three in near]
