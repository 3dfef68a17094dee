"""What we write into ServiceNow's tables are fields that its published records have."""

import json
from typing import Any

import pytest

from shared.clients.servicenow import ServiceNowClient, servicenow_client
from tests.contract.clients.conftest import SPECS
from tests.fakes.servicenow import CLIENT_ID, CLIENT_SECRET, URL, FakeServiceNow
from tests.fakes.vendor import body_of


@pytest.fixture
def fake() -> FakeServiceNow:
    return FakeServiceNow()


@pytest.fixture
def client(fake: FakeServiceNow) -> ServiceNowClient:
    return servicenow_client(URL, CLIENT_ID, CLIENT_SECRET, fake.transport)


def published(name: str) -> dict[str, Any]:
    """The record of a sample body; without it the test is left out."""
    path = SPECS.parent / "payloads" / name
    if not path.exists():
        pytest.skip(f"the vendors' sample bodies are not here ({name}); they lie beside VALUEFLOW_SPECS")
    body = json.loads(path.read_text(encoding="utf-8"))["result"]
    record: dict[str, Any] = body[0] if isinstance(body, list) else body
    return record


async def test_a_change_is_written_with_fields_a_change_has(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    record = published("servicenow.change_request.api0.json")
    opened = await client.changes.open(
        {
            "correlation_id": "k",
            "short_description": "Provision orders",
            "description": "python-function",
            "start_at": "2026-11-21T12:00:00Z",
            "end_at": "2026-11-21T13:00:00Z",
            "assignment_group": "a" * 32,
            "cmdb_ci": "c" * 32,
        }
    )
    await client.changes.close(opened["sys_id"], "k", True, "done")
    sent = [*fake.sent("POST", "change_request"), *fake.sent("PATCH", "change_request")]
    assert {name for request in sent for name in body_of(request)} <= record.keys()
    assert body_of(sent[0])["type"] == record["type"]["value"]
    assert set(sent[0].url.params["sysparm_fields"].split(",")) <= record.keys()


async def test_planned_changes_are_asked_for_by_fields_a_change_has(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    record = published("servicenow.change_request.api0.json")
    assert await client.changes.planned("c" * 32, 0, 1) == []
    (asked,) = fake.sent("GET", "change_request")
    assert set(asked.url.params["sysparm_fields"].split(",")) <= record.keys()


async def test_an_incident_is_written_with_fields_an_incident_has(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    record = published("servicenow.table.POST.0.json")
    opened = await client.incidents.open(
        {
            "correlation_id": "k",
            "short_description": "payments: failure rate",
            "description": "12 %",
            "impact": "2",
            "urgency": "1",
            "category": "software",
            "cmdb_ci": "c" * 32,
            "work_notes": "first look",
        }
    )
    await client.incidents.resolve(opened["sys_id"], "k", "Solution provided", "done")
    sent = [*fake.sent("POST", "incident"), *fake.sent("PATCH", "incident")]
    assert {name for request in sent for name in body_of(request)} <= record.keys()
