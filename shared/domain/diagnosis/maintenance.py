"""Maintenance windows of Dynatrace: when one of them is open around a moment, and whether it covers an entity.

A window is the value of a settings object of the schema builtin:alerting.maintenance-window
(https://docs.dynatrace.com/docs/dynatrace-api/environment-api/settings/schemas/builtin-alerting-maintenance-window).
Times are local, in the window's own zone; one that ends no later than it begins ends on the next day.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_RECURRENCES = {
    "DAILY": "dailyRecurrence",
    "WEEKLY": "weeklyRecurrence",
    "MONTHLY": "monthlyRecurrence",
}


def occurrence(schedule: Mapping[str, Any], from_ms: int, to_ms: int) -> tuple[int, int] | None:
    """(start, end) in ms of the window's first opening that overlaps the span; None when there is none.

    A schedule of a kind nobody knows, or with a time or zone that cannot be read, opens never.
    """
    try:
        for start, end in _openings(schedule, from_ms, to_ms):
            start_ms, end_ms = round(start.timestamp() * 1000), round(end.timestamp() * 1000)
            if start_ms <= to_ms and end_ms >= from_ms:
                return start_ms, end_ms
    except (ValueError, KeyError, TypeError, ZoneInfoNotFoundError):
        return None
    return None


def covers(
    filters: Sequence[Mapping[str, Any]],
    entity_id: str,
    entity_type: str,
    tags: Collection[str],
    zones: Collection[str],
) -> bool:
    """Whether the window is about the entity. No filter: about everything. One filter that fits is enough.

    tags: as Dynatrace writes them; zones: ids of management zones. A filter fits if all it names fits.
    """
    return not filters or any(_fits(one, entity_id, entity_type, tags, zones) for one in filters)


def _fits(
    one: Mapping[str, Any], entity_id: str, entity_type: str, tags: Collection[str], zones: Collection[str]
) -> bool:
    return (
        one.get("entityId") in (None, "", entity_id)
        and one.get("entityType") in (None, "", entity_type)
        and set(one.get("entityTags") or []) <= set(tags)
        and {str(zone) for zone in one.get("managementZones") or []} <= set(zones)
    )


def _openings(schedule: Mapping[str, Any], from_ms: int, to_ms: int) -> Iterator[tuple[datetime, datetime]]:
    kind = schedule.get("scheduleType")
    if kind == "ONCE":
        once = schedule["onceRecurrence"]
        zone = ZoneInfo(once["timeZone"])
        yield _local(once["startTime"], zone), _local(once["endTime"], zone)
        return
    if kind not in _RECURRENCES:
        return
    recurrence = schedule[_RECURRENCES[kind]]
    window, within = recurrence["timeWindow"], recurrence["recurrenceRange"]
    zone = ZoneInfo(window["timeZone"])
    opens, closes = time.fromisoformat(window["startTime"]), time.fromisoformat(window["endTime"])
    first, last = (date.fromisoformat(within[name]) for name in ("scheduleStartDate", "scheduleEndDate"))
    # From the day before: a window over midnight belongs to the day on which it opens.
    day = datetime.fromtimestamp(from_ms / 1000, zone).date() - timedelta(days=1)
    until = datetime.fromtimestamp(to_ms / 1000, zone).date()
    while day <= until:
        if first <= day <= last and _is_day(kind, recurrence, day):
            end_day = day if closes > opens else day + timedelta(days=1)
            yield datetime.combine(day, opens, zone), datetime.combine(end_day, closes, zone)
        day += timedelta(days=1)


def _is_day(kind: str, recurrence: Mapping[str, Any], day: date) -> bool:
    if kind == "WEEKLY":
        return bool(_DAYS[day.weekday()] == recurrence["dayOfWeek"])
    if kind == "MONTHLY":
        return day.day == int(recurrence["dayOfMonth"])
    return True


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)
