"""Working hours: wall clocks of any zone, nights that span midnight, days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.service.working_hours import DAYS, span

OFFICE = {
    "time_zone": "America/Sao_Paulo",
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "start": "08:00",
    "end": "19:00",
    "holidays": ["2026-12-25"],
}
NIGHT = {**OFFICE, "start": "22:00", "end": "06:00"}
ZONES = (
    "America/Sao_Paulo",
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "UTC",
)

clock = st.times().map(lambda at: at.strftime("%H:%M"))
hours = st.fixed_dictionaries(
    {
        "time_zone": st.sampled_from(ZONES),
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
        "start": clock,
        "end": clock,
        "holidays": st.lists(
            st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(date.isoformat), max_size=5, unique=True
        ),
    }
)
moments = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
CHANGES = (
    *(datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),  # Lisbon
    *(datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),  # New York
    *(
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    ),  # Lord Howe: half an hour
)
near_changes = st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-1500, 1500)
)


def at(iso: str, zone: str = "America/Sao_Paulo") -> datetime:
    return datetime.fromisoformat(iso).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def by_the_wall_clock(hours: dict[str, Any], moment: datetime) -> bool:
    """What a person would say who looks at the clock on the wall and at the calendar beside it."""
    local = moment.astimezone(ZoneInfo(hours["time_zone"])).replace(tzinfo=None)
    start, end = (time.fromisoformat(hours[name]) for name in ("start", "end"))

    def works(day: date) -> bool:
        return DAYS[day.weekday()] in hours["days"] and day.isoformat() not in hours["holidays"]

    today, yesterday = local.date(), local.date() - timedelta(days=1)
    if end > start:
        return works(today) and start <= local.time() < end
    return (works(today) and local.time() >= start) or (works(yesterday) and local.time() < end)


@pytest.mark.parametrize(
    ("moment", "is_open", "since", "until"),
    [
        ("2026-11-24T12:00", True, "2026-11-24T08:00", "2026-11-24T19:00"),
        ("2026-11-24T08:00", True, "2026-11-24T08:00", "2026-11-24T19:00"),
        ("2026-11-24T19:00", False, "2026-11-24T19:00", "2026-11-25T08:00"),
        ("2026-11-24T07:59", False, "2026-11-23T19:00", "2026-11-24T08:00"),
        ("2026-11-28T12:00", False, "2026-11-27T19:00", "2026-11-30T08:00"),
        ("2026-12-25T12:00", False, "2026-12-24T19:00", "2026-12-28T08:00"),
    ],
    ids=["in the day", "at its start", "at its end", "in the morning", "on Saturday", "on a holiday"],
)
def test_an_office_s_day(moment: str, is_open: bool, since: str, until: str) -> None:
    assert span(OFFICE, at(moment)) == (is_open, at(since), at(until))


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    saturday_morning = span(NIGHT, at("2026-11-28T05:59"))

    assert saturday_morning == (True, at("2026-11-27T22:00"), at("2026-11-28T06:00"))
    assert not span(NIGHT, at("2026-11-28T22:00")).is_open
    assert not span(NIGHT, at("2026-11-30T05:00")).is_open, "Sunday night did not begin"


def test_whole_days_have_no_gap_between_them() -> None:
    whole = {**OFFICE, "start": "00:00", "end": "00:00"}

    assert span(whole, at("2026-11-25T12:00")) == (True, at("2026-11-23T00:00"), at("2026-11-28T00:00"))


def test_a_clock_that_goes_back_lets_the_hour_count_twice() -> None:
    late = {**OFFICE, "time_zone": "America/New_York", "days": ["sun"], "start": "00:30", "end": "01:30"}

    assert span(late, datetime(2026, 11, 1, 6, 15, tzinfo=UTC)) == (
        True,
        datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    )


def test_the_same_wall_clock_is_another_moment_in_summer() -> None:
    lisbon = {**OFFICE, "time_zone": "Europe/Lisbon"}

    assert span(lisbon, datetime(2026, 7, 1, 12, tzinfo=UTC)).since == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert span(lisbon, datetime(2026, 12, 1, 12, tzinfo=UTC)).since == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_holidays_longer_than_we_look_have_no_edge() -> None:
    days = [(date(2026, 11, 1) + timedelta(days=each)).isoformat() for each in range(100)]

    assert span({**OFFICE, "holidays": days}, at("2026-12-15T12:00")) == (False, None, None)


@given(hours=hours, moment=moments | near_changes)
def test_it_is_never_closed_while_the_clock_on_the_wall_says_work(
    hours: dict[str, Any], moment: datetime
) -> None:
    if by_the_wall_clock(hours, moment):
        assert span(hours, moment).is_open


@given(hours=hours, moment=moments)
def test_but_for_the_days_of_a_clock_change_it_is_open_exactly_then(
    hours: dict[str, Any], moment: datetime
) -> None:
    zone = ZoneInfo(hours["time_zone"])
    nearby = {(moment + timedelta(days=each)).astimezone(zone).utcoffset() for each in (-2, -1, 0, 1, 2)}
    if len(nearby) == 1:
        assert span(hours, moment).is_open == by_the_wall_clock(hours, moment)


@given(hours=hours, moment=moments | near_changes)
def test_nothing_changes_within_a_span_and_something_at_its_edges(
    hours: dict[str, Any], moment: datetime
) -> None:
    found = span(hours, moment)

    second = timedelta(seconds=1)
    if found.until:
        assert moment < found.until
        assert span(hours, found.until - second).is_open == found.is_open
        assert span(hours, found.until).is_open != found.is_open
    if found.since:
        assert found.since <= moment
        assert span(hours, found.since).is_open == found.is_open
        assert span(hours, found.since - second).is_open != found.is_open
