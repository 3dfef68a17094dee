"""Did it work? Judged by evidence: the problem is closed and the metric is back, with enough samples.

No data is never a pass.
"""

from collections.abc import Sequence
from typing import Literal, TypedDict

Verdict = Literal["recovered", "not_yet"]


class Recovery(TypedDict):
    """reason: "" when recovered, else the key of a sentence in shared.texts ("proof.<reason>")."""

    verdict: Verdict
    problem_closed: bool
    samples: int
    within_bounds: int
    min_samples: int
    reason: str


def judge(
    problem_closed: bool | None,
    points: Sequence[tuple[int, float | None]],
    since_ms: int,
    upper_bound: float,
    min_samples: int,
) -> Recovery:
    """Judge recovery from the metric's points after `since_ms`.

    problem_closed: None when Dynatrace could not say. points: (timestamp in ms, value or None for a gap).
    upper_bound: the highest value that is healthy, in the metric's own unit.
    The newest `min_samples` points must all lie within bounds.
    """
    after = [
        value
        for at, value in sorted(points, key=lambda point: point[0])
        if at >= since_ms and value is not None
    ]
    newest = after[-min_samples:]
    within = sum(value <= upper_bound for value in newest)
    reason = _reason(problem_closed, len(after), within, len(newest), min_samples)
    return Recovery(
        verdict="not_yet" if reason else "recovered",
        problem_closed=bool(problem_closed),
        samples=len(after),
        within_bounds=within,
        min_samples=min_samples,
        reason=reason,
    )


def _reason(closed: bool | None, samples: int, within: int, looked_at: int, min_samples: int) -> str:
    if closed is None:
        return "state_unknown"
    if not closed:
        return "still_open"
    if samples < min_samples:
        return "few_samples"
    if within < looked_at:
        return "out_of_bounds"
    return ""
