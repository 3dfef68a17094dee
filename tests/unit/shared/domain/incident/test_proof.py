"""People read why an action counts as proven or not, indicator by indicator, in their language."""

from typing import Any

import pytest

from shared.domain.incident.proof import indicators, proof
from shared.domain.incident.verification import LATE, NOT_JUDGED, OUT_OF_BOUNDS, TOO_SOON

LATENCY = {
    "indicator": "latency",
    "entity_type": "SERVICE",
    "unit": "MicroSecond",
    "required": False,
    "samples": 10,
    "within": 4,
    "needed": 5,
    "low": None,
    "high": 130_000.0,
    "baseline": 100_000.0,
    "reason": OUT_OF_BOUNDS,
}


def look(*found: dict[str, Any], reason: str = "") -> dict[str, Any]:
    return {
        "verdict": "not_yet" if reason else "recovered",
        "problem_closed": True,
        "samples": 10,
        "within_bounds": 4,
        "min_samples": 5,
        "reason": reason,
        "window_s": 600,
        "indicators": [{**LATENCY, **one} for one in found],
    }


def test_what_is_not_back_is_told_with_its_numbers() -> None:
    assert proof("en", look({}, reason=OUT_OF_BOUNDS)) == (
        "only 4 of 10 samples of the stabilisation window lie within bounds"
        " (response time: 4 of 10 samples up to 130 ms (before the problem: 100 ms))"
    )
    assert "tempo de resposta: 4 de 10 medições até 130 ms" in proof("pt-BR", look({}, reason=OUT_OF_BOUNDS))


def test_what_runs_beneath_is_told_apart() -> None:
    cpu = {"indicator": "cpu", "entity_type": "HOST", "unit": "Percent", "high": 40.0, "baseline": 20.0}

    assert indicators("en", look(cpu)) == [
        "CPU of the host: 4 of 10 samples up to 40 % (before the problem: 20 %)"
    ]


def test_a_throughput_has_a_lower_bound() -> None:
    throughput = {"indicator": "throughput", "unit": "Count", "low": 300.0, "high": None, "baseline": 600.0}

    assert indicators("en", look(throughput)) == [
        "throughput: 4 of 10 samples from 300 /min (before the problem: 600 /min)"
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (NOT_JUDGED, "not judged, no samples from before"),
        (LATE, "4 of 10 samples up to 130 ms, and none after them"),
        ("few_samples", "4 of 10 samples up to 130 ms, of at least 5 that are needed"),
    ],
)
def test_why_an_indicator_proves_nothing_is_told(reason: str, words: str) -> None:
    assert indicators("en", look({"reason": reason, "baseline": None}, reason=reason)) == [
        f"response time: {words}"
    ]


def test_an_indicator_nobody_named_keeps_its_name() -> None:
    (line,) = indicators("en", look({"indicator": "queue", "entity_type": "", "unit": "", "reason": ""}))

    assert line.startswith("queue: ")


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize(
    "reason",
    [
        *("", "state_unknown", "still_open", "others_open", "few_samples"),
        *(OUT_OF_BOUNDS, LATE, TOO_SOON, NOT_JUDGED),
    ],
)
def test_every_reason_has_words(language: str, reason: str) -> None:
    assert proof(language, look(reason=reason))


def test_a_vendor_that_never_answered_is_told_as_such() -> None:
    assert proof("en", None) == "Dynatrace does not say whether the problem is closed"
