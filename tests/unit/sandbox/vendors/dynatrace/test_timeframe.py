import pytest

from sandbox.vendors.dynatrace.timeframe import moment, window
from sandbox.vendors.framework import Refusal

NOW = 1_795_262_523_456  # Saturday 2026-11-21 12:02:03.456 UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1795262523456", NOW),
        ("now", NOW),
        ("now-30m", NOW - 1_800_000),
        ("now-2h", NOW - 7_200_000),
        ("now-1w", NOW - 604_800_000),
        ("now/h", NOW - 2 * 60_000 - 3_456),
        ("now-1d/d", 1_795_132_800_000),
        ("now/w", 1_794_787_200_000),
        ("now/M", 1_793_491_200_000),
        ("2026-11-21T12:02:03.456Z", NOW),
        ("2026-11-21T09:02:03.456-03:00", NOW),
        ("2026-11-21T12:02:03.456", NOW),
    ],
)
def test_a_time_can_be_written_in_each_of_the_vendors_ways(text: str, expected: int) -> None:
    assert moment(text, "from", NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "now-5", "now-5q", "", "21/11/2026"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        moment(text, "from", NOW)
    assert refused.value.answer.status == 400


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Refusal):
        window({"from": "now", "to": "now-1h"}, NOW, "now-2h")


def test_a_window_has_the_vendors_defaults() -> None:
    assert window({}, NOW, "now-2h") == (NOW - 7_200_000, NOW)
