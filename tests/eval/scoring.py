"""Scores of ranked answers with confidence: hits, calibration, and how sure a share of few records is."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

BINS = 5


def share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def interval(hits: Sequence[bool], z: float = 1.96) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share."""
    count = len(hits)
    if not count:
        return None
    p = sum(hits) / count
    middle = (p + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def brier(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Mean squared distance of a confidence from what happened: 0 is perfect, always saying 0.5 has 0.25."""
    return sum((said - right) ** 2 for said, right in judged) / len(judged) if judged else None


def calibration_error(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Expected calibration error: how far confidence is from the share that was right, over the bins by their size."""
    if not judged:
        return None
    apart = [abs(row["confidence"] - row["right"]) * row["records"] for row in reliability(judged)]
    return float(sum(apart)) / len(judged)


def reliability(judged: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    """For each range of confidence that occurs: how many, how sure on average, how many of them right."""
    rows = []
    for number in range(BINS):
        inside = [(said, right) for said, right in judged if min(int(said * BINS), BINS - 1) == number]
        if inside:
            rows.append(
                {
                    "from": number / BINS,
                    "to": (number + 1) / BINS,
                    "records": len(inside),
                    "confidence": sum(said for said, _ in inside) / len(inside),
                    "right": sum(right for _, right in inside) / len(inside),
                }
            )
    return rows
