"""What CORE says of what RAW holds."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse
from shared.domain.event_types import INCIDENT_CLOSED, INCIDENT_OPENED
from shared.events import Event, new_event

OPENED_AT = "2026-11-20T10:00:00Z"


@pytest.fixture
def operation() -> str:
    return f"incident-{uuid.uuid4().hex[:12]}"


def opened(operation: str, **changes: Any) -> Event:
    data = {
        "operation_id": operation,
        "incident_number": "INC0010001",
        "incident_sys_id": "9d385017c611228701d22104cc95c371",
        "problem_id": "-6004362228644432354_1638271020000V2",
        "display_id": "P-23112",
        "title": "Failure rate of 'carrinho' increased — 12 %",
        "severity": "ERROR",
        "service": "carrinho",
        "opened_at": OPENED_AT,
        "cause": "a deployment 4 minutes before",
        "confidence": 0.85,
        "action": "redeploy_previous",
    }
    at = datetime(2026, 11, 20, 10, 0, 1, 500000, tzinfo=UTC)
    return new_event(INCIDENT_OPENED, "/valueflow", (operation,), data | changes, operation, at)


def closed(operation: str, outcome: str = "resolved", **changes: Any) -> Event:
    data = {
        "operation_id": operation,
        "incident_number": "INC0010001",
        "problem_id": "-6004362228644432354_1638271020000V2",
        "service": "carrinho",
        "outcome": outcome,
        "closed_at": "2026-11-20T10:12:30Z",
        "action": "redeploy_previous",
        "run_id": "4711",
        "postmortem_url": "http://127.0.0.1/postmortem.md",
    }
    at = datetime(2026, 11, 20, 10, 12, 31, tzinfo=UTC)
    return new_event(INCIDENT_CLOSED, "/valueflow", (operation,), data | changes, operation, at)


async def load(loader: Warehouse, *events: Event | str) -> None:
    lines = "\n".join(event if isinstance(event, str) else event.to_json() for event in events)
    await loader.load_events({f"views/{uuid.uuid4().hex}.jsonl": lines.encode()})


async def incident(loader: Warehouse, operation: str) -> dict[str, Any]:
    rows = await loader.query("SELECT * FROM CORE.INCIDENTS WHERE OPERATION_ID = ?", [operation])
    assert len(rows) == 1
    return rows[0]


async def test_an_event_has_typed_columns(loader: Warehouse, operation: str) -> None:
    event = opened(operation)
    await load(loader, event)

    [row] = await loader.query("SELECT * FROM CORE.EVENTS WHERE SUBJECT = ?", [operation])
    assert row["EVENT_ID"] == event.id
    assert (row["EVENT_TYPE"], row["EVENT_SOURCE"]) == (INCIDENT_OPENED, "/valueflow")
    assert row["EVENT_TIME"] == event.time
    assert json.loads(row["DATA"]) == event.data


async def test_an_event_that_came_again_is_one_row_the_earliest(loader: Warehouse, operation: str) -> None:
    first = opened(operation)
    later = first.model_copy(update={"time": datetime(2026, 11, 21, tzinfo=UTC), "source": "/again"})
    await load(loader, later, first)
    await load(loader, first, later)

    rows = await loader.query("SELECT EVENT_SOURCE, FILE_ROW FROM CORE.EVENTS WHERE SUBJECT = ?", [operation])
    assert rows == [{"EVENT_SOURCE": "/valueflow", "FILE_ROW": 2}]


async def test_what_is_no_event_spoils_no_view(loader: Warehouse, operation: str) -> None:
    odd = closed(operation, closed_at="yesterday", run_id=None)
    await load(loader, '{"unreadable": "x", "message_id": "1"}', opened(operation, confidence="high"), odd)

    row = await incident(loader, operation)
    assert (row["CLOSED_AT"], row["CONFIDENCE"], row["MINUTES_TO_RESOLVE"]) == (None, None, None)
    assert row["OUTCOME"] == "resolved"


async def test_an_incident_is_one_row_from_its_two_events(loader: Warehouse, operation: str) -> None:
    await load(loader, opened(operation), closed(operation))

    row = await incident(loader, operation)
    assert row == {
        "OPERATION_ID": operation,
        "INCIDENT_NUMBER": "INC0010001",
        "INCIDENT_SYS_ID": "9d385017c611228701d22104cc95c371",
        "PROBLEM_ID": "-6004362228644432354_1638271020000V2",
        "DISPLAY_ID": "P-23112",
        "SERVICE": "carrinho",
        "TITLE": "Failure rate of 'carrinho' increased — 12 %",
        "SEVERITY": "ERROR",
        "OPENED_AT": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "CLOSED_AT": datetime(2026, 11, 20, 10, 12, 30, tzinfo=UTC),
        "OUTCOME": "resolved",
        "CAUSE": "a deployment 4 minutes before",
        "CONFIDENCE": 0.85,
        "ACTION": "redeploy_previous",
        "RUN_ID": "4711",
        "POSTMORTEM_URL": "http://127.0.0.1/postmortem.md",
        "MINUTES_TO_RESOLVE": 12.5,
    }


async def test_an_open_incident_has_no_end(loader: Warehouse, operation: str) -> None:
    await load(loader, opened(operation))

    row = await incident(loader, operation)
    assert (row["CLOSED_AT"], row["OUTCOME"], row["MINUTES_TO_RESOLVE"]) == (None, None, None)


async def test_a_closed_event_may_come_first(loader: Warehouse, operation: str) -> None:
    await load(loader, closed(operation))
    row = await incident(loader, operation)
    assert (row["OPENED_AT"], row["SERVICE"], row["MINUTES_TO_RESOLVE"]) == (None, "carrinho", None)

    await load(loader, opened(operation))
    assert (await incident(loader, operation))["MINUTES_TO_RESOLVE"] == 12.5


@pytest.mark.parametrize(
    ("outcome", "minutes"),
    [
        ("self_resolved", 12.5),
        ("refused", None),
        ("expired", None),
        ("action_failed", None),
        ("unverified", None),
    ],
)
async def test_only_a_resolved_incident_has_minutes_to_resolve(
    loader: Warehouse, operation: str, outcome: str, minutes: float | None
) -> None:
    await load(loader, opened(operation), closed(operation, outcome))

    row = await incident(loader, operation)
    assert (row["OUTCOME"], row["MINUTES_TO_RESOLVE"]) == (outcome, minutes)
