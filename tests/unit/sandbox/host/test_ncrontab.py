"""Timer schedules."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.host.ncrontab import parse_schedule
from sandbox.host.timespan import parse_timespan

START = datetime(2026, 11, 21, 12, 34, 56, 789000, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("schedule", "due"),
    [
        ("* * * * * *", "2026-11-21T12:34:57"),
        ("*/15 * * * * *", "2026-11-21T12:35:00"),
        ("0 */5 * * * *", "2026-11-21T12:35:00"),
        ("*/5 * * * *", "2026-11-21T12:35:00"),
        ("0 30 9 * * 1-5", "2026-11-23T09:30:00"),
        ("0 30 9 * * Mon,Wed", "2026-11-23T09:30:00"),
        ("0 0 0 1 January *", "2027-01-01T00:00:00"),
        ("0 0 0 13 * Fri", "2027-08-13T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0 0 22-2/2 * * *", "2026-11-21T22:00:00"),
        ("10/20 * * * * *", "2026-11-21T12:35:10"),
    ],
)
def test_the_next_run_is_the_first_moment_that_fits_every_field(schedule: str, due: str) -> None:
    assert parse_schedule(schedule).next(START) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_range_that_wraps_keeps_its_step() -> None:
    moment, hours = START, []
    for _ in range(4):
        moment = parse_schedule("0 0 22-2/2 * * *").next(moment)
        hours.append(moment.hour)
    assert hours == [22, 0, 2, 22]


def test_a_time_span_runs_at_that_distance() -> None:
    assert parse_schedule("00:00:30").next(START) == START + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("schedule", "fault"),
    [
        ("", "six fields"),
        ("* * *", "six fields"),
        ("61 * * * * *", "not a second"),
        ("* * * * * 8", "not a day-of-week"),
        ("* * * * Foo *", "not a month"),
        ("*/0 * * * * *", "not a second"),
        ("00:00:00", "longer than zero"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(schedule: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_schedule(schedule)


def test_a_date_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="never"):
        parse_schedule("0 0 0 30 2 *").next(START)


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)), st.integers(0, 59))  # noqa: DTZ001
def test_the_next_run_lies_ahead_and_within_the_hour(moment: datetime, minute: int) -> None:
    start = moment.replace(tzinfo=UTC)
    due = parse_schedule(f"0 {minute} * * * *").next(start)
    assert start < due <= start + timedelta(hours=1)
    assert (due.minute, due.second, due.microsecond) == (minute, 0, 0)


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:05:00", 300), ("1.00:00:01", 86401), ("00:00:00.25", 0.25), ("00:30", 1800)]
)
def test_time_spans_are_read(text: str, seconds: float) -> None:
    assert parse_timespan(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["5", "25:00:00", "00:61:00", "soon"])
def test_what_is_no_time_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time span"):
        parse_timespan(text)
