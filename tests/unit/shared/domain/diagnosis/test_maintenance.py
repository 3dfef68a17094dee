"""When a maintenance window is open, and for whom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.diagnosis.maintenance import covers, occurrence

RANGE = {"scheduleStartDate": "2026-11-01", "scheduleEndDate": "2026-11-30"}
NIGHT = {"startTime": "22:00:00", "endTime": "02:00:00", "timeZone": "America/Sao_Paulo"}
ONCE = {
    "scheduleType": "ONCE",
    "onceRecurrence": {
        "startTime": "2026-11-21T09:00:00",
        "endTime": "2026-11-21T12:00:00",
        "timeZone": "UTC",
    },
}
DAILY = {"scheduleType": "DAILY", "dailyRecurrence": {"timeWindow": NIGHT, "recurrenceRange": RANGE}}
WEEKLY = {
    "scheduleType": "WEEKLY",
    "weeklyRecurrence": {"dayOfWeek": "SATURDAY", "timeWindow": NIGHT, "recurrenceRange": RANGE},
}
MONTHLY = {
    "scheduleType": "MONTHLY",
    "monthlyRecurrence": {"dayOfMonth": 21, "timeWindow": NIGHT, "recurrenceRange": RANGE},
}


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def opened(schedule: dict[str, Any], at: str) -> list[str] | None:
    found = occurrence(schedule, ms(at), ms(at))
    return found and [datetime.fromtimestamp(one / 1000, UTC).strftime("%dT%H:%M") for one in found]


@pytest.mark.parametrize(
    ("schedule", "at", "window"),
    [
        (ONCE, "2026-11-21T09:00", ["21T09:00", "21T12:00"]),
        (ONCE, "2026-11-21T12:01", None),
        (DAILY, "2026-11-20T01:30", ["20T01:00", "20T05:00"]),
        (DAILY, "2026-11-20T04:30", ["20T01:00", "20T05:00"]),
        (DAILY, "2026-11-20T05:30", None),
        (DAILY, "2026-12-02T02:00", None),
        (WEEKLY, "2026-11-22T02:00", ["22T01:00", "22T05:00"]),
        (WEEKLY, "2026-11-21T02:00", None),
        (MONTHLY, "2026-11-22T02:00", ["22T01:00", "22T05:00"]),
        (MONTHLY, "2026-11-21T02:00", None),
    ],
)
def test_a_window_is_open_in_its_own_time_zone(
    schedule: dict[str, Any], at: str, window: list[str] | None
) -> None:
    """22:00 in São Paulo is 01:00 UTC of the next day."""
    assert opened(schedule, at) == window


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        {"scheduleType": "YEARLY"},
        {"scheduleType": "ONCE", "onceRecurrence": {"startTime": "soon", "endTime": "x", "timeZone": "UTC"}},
        {"scheduleType": "ONCE", "onceRecurrence": {**ONCE["onceRecurrence"], "timeZone": "Mars/Base"}},  # type: ignore[dict-item]
        {"scheduleType": "DAILY", "dailyRecurrence": {}},
    ],
)
def test_what_cannot_be_read_is_never_open(schedule: dict[str, Any]) -> None:
    assert occurrence(schedule, 0, ms("2030-01-01")) is None


def test_a_span_finds_the_first_opening_within_it() -> None:
    found = occurrence(DAILY, ms("2026-11-20T06:00"), ms("2026-11-22T06:00"))

    assert found == (ms("2026-11-21T01:00"), ms("2026-11-21T05:00"))


@pytest.mark.parametrize(
    ("filters", "is_covered"),
    [
        ([], True),
        ([{"entityId": "SERVICE-1"}], True),
        ([{"entityId": "SERVICE-2"}], False),
        ([{"entityType": "SERVICE", "entityTags": ["env:prod"]}], True),
        ([{"entityType": "HOST", "entityTags": ["env:prod"]}], False),
        ([{"entityTags": ["env:prod", "team:pay"]}], False),
        ([{"managementZones": ["42"], "entityTags": []}], True),
        ([{"managementZones": [7]}], False),
        ([{"entityId": "SERVICE-2"}, {"entityType": "SERVICE"}], True),
    ],
)
def test_a_filter_holds_if_all_it_names_does(filters: list[dict[str, Any]], is_covered: bool) -> None:
    assert covers(filters, "SERVICE-1", "SERVICE", ["env:prod"], ["42"]) is is_covered
