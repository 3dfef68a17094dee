"""What CORE.PROBLEMS says of the events of a problem, in whatever order they came."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse
from shared.domain.event_types import PROBLEM_OPENED, PROBLEM_RESOLVED
from shared.events import Event, new_event

START_MS = 1763726400000


def told(problem: str, type_: str, second: int, start_ms: int | None = START_MS, **changes: Any) -> Event:
    state = "RESOLVED" if type_ == PROBLEM_RESOLVED else "OPEN"
    data = {"problem_id": problem, "title": "Slow", "state": state, "start_ms": start_ms, **changes}
    at = datetime(2025, 11, 21, 12, 0, second, tzinfo=UTC)
    return new_event(type_, "/dynatrace", (problem, str(start_ms), state), data, problem, at)


@pytest.mark.parametrize("backwards", [False, True])
async def test_an_occurrence_is_one_row_and_stays_resolved(loader: Warehouse, backwards: bool) -> None:
    problem = f"P-{uuid.uuid4().hex}"
    events = [
        told(problem, PROBLEM_OPENED, 20),
        told(problem, PROBLEM_RESOLVED, 10),
        told(problem, PROBLEM_OPENED, 30, START_MS + 1, title="Slow again"),
    ]
    for number, event in enumerate(reversed(events) if backwards else events):
        await loader.load_events({f"{problem}-{number}.jsonl": event.to_json().encode()})

    rows = await loader.query(
        "SELECT STATE, TITLE, STARTED_AT, TOLD_AT, RESOLVED_TOLD_AT FROM CORE.PROBLEMS "
        "WHERE PROBLEM_ID = ? ORDER BY STARTED_AT",
        [problem],
    )

    assert [(row["STATE"], row["TITLE"]) for row in rows] == [("RESOLVED", "Slow"), ("OPEN", "Slow again")]
    assert [row["TOLD_AT"].second for row in rows] == [10, 30]
    assert rows[0]["RESOLVED_TOLD_AT"].second == 10
    assert rows[0]["STARTED_AT"].timestamp() * 1000 == START_MS
    assert rows[1]["RESOLVED_TOLD_AT"] is None


async def test_an_odd_start_is_null_and_spoils_nothing(loader: Warehouse) -> None:
    problem = f"P-{uuid.uuid4().hex}"
    odd = told(problem, PROBLEM_OPENED, 0, title="Odd").model_copy(
        update={"data": {"problem_id": problem, "state": "OPEN", "start_ms": "soon"}}
    )
    await loader.load_events({f"{problem}.jsonl": odd.to_json().encode()})

    rows = await loader.query("SELECT STARTED_AT FROM CORE.PROBLEMS WHERE PROBLEM_ID = ?", [problem])

    assert rows == [{"STARTED_AT": None}]
