"""Resolved incidents of the past, as ServiceNow shows them with both values of each field."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.clients.servicenow import servicenow_client
from shared.errors import VendorUnavailable
from tests.fakes.servicenow import CLIENT_ID, CLIENT_SECRET, URL

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def both(value: str, shown: str | None = None) -> dict[str, str]:
    return {"value": value, "display_value": value if shown is None else shown}


def a_row(**fields: Any) -> dict[str, Any]:
    return {
        "sys_id": both("a" * 32),
        "number": both("INC0010001"),
        "state": both("6", "Resolved"),
        "short_description": both("Disk full"),
        "description": both("on db-1"),
        "close_code": both("Solution provided"),
        "close_notes": both("Deleted old logs"),
        "correlation_id": both("incident-1"),
        "correlation_display": both("ValueFlow"),
        "resolved_at": both("2026-11-20 12:00:00", "2026-11-20 09:00:00"),
        "sys_updated_on": both("2026-11-21 12:00:00", "2026-11-21 09:00:00"),
        "cmdb_ci": both("c" * 32, "orders"),
        "caller_id": both("d" * 32, "Maria Silva"),
        "resolved_by": both("e" * 32, "Ana Souza"),
        "assigned_to": both("e" * 32, "Ana Souza"),
        "opened_by": both("", ""),
        **fields,
    }


class Instance:
    """Answers with `rows`, whatever it is asked."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.rows, self.asked, self.failing = rows, list[httpx.URL](), 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth_token.do":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 1800})
        self.asked.append(request.url)
        if self.failing:
            self.failing -= 1
            return httpx.Response(503)
        return httpx.Response(200, json={"result": list(self.rows)})


async def read(instance: Instance) -> Any:
    client = servicenow_client(URL, CLIENT_ID, CLIENT_SECRET, httpx.MockTransport(instance))
    return await client.past.updated_since(SINCE, 200, 100)


async def test_an_incident_comes_with_its_people_its_service_and_times_in_utc() -> None:
    (past,) = await read(Instance(a_row()))

    assert past == {
        "sys_id": "a" * 32,
        "number": "INC0010001",
        "url": f"{URL}/incident.do?sys_id={'a' * 32}",
        "title": "Disk full",
        "description": "on db-1",
        "service": "orders",
        "close_code": "Solution provided",
        "close_notes": "Deleted old logs",
        "correlation_id": "incident-1",
        "opened_by_us": True,
        "people": ["Ana Souza", "Maria Silva"],
        "resolved_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
    }


async def test_what_is_asked_is_a_page_by_last_change() -> None:
    instance = Instance()
    await read(instance)

    asked = instance.asked[0].params
    assert asked["sysparm_query"] == (
        "stateIN6,7^sys_updated_on>=2026-11-01 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id"
    )
    assert (asked["sysparm_offset"], asked["sysparm_limit"]) == ("200", "100")


async def test_an_instance_that_ignores_the_condition_teaches_nothing_open_or_old() -> None:
    rows = [
        a_row(state=both("1")),
        a_row(state=both("8")),
        a_row(sys_updated_on=both("2026-10-01 00:00:00")),
        a_row(resolved_at=both("")),
    ]

    (past,) = await read(Instance(*rows))
    assert past["resolved_at"] == ""


@pytest.mark.usefixtures("no_pauses")
async def test_a_read_is_tried_again_and_then_said_to_be_for_later() -> None:
    instance = Instance(a_row())
    instance.failing = 1
    assert len(await read(instance)) == 1

    instance.failing = 99
    with pytest.raises(VendorUnavailable):
        await read(instance)
