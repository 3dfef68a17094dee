"""How work flows, by the rules of docs/delivery-flow.md: work items from their events, figures of a day. Pure.

The warehouse computes the same in SQL (CORE.WORK_ITEMS, MART.DELIVERY_FLOW_DAILY) and is held to this. What there is no
data for is None, never 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from shared.domain.delivery.work_items import COMPLETED, PROPOSED, REMOVED
from shared.domain.event_types import WORK_ITEM_CHANGED
from shared.domain.metrics.response_figures import percentile

MOST_DAYS = 1000
"""Of a service, up to the newest day."""

Row = dict[str, Any]


class WorkItem(NamedTuple):
    """One item as its highest revision says. left_at: when it was not in progress any more."""

    work_item_id: str
    revision: int | None
    service: str | None
    category: str | None
    planned: bool | None
    started_at: datetime | None
    completed_at: datetime | None
    left_at: datetime | None
    changed_at: datetime | None
    cycle_seconds: float | None


def read(events: Iterable[Mapping[str, Any]]) -> list[WorkItem]:
    """The items of these events (CloudEvents), which may come in any order and more than once."""
    told: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for event in events:
        name = event["data"].get("work_item_id") or event.get("subject")
        if event["type"] == WORK_ITEM_CHANGED and name:
            told[name][event["id"]] = event
    return [_item(name, list(of.values())) for name, of in told.items()]


def daily(items: Iterable[WorkItem]) -> list[Row]:
    """A row a day (UTC) and service, with the columns of MART.DELIVERY_FLOW_DAILY."""
    kept = list(items)
    newest = max((day for one in kept if (day := _day(one.changed_at))), default=None)
    by_service: dict[str | None, list[WorkItem]] = defaultdict(list)
    for one in kept:
        if one.started_at or one.completed_at:
            by_service[one.service].append(one)
    rows = []
    for service, of in by_service.items():
        days = [day for one in of for day in (_day(one.started_at), _day(one.completed_at)) if day]
        if newest is None:
            continue
        first = max(min(days), newest - timedelta(days=MOST_DAYS - 1))
        for number in range((newest - first).days + 1):
            rows.append(_figures(first + timedelta(days=number), service, of))
    return rows


def _figures(day: date, service: str | None, items: Sequence[WorkItem]) -> Row:
    done = [one for one in items if _day(one.completed_at) == day]
    planned = sum(1 for one in done if one.planned is True)
    unplanned = sum(1 for one in done if one.planned is False)
    took = [one.cycle_seconds for one in done if one.cycle_seconds is not None]
    return {
        "DAY": day,
        "SERVICE": service,
        "WORK_IN_PROGRESS": sum(1 for one in items if _in_progress(one, day)),
        "STARTED": sum(1 for one in items if _day(one.started_at) == day),
        "COMPLETED": len(done),
        "TIMED": len(took),
        "CYCLE_MEDIAN_S": median(took) if took else None,
        "CYCLE_P90_S": percentile(took, 0.9),
        "COMPLETED_PLANNED": planned,
        "COMPLETED_UNPLANNED": unplanned,
        "SHARE_UNPLANNED": unplanned / (planned + unplanned) if planned + unplanned else None,
    }


def _in_progress(item: WorkItem, day: date) -> bool:
    """At the end of the day."""
    began, left = _day(item.started_at), _day(item.left_at)
    if began is None or began > day:
        return False
    if item.left_at is None or item.started_at is None or left is None:
        return True
    return item.left_at >= item.started_at and left > day


def _item(name: str, events: Sequence[Mapping[str, Any]]) -> WorkItem:
    last = max(events, key=_rank)
    data, category = last["data"], last["data"].get("category")
    starts = [at for event in events if (at := _moment(event["data"].get("started_at")))]
    started, changed = min(starts, default=None), _moment(data.get("changed_at"))
    completed = _moment(data.get("completed_at")) if category == COMPLETED else None
    left = completed or changed if category == COMPLETED else None
    if category in (PROPOSED, REMOVED):
        left = changed
    timed = started is not None and completed is not None and completed >= started
    return WorkItem(
        work_item_id=name,
        revision=_revision(last),
        service=data.get("service"),
        category=category,
        planned=data.get("planned"),
        started_at=started,
        completed_at=completed,
        left_at=left,
        changed_at=changed,
        cycle_seconds=(completed - started).total_seconds() if timed and completed and started else None,
    )


def _rank(event: Mapping[str, Any]) -> tuple[int, float, str]:
    told = _moment(event.get("time"))
    revision = _revision(event)
    return (-1 if revision is None else revision, told.timestamp() if told else float("-inf"), event["id"])


def _revision(event: Mapping[str, Any]) -> int | None:
    revision = event["data"].get("revision")
    return revision if isinstance(revision, int) and not isinstance(revision, bool) else None


def _day(at: datetime | None) -> date | None:
    return at.astimezone(UTC).date() if at else None


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
