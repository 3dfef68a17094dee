"""How well saturation is foretold: what is told in time, what is told in vain, how far off the day is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from shared.domain.watch.forecasts import TOLD, saturation
from shared.domain.watch.sensitivity import DEFAULTS
from shared.domain.watch.trends import DAY_MS
from tests.eval import resource_series
from tests.eval.page import table as markdown

NAME = "forecasts"
ABOUT = """
The forecast of saturation (docs/anomalies.md) over generated resources as they stand at one moment: six kinds that
truly fill up (steadily, under a daily rhythm, since yesterday, as a sawtooth whose floor rises, since a rotation broke,
as a quota) and nine that do not in time. A forecast is right when the limit is reached, had nothing been done, within
the tier's days, and told in vain when it is not within twice as many. The error is that of the time to the limit.
"""
FORMAT = """
One resource a line: {"id", "kind", "tier": 1|2|3, "limit", "now_ms", "slot_ms", "samples": [value or null, ...] of the
slots before now_ms, "reached_ms": when the limit is truly reached, or null, "held_out": true|false}
"""


def DATA() -> Iterable[dict[str, Any]]:
    return resource_series.records()


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Hit rate, precision, errors of the time to the limit; by kind: the share that was told."""
    told_of: dict[str, list[bool]] = defaultdict(list)
    hits = due = right = told_at_all = covered = 0
    errors: list[float] = []
    for record in records:
        now, days = record["now_ms"], DEFAULTS[record["tier"]].forecast_days
        found = saturation(points(record), record["limit"], DEFAULTS[record["tier"]], now)
        told = found["state"] in TOLD
        told_of[record["kind"]].append(told)
        left = None if record["reached_ms"] is None else record["reached_ms"] - now
        is_due = left is not None and left <= days * DAY_MS
        due += is_due
        hits += is_due and told
        told_at_all += told
        right += told and left is not None and left <= 2 * days * DAY_MS
        if is_due and told and left and found["at_ms"] is not None:
            errors.append(abs(found["at_ms"] - now - left) / left)
            late = found["late_ms"]
            covered += (found["early_ms"] or now) - now <= left <= (late or 10**15) - now
    return {
        "hit_rate": hits / due if due else None,
        "precision": right / told_at_all if told_at_all else None,
        "median_error_of_time_to_limit": median(errors) if errors else None,
        "within_the_interval": covered / len(errors) if errors else None,
        "told_by_kind": {kind: sum(told) / len(told) for kind, told in sorted(told_of.items())},
    }


def points(record: Mapping[str, Any]) -> list[tuple[int, float | None]]:
    """(time in ms, value) of a record's samples."""
    first = record["now_ms"] - len(record["samples"]) * record["slot_ms"]
    return [(first + index * record["slot_ms"], value) for index, value in enumerate(record["samples"])]


def table(figures: Mapping[str, Any]) -> str:
    """Two tables: the whole, and the share told by kind."""
    parts = list(figures)
    whole = ("hit_rate", "precision", "median_error_of_time_to_limit", "within_the_interval")
    lines = [
        markdown(("figure", *parts), [(name, *(figures[part][name] for part in parts)) for name in whole])
    ]
    kinds = [
        kind
        for kind in (*resource_series.FILLING, *resource_series.NOT_FILLING)
        if any(kind in figures[part]["told_by_kind"] for part in parts)
    ]
    kinds += sorted({kind for part in parts for kind in figures[part]["told_by_kind"]} - set(kinds))
    rows = [(kind, *(figures[part]["told_by_kind"].get(kind) for part in parts)) for kind in kinds]
    lines.append(markdown(("kind", *(f"{part}: share told" for part in parts)), rows))
    return "\n\n".join(lines)
