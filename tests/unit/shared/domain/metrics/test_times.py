"""Times that events tell, well or badly."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.metrics.times import at, at_ms, earliest, seconds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T12:00:00", NOON),
        ("2026-03-01T09:00:00-03:00", NOON.astimezone(timezone(timedelta(hours=-3)))),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1, None),
    ],
)
def test_a_time_is_iso_and_without_a_zone_it_is_utc(told: object, read: datetime | None) -> None:
    assert at(told) == read


def test_a_number_is_milliseconds_and_a_flag_is_no_number() -> None:
    assert at_ms(1_772_366_400_000) == NOON
    assert (at_ms(True), at_ms("1"), at_ms(None)) == (None, None, None)


def test_the_earliest_is_of_those_that_are_known() -> None:
    assert earliest([None, NOON, NOON - timedelta(hours=1)]) == NOON - timedelta(hours=1)
    assert earliest([None]) is None


def test_seconds_are_never_negative() -> None:
    later = NOON + timedelta(milliseconds=1500)
    assert (seconds(NOON, later), seconds(later, NOON), seconds(None, NOON)) == (1.5, None, None)
