"""Learning from ServiceNow: once, from where it stopped, nothing that teaches nothing, nothing worse than we know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.servicenow.past import PastIncident
from shared.errors import VendorUnavailable
from shared.knowledge import learning
from shared.knowledge.learning import learn, memory_of_past
from tests.fakes.services import FakeBlob
from tests.unit.shared.knowledge.stage import WordEncoder, a_memory, knowledge_over

START = datetime(2026, 11, 1, tzinfo=UTC)


def a_row(number: int, **fields: Any) -> PastIncident:
    at = (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row: dict[str, Any] = {
        "sys_id": f"{number:032x}",
        "number": f"INC{number:07}",
        "url": f"https://snow.example/{number}",
        "title": "disk full",
        "description": f"of host {number}",
        "service": "orders",
        "close_code": "Solution provided",
        "close_notes": "Deleted the old logs of the host",
        "correlation_id": "",
        "opened_by_us": False,
        "people": [],
        "resolved_at": at,
        "updated_at": at,
    }
    return row | fields  # type: ignore[return-value]


class Rows:
    """ServiceNow's resolved incidents, by their last change."""

    def __init__(self, *rows: PastIncident) -> None:
        self.rows, self.away = list(rows), False

    async def updated_since(self, at: datetime, offset: int, limit: int) -> list[PastIncident]:
        if self.away:
            raise VendorUnavailable("servicenow", "past_incidents", "no answer")
        since = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = sorted(
            (row["updated_at"], row["sys_id"], row) for row in self.rows if row["updated_at"] >= since
        )
        return [row for _, _, row in found][offset : offset + limit]


async def test_what_people_solved_is_remembered_without_who_did() -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    rows = Rows(a_row(1, people=["Maria Silva"], close_notes="Maria Silva deleted the old logs"))

    assert await learn(blob, rows, knowledge, START) == {"read": 1, "remembered": 1}

    (match,) = await knowledge.similar("disk")
    assert (match["id"], match["number"]) == (f"servicenow-{1:032x}", "INC0000001")
    assert (match["outcome"], match["service"]) == ("solved_by_people", "orders")
    assert "deleted the old logs" in match["helped"]
    assert "Maria" not in b"".join(blob.blobs.values()).decode(errors="ignore")


async def test_each_run_goes_on_where_the_last_one_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "PAGE", 10)
    monkeypatch.setattr(learning, "PAGES", 2)
    blob: Any = FakeBlob()
    encoder = WordEncoder()
    knowledge = knowledge_over(blob, encoder)
    rows = Rows(*(a_row(number) for number in range(50)))

    runs = [(await learn(blob, rows, knowledge, START))["read"] for _ in range(5)]

    assert runs == [20, 20, 15, 6, 6], "of each page the last second is read again, at the end five minutes"
    assert await knowledge.count() == 50
    assert encoder.asked == 50
    rows.rows.append(a_row(60))
    assert (await learn(blob, rows, knowledge, START))["remembered"] == 1


async def test_a_thousand_that_changed_in_one_second_are_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "PAGE", 10)
    monkeypatch.setattr(learning, "PAGES", 3)
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    same = a_row(1)["updated_at"]
    rows = Rows(*(a_row(number, updated_at=same) for number in range(95)), a_row(200))

    for _ in range(5):
        await learn(blob, rows, knowledge, START)

    assert await knowledge.count() == 96


async def test_a_row_that_became_visible_late_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    rows = Rows(a_row(10))
    await learn(blob, rows, knowledge, START)

    rows.rows.append(a_row(8))
    assert (await learn(blob, rows, knowledge, START))["remembered"] == 1


async def test_an_incident_that_changed_is_learnt_anew() -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    await learn(blob, Rows(a_row(1)), knowledge, START)

    later = (START + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    await learn(
        blob, Rows(a_row(1, close_notes="Enlarged the disk for good", updated_at=later)), knowledge, START
    )

    (match,) = await knowledge.similar("disk")
    assert match["helped"] == "Enlarged the disk for good"


async def test_one_that_was_left_to_people_gains_what_they_did() -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    await knowledge.remember(
        a_memory("incident-7", outcome="handed_over", helped="", category="saturation", cause="we know")
    )

    later = (START + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    row = a_row(1, opened_by_us=True, correlation_id="incident-7", updated_at=later)
    await learn(blob, Rows(row), knowledge, START)

    (match,) = await knowledge.similar("disk")
    assert (match["id"], match["category"], match["cause"]) == ("incident-7", "saturation", "we know")
    assert (match["outcome"], match["helped"]) == ("solved_by_people", "Deleted the old logs of the host")


@pytest.mark.parametrize(
    "fields",
    [
        {"close_code": "Duplicate"},
        {"close_code": "Not Solved (Too Costly)"},
        {"close_code": "No resolution provided"},
        {"close_code": "User error"},
        {"close_notes": "ok"},
        {"close_notes": "Redeployed run 7. Proven.\n[valueflow:incident-7/resolve_incident]"},
    ],
)
def test_what_teaches_nothing_is_not_remembered(fields: dict[str, str]) -> None:
    assert memory_of_past(a_row(1, **fields), None) is None


@pytest.mark.parametrize("outcome", ["resolved", "self_resolved"])
def test_what_we_ended_ourselves_is_known_better_already(outcome: str) -> None:
    row = a_row(1, opened_by_us=True, correlation_id="incident-7")

    assert memory_of_past(row, a_memory("incident-7", outcome=outcome)) is None


async def test_servicenow_away_stops_the_run_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    rows = Rows(a_row(1))
    rows.away = True
    with pytest.raises(VendorUnavailable):
        await learn(blob, rows, knowledge, START)

    rows.away = False
    assert (await learn(blob, rows, knowledge, START))["remembered"] == 1


async def test_an_encoder_that_is_away_leaves_the_mark_where_it_was() -> None:
    blob: Any = FakeBlob()
    encoder = WordEncoder()
    knowledge = knowledge_over(blob, encoder)
    encoder.away = True
    with pytest.raises(VendorUnavailable):
        await learn(blob, Rows(a_row(1)), knowledge, START)

    encoder.away = False
    assert (await learn(blob, Rows(a_row(1)), knowledge, START))["remembered"] == 1


async def test_what_was_forgotten_is_not_learnt_again() -> None:
    blob: Any = FakeBlob()
    knowledge = knowledge_over(blob)
    await knowledge.forget(f"servicenow-{1:032x}")

    assert await learn(blob, Rows(a_row(1)), knowledge, START) == {"read": 1, "remembered": 0}
    assert await knowledge.similar("disk") == []
