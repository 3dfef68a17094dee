"""What CORE says of what RAW holds."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse
from shared.domain.event_types import APPROVAL_DECIDED, INCIDENT_CLOSED, INCIDENT_OPENED
from shared.events import Event, new_event

OPENED_AT = "2026-11-20T10:00:00Z"


@pytest.fixture
def operation() -> str:
    return f"incident-{uuid.uuid4().hex[:12]}"


def number_of(operation: str) -> str:
    """The number of the operation's incident."""
    return f"INC-{operation}"


def ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def opened(operation: str, **changes: Any) -> Event:
    data = {
        "operation_id": operation,
        "incident_number": number_of(operation),
        "incident_sys_id": "9d385017c611228701d22104cc95c371",
        "problem_id": "-6004362228644432354_1638271020000V2",
        "display_id": "P-23112",
        "title": "Failure rate of 'carrinho' increased — 12 %",
        "severity": "ERROR",
        "service": "carrinho",
        "opened_at": OPENED_AT,
        "cause": "a deployment 4 minutes before",
        "confidence": 0.85,
        "action": "roll_back",
    }
    at = datetime(2026, 11, 20, 10, 0, 1, 500000, tzinfo=UTC)
    return new_event(INCIDENT_OPENED, "/valueflow", (operation,), data | changes, operation, at)


def closed(operation: str, outcome: str = "resolved", **changes: Any) -> Event:
    data = {
        "operation_id": operation,
        "incident_number": number_of(operation),
        "problem_id": "-6004362228644432354_1638271020000V2",
        "service": "carrinho",
        "outcome": outcome,
        "closed_at": "2026-11-20T10:12:30Z",
        "action": "roll_back",
        "run_id": "4711",
        "postmortem_url": "http://127.0.0.1/postmortem.md",
    }
    at = datetime(2026, 11, 20, 10, 12, 31, tzinfo=UTC)
    return new_event(INCIDENT_CLOSED, "/valueflow", (operation,), data | changes, operation, at)


def decided(operation: str, **changes: Any) -> Event:
    data = {
        "operation_id": operation,
        "incident_number": number_of(operation),
        "action_hash": "0" * 64,
        "decided": "approve",
        "decisions": [{"decision": "approve", "person_id": "1", "at": "2026-11-20T10:04:00Z"}],
    }
    at = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)
    return new_event(APPROVAL_DECIDED, "/valueflow", (operation,), data | changes, operation, at)


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
    assert (row["CLOSED_AT"], row["CONFIDENCE"], row["SECONDS_TO_RESOLVE"]) == (None, None, None)
    assert row["OUTCOME"] == "resolved"


async def test_an_incident_is_one_row_from_its_events(loader: Warehouse, operation: str) -> None:
    more: dict[str, Any] = {
        "fingerprint": "0123456789abcdef",
        "product": "loja",
        "cost_center": "4711",
        "environment": "production",
        "tier": 1,
        "category": "recent_deployment",
        "started_ms": ms("2026-11-20T09:58:00Z"),
        "detected_at": "2026-11-20T09:59:30.250Z",
    }
    end: dict[str, Any] = {"mitigated_at": "2026-11-20T10:08:00Z", "automatic": False, "joined": 2}
    await load(loader, opened(operation, **more), decided(operation), closed(operation, **more, **end))

    row = await incident(loader, operation)
    assert type(row["JOINED_PROBLEMS"]) is int
    assert row == {
        "INCIDENT": number_of(operation),
        "INCIDENT_NUMBER": number_of(operation),
        "INCIDENT_SYS_ID": "9d385017c611228701d22104cc95c371",
        "OPERATION_ID": operation,
        "OPERATIONS": 1,
        "PROBLEM_ID": "-6004362228644432354_1638271020000V2",
        "DISPLAY_ID": "P-23112",
        "FINGERPRINT": "0123456789abcdef",
        "SERVICE": "carrinho",
        "PRODUCT": "loja",
        "COST_CENTER": "4711",
        "ENVIRONMENT": "production",
        "TIER": 1,
        "CATEGORY": "recent_deployment",
        "TITLE": "Failure rate of 'carrinho' increased — 12 %",
        "SEVERITY": "ERROR",
        "STARTED_AT": datetime(2026, 11, 20, 9, 58, tzinfo=UTC),
        "DETECTED_AT": datetime(2026, 11, 20, 9, 59, 30, 250_000, tzinfo=UTC),
        "OPENED_AT": datetime(2026, 11, 20, 10, tzinfo=UTC),
        "ACKNOWLEDGED_AT": datetime(2026, 11, 20, 10, 4, tzinfo=UTC),
        "MITIGATED_AT": datetime(2026, 11, 20, 10, 8, tzinfo=UTC),
        "CLOSED_AT": datetime(2026, 11, 20, 10, 12, 30, tzinfo=UTC),
        "OUTCOME": "resolved",
        "CAUSE": "a deployment 4 minutes before",
        "CONFIDENCE": 0.85,
        "ACTION": "roll_back",
        "AUTOMATIC": False,
        "UNDONE": None,
        "JOINED_PROBLEMS": 2,
        "RUN_ID": "4711",
        "POSTMORTEM_URL": "http://127.0.0.1/postmortem.md",
        "SECONDS_TO_ACKNOWLEDGE": 240.0,
        "SECONDS_TO_MITIGATE": 600.0,
        "SECONDS_TO_RESOLVE": 870.0,
        "FIXED_BY_RUNBOOK": True,
    }


async def test_an_open_incident_has_no_end(loader: Warehouse, operation: str) -> None:
    await load(loader, opened(operation))

    row = await incident(loader, operation)
    assert (row["CLOSED_AT"], row["OUTCOME"], row["SECONDS_TO_RESOLVE"]) == (None, None, None)
    assert row["FIXED_BY_RUNBOOK"] is None


async def test_a_closed_event_may_come_first(loader: Warehouse, operation: str) -> None:
    await load(loader, closed(operation))
    row = await incident(loader, operation)
    assert (row["OPENED_AT"], row["SERVICE"], row["SECONDS_TO_RESOLVE"]) == (None, "carrinho", None)

    await load(loader, opened(operation, started_ms=ms(OPENED_AT)))
    assert (await incident(loader, operation))["SECONDS_TO_RESOLVE"] == 750.0


async def test_a_later_word_about_the_end_corrects_the_earlier_one(loader: Warehouse, operation: str) -> None:
    corrected = closed(operation, "unverified").model_copy(
        update={"id": uuid.uuid4().hex, "time": datetime(2026, 11, 20, 11, tzinfo=UTC)}
    )
    await load(loader, corrected, opened(operation), closed(operation))

    assert (await incident(loader, operation))["OUTCOME"] == "unverified"


async def test_an_automatic_action_is_an_answer(loader: Warehouse, operation: str) -> None:
    await load(loader, opened(operation), decided(operation, decided="automatic", decisions=[]))

    row = await incident(loader, operation)
    assert (row["SECONDS_TO_ACKNOWLEDGE"], row["AUTOMATIC"]) == (300.0, True)


async def test_an_incident_opened_again_is_one_with_two_operations(loader: Warehouse, operation: str) -> None:
    again = f"{operation}-again"
    same = {"incident_number": number_of(operation), "started_ms": ms("2026-11-20T10:20:00Z")}
    later = {"opened_at": "2026-11-20T10:21:00Z", "closed_at": "2026-11-20T10:40:00Z"}
    await load(
        loader,
        closed(again, "unverified", **same, **later),
        opened(operation, started_ms=ms("2026-11-20T09:58:00Z")),
        opened(again, **same, **later),
        closed(operation),
    )

    rows = await loader.query("SELECT * FROM CORE.INCIDENTS WHERE INCIDENT = ?", [number_of(operation)])
    assert [(row["OPERATION_ID"], row["OPERATIONS"], row["OUTCOME"]) for row in rows] == [
        (again, 2, "unverified")
    ]
    assert rows[0]["STARTED_AT"] == datetime(2026, 11, 20, 9, 58, tzinfo=UTC)


async def test_what_passed_with_announced_work_is_an_operation_and_no_incident(
    loader: Warehouse, operation: str
) -> None:
    await load(loader, closed(operation, "planned", incident_number=""))

    for view, rows in (("INCIDENT_OPERATIONS", 1), ("INCIDENTS", 0)):
        found = await loader.query(f"SELECT 1 FROM CORE.{view} WHERE OPERATION_ID = ?", [operation])
        assert len(found) == rows


async def test_an_incident_that_comes_back_says_whether_it_was_followed_up(
    loader: Warehouse, operation: str
) -> None:
    first, second = f"{operation}-1", f"{operation}-2"
    mark = {"fingerprint": operation}
    await load(loader, opened(first, **mark), opened(second, **mark, opened_at="2026-12-01T10:00:00Z"))
    query = "SELECT * FROM MART.REPEATED_INCIDENTS WHERE FINGERPRINT = ?"
    [before] = await loader.query(query, [operation])

    allowed = decided(f"follow-up-{first}", action="create_follow_ups", incident_number=number_of(first))
    await load(loader, allowed)

    [after] = await loader.query(query, [operation])
    assert (before["INCIDENTS"], before["LAST_INCIDENT"]) == (2, number_of(second))
    assert (before["HAS_FOLLOW_UP"], after["HAS_FOLLOW_UP"]) == (False, True)
