"""Changes planned for a configuration item, whatever the instance makes of our query."""

from datetime import UTC, datetime

import pytest

from shared.clients.servicenow import ServiceNowClient
from shared.errors import VendorRefused
from tests.fakes.servicenow import FakeServiceNow
from tests.fakes.vendor import malformed, status

CI = "c" * 32
HOUR_MS = 3_600_000
NOON_MS = round(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp() * 1000)


def plan(fake: FakeServiceNow, start: str, end: str, **fields: str) -> str:
    row = {"cmdb_ci": CI, "state": "-2", "type": "normal", "short_description": "Move the database", **fields}
    return fake.add("change_request", start_date=start, end_date=end, **row)["number"]


async def test_a_change_is_told_with_its_planned_time(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    number = plan(fake, "2026-11-21 11:00:00", "2026-11-21 13:00:00")
    fake.fail("GET", "/change_request", status(503), malformed)

    (change,) = await client.changes.planned(CI, NOON_MS - HOUR_MS, NOON_MS)

    assert (change["number"], change["state"], change["type"]) == (number, "-2", "normal")
    assert (change["start_ms"], change["end_ms"]) == (NOON_MS - HOUR_MS, NOON_MS + HOUR_MS)
    assert change["url"].endswith(f"/change_request.do?sys_id={change['sys_id']}")


@pytest.mark.parametrize("ignores_queries", [False, True])
async def test_only_those_that_overlap_and_are_not_cancelled_are_told_oldest_first(
    fake: FakeServiceNow, client: ServiceNowClient, ignores_queries: bool
) -> None:
    later = plan(fake, "2026-11-21 11:30:00", "2026-11-21 11:40:00")
    first = plan(fake, "2026-11-21 09:00:00", "2026-11-21 11:00:00")
    plan(fake, "2026-11-21 13:00:00", "2026-11-21 14:00:00")
    plan(fake, "2026-11-20 13:00:00", "2026-11-20 14:00:00")
    plan(fake, "2026-11-21 11:00:00", "2026-11-21 13:00:00", state="4")
    plan(fake, "2026-11-21 11:00:00", "2026-11-21 13:00:00", cmdb_ci="d" * 32)
    plan(fake, "", "")
    fake.ignores_queries = ignores_queries

    found = await client.changes.planned(CI, NOON_MS - HOUR_MS, NOON_MS)

    assert [change["number"] for change in found] == [first, later]


@pytest.mark.parametrize("cmdb_ci", ["", "x^ORstate=1", "javascript:gs.log()"])
async def test_what_would_be_more_than_a_value_is_refused(
    fake: FakeServiceNow, client: ServiceNowClient, cmdb_ci: str
) -> None:
    with pytest.raises(VendorRefused):
        await client.changes.planned(cmdb_ci, 0, 1)
    assert not fake.sent("GET", "change_request")
