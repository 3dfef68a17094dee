"""What was delivered is loaded: DORA's numbers and the scorecard tell exactly that."""

from typing import Any

from sandbox.demo.played import Delivered
from sandbox.demo.scenarios import bad_version
from sandbox.demo.stage import Stage
from sandbox.platform.app_settings import warehouse_settings
from sandbox.platform.waiting import PATIENCE_S
from shared.clients.snowflake import Warehouse, warehouse
from shared.errors import VendorError
from shared.marts import LEASE_S
from warehouse.login import read_login

NAME = "delivery_figures"
TITLE = "DORA and the scorecard tell exactly these deployments"
_DORA = """
SELECT SUM(DEPLOYMENTS) AS DEPLOYMENTS, SUM(FAILED_DEPLOYMENTS) AS FAILED, SUM(ROLLBACKS) AS ROLLBACKS,
    SUM(RECOVERIES) AS RECOVERED, MAX(RECOVERY_MEDIAN_S) AS RECOVERY_S, MAX(LEAD_TIME_MEDIAN_S) AS LEAD_TIME_S
FROM MART.DORA_DAILY WHERE SERVICE = ? AND ENVIRONMENT = 'production'
"""
_KEPT = """
SELECT SUM(DEPLOYMENTS) AS DEPLOYMENTS FROM KEPT.DORA_MONTHLY WHERE SERVICE = ? AND ENVIRONMENT = 'production'
"""

type Numbers = dict[str, Any]


async def play(stage: Stage) -> None:
    known = [one for one in stage.played.delivered if len(one.versions) > 1]
    service = known[-1] if known else await bad_version.play(stage)
    await stage.drained("deliveries", "delivery-notes", "archive")
    numbers = await _loaded(stage, service)
    out = len(service.versions)
    expected = {"DEPLOYMENTS": out, "FAILED": out - 1, "ROLLBACKS": out - 1, "RECOVERED": out - 1}
    for name, count in expected.items():
        stage.check(f"DORA: {name.lower()}", expected=count, observed=_whole(numbers[name]))
    stage.check("DORA: there is a lead time", expected=True, observed=numbers["LEAD_TIME_S"] is not None)
    stage.check("DORA: and a recovery time", expected=True, observed=numbers["RECOVERY_S"] is not None)
    card = await _scorecard(stage, service)
    gates = [gate["verdict"] for gate in card["sections"]["gates"]["last"]]
    stage.check("the scorecard's gates, newest first", expected=["fail", "pass"], observed=gates)
    rate = card["sections"]["dora"]["metrics"].get("change_fail_rate")
    stage.check("its change fail rate", expected=(out - 1) / out, observed=rate)
    stage.check("its level, as of the worst", expected="poor", observed=card["level"])
    badge = await stage.world.http.get(card["badge_url"])
    stage.check("the badge", expected=200, observed=badge.status_code)
    stage.check("it is a picture with words", expected=True, observed="<title" in badge.text)
    stage.say(
        f"{out} deployments, {out - 1} failed and recovered in {float(numbers['RECOVERY_S'] or 0):.0f} s; "
        f"scorecard: {card['level']}"
    )
    stage.evidence |= {
        "service": service.service,
        "dora": {name: float(value) for name, value in numbers.items() if value is not None},
        "scorecard": f"/api/services/{service.service}/scorecard",
        "badge": card["badge_url"].partition("?")[0],
    }


async def _loaded(stage: Stage, service: Delivered) -> Numbers:
    """The warehouse's numbers once what was archived is loaded, and the marts that scorecards read are fresh."""
    client = warehouse(read_login(warehouse_settings(stage.world.document)))

    async def look() -> Numbers:
        await stage.world.run_timer("load_warehouse")
        return await _first_row(client, _DORA, service)

    async def look_at_marts() -> Numbers:
        await stage.world.run_timer("load_warehouse")
        return await _first_row(client, _KEPT, service)

    try:
        numbers = await stage.until(
            "the rollback is loaded", look, lambda row: _whole(row.get("RECOVERED")), for_s=30.0
        )
        # A worker that was killed while it refreshed the marts still holds them for as long as a statement may take.
        await stage.until(
            "the marts are fresh",
            look_at_marts,
            lambda row: _whole(row.get("DEPLOYMENTS")) == _whole(numbers["DEPLOYMENTS"]),
            for_s=LEASE_S + PATIENCE_S,
        )
        return numbers
    finally:
        await client.close()


async def _first_row(client: Warehouse, query: str, service: Delivered) -> Numbers:
    """Empty where the table is not there yet, or the warehouse is away."""
    try:
        (row,) = await client.query(query, (service.service,))
    except VendorError:
        return {}
    return row


async def _scorecard(stage: Stage, service: Delivered) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        await stage.world.run_timer("refresh_scorecards")
        answer = await stage.world.as_portal("GET", f"/api/services/{service.service}/scorecard")
        told: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return told

    return await stage.until(
        "the scorecard has figures", look, lambda card: card and card["sections"]["dora"]["metrics"]
    )


def _whole(told: Any) -> int | None:
    return None if told is None else int(told)
