"""The warehouse's SQL and the rules in Python say the same of any history of work items."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.clients.snowflake import warehouse
from shared.domain.event_types import WORK_ITEM_CHANGED
from shared.domain.metrics import flow
from tests.integration.warehouse.histories import Event, written
from tests.integration.warehouse.test_incident_numbers import empty, same

BASE = datetime(2025, 3, 1, tzinfo=UTC)
CATEGORIES = (
    "proposed",
    "in_progress",
    "in_progress",
    "resolved",
    "completed",
    "completed",
    "removed",
    "unknown",
)
TIMES = st.one_of(
    st.integers(0, 20 * 86_400_000).map(lambda ms: written(BASE + timedelta(milliseconds=ms))),
    st.sampled_from([None, "yesterday"]),
)
READABLE = st.integers(0, 20 * 86_400_000).map(lambda ms: written(BASE + timedelta(milliseconds=ms)))
ITEMS = """SELECT WORK_ITEM_ID, REVISION, SERVICE, CATEGORY, PLANNED, STARTED_AT, COMPLETED_AT, LEFT_AT, CHANGED_AT,
CYCLE_SECONDS FROM CORE.WORK_ITEMS"""


def revision(name: str, number: int, **data: Any) -> Event:
    """An event; times in `data`, an id of its own each."""
    told = {"work_item_id": name, "revision": number, "service": "cart", "planned": None, **data}
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "/azure_devops",
        "type": WORK_ITEM_CHANGED,
        "subject": name,
        "time": data.get("changed_at") or written(BASE),
        "data": told,
    }


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Revisions of some items: out of order, twice, with gaps and with times that cannot be."""
    events = [
        revision(
            f"azure_devops:{item}",
            draw(st.integers(1, 5)),
            service=draw(st.sampled_from(["cart", "orders", None])),
            category=draw(st.sampled_from(CATEGORIES)),
            planned=draw(st.sampled_from([True, False, None])),
            started_at=draw(TIMES),
            completed_at=draw(TIMES),
            changed_at=draw(READABLE),
        )
        for item in range(draw(st.integers(1, 25)))
        for _ in range(draw(st.integers(1, 3)))
    ]
    twice = draw(st.lists(st.sampled_from(events), max_size=5))
    return list(draw(st.permutations(events + twice)))


@given(events=histories())
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
def test_sql_and_python_agree_on_any_history(own_database: Any, events: list[Event]) -> None:
    asyncio.run(compare(own_database, events))


async def compare(configuration: Any, *files: Sequence[Event]) -> list[dict[str, Any]]:
    """Load the files in turn; the days, once they are what the rules say of all the events."""
    client = warehouse(configuration, timeout_s=20)
    try:
        await empty(client)
        for events in files:
            lines = "\n".join(json.dumps(event) for event in events)
            await client.load_events({f"{uuid.uuid4().hex}.jsonl": lines.encode()})
        items = await client.query(ITEMS)
        days = await client.query("SELECT * FROM MART.DELIVERY_FLOW_DAILY ORDER BY SERVICE, DAY")
    finally:
        await client.close()
    expected = flow.read([event for events in files for event in events])
    same([{k.upper(): v for k, v in one._asdict().items()} for one in expected], items, ["WORK_ITEM_ID"])
    same(flow.daily(expected), days, ["DAY", "SERVICE"])
    return days


def at(day: int, hour: int = 12) -> str:
    return written(BASE + timedelta(days=day, hours=hour))


async def test_a_day_tells_what_was_begun_is_under_way_and_was_completed(own_database: Any) -> None:
    done = {"category": "completed", "started_at": at(0)}
    days = await compare(
        own_database,
        [
            revision("a", 3, **done, completed_at=at(2), changed_at=at(2), planned=True),
            revision("b", 3, **done, completed_at=at(2, 18), changed_at=at(2, 18), planned=False),
            revision("c", 2, category="in_progress", started_at=at(1), changed_at=at(3)),
        ],
    )

    assert [one["WORK_IN_PROGRESS"] for one in days] == [2, 3, 1, 1]
    assert [one["COMPLETED"] for one in days] == [0, 0, 2, 0]
    assert (days[2]["CYCLE_MEDIAN_S"], days[2]["SHARE_UNPLANNED"]) == (51 * 3600, 0.5)
    assert (days[1]["CYCLE_MEDIAN_S"], days[1]["CYCLE_P90_S"], days[1]["SHARE_UNPLANNED"]) == (
        None,
        None,
        None,
    )


async def test_a_revision_weeks_late_changes_the_days_it_is_about(own_database: Any) -> None:
    first = [revision("a", 1, category="in_progress", started_at=at(0), changed_at=at(0))]
    other = [revision("b", 1, category="in_progress", started_at=at(20), changed_at=at(20))]
    late = [
        revision("a", 4, category="completed", started_at=at(0), completed_at=at(3), changed_at=at(3)),
        revision("a", 2, category="in_progress", started_at=at(0), changed_at=at(1)),
    ]

    days = await compare(own_database, first, other, late)

    assert [one["WORK_IN_PROGRESS"] for one in days][:5] == [1, 1, 1, 0, 0]
    assert [number for number, one in enumerate(days) if one["COMPLETED"]] == [3]


async def test_the_same_events_twice_change_nothing(own_database: Any) -> None:
    events = [
        revision("a", 2, category="in_progress", started_at=at(0), changed_at=at(1)),
        revision("b", 3, category="completed", started_at=at(0), completed_at=at(1), changed_at=at(1)),
    ]

    assert await compare(own_database, events, events, events) == await compare(own_database, events)


async def test_a_reopened_item_is_completed_no_more_and_began_when_it_first_did(own_database: Any) -> None:
    days = await compare(
        own_database,
        [revision("a", 2, category="completed", started_at=at(0), completed_at=at(1), changed_at=at(1))],
        [revision("a", 3, category="in_progress", started_at=at(4), changed_at=at(4))],
    )

    assert [one["WORK_IN_PROGRESS"] for one in days] == [1] * 5
    assert sum(one["COMPLETED"] for one in days) == 0


async def test_a_clock_in_the_far_future_makes_no_days(own_database: Any) -> None:
    client = warehouse(own_database, timeout_s=20)
    await empty(client)
    events = [
        revision("a", 1, category="in_progress", started_at=at(0), changed_at=at(1)),
        revision("b", 1, category="in_progress", started_at=at(0), changed_at="9999-01-01T00:00:00Z"),
    ]
    await client.load_events({f"{uuid.uuid4().hex}.jsonl": "\n".join(map(json.dumps, events)).encode()})

    days = await client.query("SELECT DAY FROM MART.DELIVERY_FLOW_DAILY")
    await client.close()

    assert len(days) == 2
