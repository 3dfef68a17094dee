"""Every event is archived and loaded, and the warehouse tells the incidents as ServiceNow does."""

from typing import Any

from sandbox.demo.stage import Stage
from sandbox.platform.app_settings import warehouse_settings
from shared.clients.snowflake import warehouse
from shared.errors import VendorUnavailable
from warehouse.login import read_login

NAME = "warehouse"
TITLE = "Events are archived and loaded; CORE.INCIDENTS matches ServiceNow"
_QUERY = "SELECT OPERATION_ID, INCIDENT_NUMBER, OUTCOME FROM CORE.INCIDENTS"

type Rows = dict[str, dict[str, Any]]


async def play(stage: Stage) -> None:
    expected = await _expected(stage)
    if not expected:
        from sandbox.demo.scenarios import incident

        await incident.play(stage)
        expected = await _expected(stage)
    await stage.drained("archive")
    stage.say("all events are archived; load_warehouse is run")
    client = warehouse(read_login(warehouse_settings(stage.world.document)))

    async def rows() -> Rows:
        try:
            found = await client.query(_QUERY)
        except VendorUnavailable:
            return {}
        return {row["OPERATION_ID"]: row for row in found}

    async def load_and_look() -> Rows:
        await stage.world.run_timer("load_warehouse")
        return await stage.until("rows in CORE.INCIDENTS", rows, lambda found: _told(found, expected), 20.0)

    try:
        found = await load_and_look()
        counts = await client.query("SELECT COUNT(*) AS N, COUNT(DISTINCT EVENT_ID) AS IDS FROM CORE.EVENTS")
    finally:
        await client.close()
    for operation_id, (number, outcome) in expected.items():
        row = found.get(operation_id, {})
        stage.check(f"{number} in the warehouse", expected=number, observed=row.get("INCIDENT_NUMBER"))
        stage.check(f"{number}'s outcome there", expected=outcome, observed=row.get("OUTCOME"))
    stage.check("incidents in the warehouse", expected=len(expected), observed=len(found))
    stage.check("events there, each once", expected=counts[0]["IDS"], observed=counts[0]["N"])
    stage.say(f"{len(found)} incidents, {counts[0]['N']} events")
    stage.evidence |= {"incidents": len(found), "events": counts[0]["N"]}


async def _expected(stage: Stage) -> dict[str, tuple[str, str]]:
    """(incident number, outcome) of each ended operation, as ServiceNow and the app tell them."""
    told: dict[str, tuple[str, str]] = {}
    for operation in await stage.operations():
        if operation["kind"] == "remediate_problem" and operation["outcome"]:
            incidents = await stage.incidents(operation["id"])
            told[operation["id"]] = (incidents[0]["number"], operation["outcome"])
    return told


def _told(found: Rows, expected: dict[str, tuple[str, str]]) -> bool:
    return all(found.get(name, {}).get("OUTCOME") == outcome for name, (_, outcome) in expected.items())
