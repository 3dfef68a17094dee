"""The timer makes a scorecard of each service, and one look into Blob shows it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.delivery.scorecards import get_badge, get_scorecard, refresh
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.requests import body_of, function_of, request
from tests.fakes.services import fake_services

card: Any = function_of(get_scorecard)
badge: Any = function_of(get_badge)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ORDERS = {
    "name": "orders",
    "product": "Loja",
    "owner": "time-a",
    "tier": 1,
    "azure_devops": {},
    "dynatrace": {},
    "parts": {"objective_availability": {"slo_id": "slo-1", "result": "created"}},
}
CART = {**ORDERS, "name": "cart", "parts": {}}
GATE = {
    "gate_id": "g1",
    "service": "orders",
    "environment": "production",
    "version": "1.4",
    "verdict": "pass",
    "decided_at": "2026-11-20T12:00:00Z",
}


def month(service: str, at: date, days: int, **changes: Any) -> dict[str, Any]:
    return {
        "SERVICE": service,
        "ENVIRONMENT": "production",
        "MONTH": at,
        "OBSERVED_DAYS": days,
        "LEAD_TIME_MEDIAN_S": Decimal("7200"),
        "LEAD_TIME_BAND": "elite",
        "DEPLOYMENTS_PER_DAY": 0.5,
        "DEPLOYMENT_FREQUENCY_BAND": "high",
        "RECOVERY_MEDIAN_S": None,
        "RECOVERY_BAND": None,
        "CHANGE_FAIL_RATE": 0.0,
        "CHANGE_FAIL_RATE_BAND": "elite",
        "REWORK_RATE": None,
        **changes,
    }


class Warehouse:
    """Answers by view; a view in `missing` is refused."""

    def __init__(self) -> None:
        self.dora = [month("orders", date(2026, 11, 1), 21)]
        self.incidents = [
            {
                "SERVICE": "orders",
                "INCIDENTS": Decimal(2),
                "ENDED": 2,
                "FIXED_BY_RUNBOOK": 1,
                "MTTA_MEAN_S": 90.5,
            }
        ]
        self.missing: set[str] = set()
        self.asked = 0

    async def query(self, sql: str, params: Any = ()) -> list[dict[str, Any]]:
        self.asked += 1
        view = "DORA_MONTHLY" if "DORA_MONTHLY" in sql else "INCIDENT_RESPONSE_DAILY"
        if view in self.missing:
            raise VendorRefused("snowflake", "query", f"{view} does not exist")
        return list(self.dora if view == "DORA_MONTHLY" else self.incidents)


class Slos:
    """known: objectives by id. breaks: ids that fail in a way nobody foresaw."""

    def __init__(self) -> None:
        self.known = {"slo-1": ("orders availability", "SUCCESS", 99.9)}
        self.error: Exception | None = None

    async def find(self, name: str) -> dict[str, Any] | None:
        return next(({"slo_id": key} for key, one in self.known.items() if one[0] == name), None)

    async def evaluated(self, slo_id: str) -> dict[str, Any] | None:
        if self.error:
            raise self.error
        if slo_id not in self.known:
            return None
        name, status, value = self.known[slo_id]
        figures = {"target": 99.5, "warning": 99.8, "error_budget": 0.4, "timeframe": "-1w"}
        return {"slo_id": slo_id, "name": name, "status": status, "value": value, **figures}


@pytest.fixture
async def round_(world: Any) -> Any:
    """A world with two services, of which one has everything."""
    made = fake_services(SNOWFLAKE_ACCOUNT="embedded", SNOWFLAKE_PASSWORD="x")
    world.__dict__.update({"settings": made.settings, "warehouse": Warehouse()})
    world.dynatrace.slos = Slos()
    for service in (ORDERS, CART):
        await world.registry.put(service)
    await world.delivery_notes.keep_gate(GATE)
    await world.blob.put("incidents/open.json", b"[]")
    return world


async def read(name: str = "orders", **query: str) -> Any:
    return await card(request(route={"name": name}, query=query, token="reader"))


async def test_a_scorecard_tells_what_every_source_said(round_: Any) -> None:
    await refresh(NOW)

    told = body_of(await read())
    sections = told["sections"]
    assert (told["level"], told["known"], told["computed_at"]) == ("good", 4, "2026-11-21T12:00:00+00:00")
    assert sections["dora"]["metrics"]["change_lead_time"] == 7200
    assert sections["dora"]["metrics"]["failed_deployment_recovery_time"] is None
    assert sections["dora"]["bands"]["deployment_frequency"] == "high"
    assert sections["incidents"]["last_30_days"] == {
        "incidents": 2,
        "ended": 2,
        "fixed_by_runbook": 1,
        "mtta_mean_s": 90.5,
    }
    assert sections["gates"]["last"][0]["verdict"] == "pass"
    assert sections["slo"]["objectives"][0]["value"] == 99.9
    assert sections["cost"]["level"] is None


async def test_a_service_without_data_has_nulls_and_no_zeros(round_: Any) -> None:
    round_.blob.blobs.pop("incidents/open.json")
    await refresh(NOW)

    sections = body_of(await read("cart"))["sections"]
    assert [sections[name]["level"] for name in ("dora", "gates", "slo", "cost")] == [None] * 4
    assert sections["dora"]["metrics"] == {}
    assert sections["incidents"]["last_30_days"]["incidents"] is None


async def test_the_warehouse_is_asked_once_a_round_however_many_services(round_: Any) -> None:
    for number in range(20):
        await round_.registry.put({**CART, "name": f"s{number}"})
    await refresh(NOW)

    assert round_.warehouse.asked == 2


async def test_a_view_that_is_not_there_leaves_its_section_without_data(round_: Any) -> None:
    round_.warehouse.missing.add("DORA_MONTHLY")
    await refresh(NOW)

    sections = body_of(await read())["sections"]
    assert sections["dora"]["level"] is None
    assert sections["incidents"]["last_30_days"]["incidents"] == 2


async def test_without_a_warehouse_the_other_sections_are_there(round_: Any) -> None:
    round_.__dict__["settings"] = fake_services().settings
    await refresh(NOW)

    assert round_.warehouse.asked == 0
    assert body_of(await read())["known"] == 3


async def test_dynatrace_away_leaves_the_objectives_without_data(round_: Any) -> None:
    round_.dynatrace.slos.error = VendorUnavailable("dynatrace", "evaluate_slo", "no connection")
    await refresh(NOW)

    section = body_of(await read())["sections"]["slo"]
    assert (section["level"], section["reasons"][0]["rule"]) == (None, "slo.unknown")


async def test_one_service_s_failure_stops_no_other_and_keeps_its_last_scorecard(round_: Any) -> None:
    await refresh(NOW)
    before = (await read("cart")).get_body()
    await round_.blob.put("delivery/gates/cart.json", b"no json")
    await refresh(datetime(2026, 11, 22, tzinfo=UTC))

    assert (await read("cart")).get_body() == before
    assert body_of(await read())["computed_at"].startswith("2026-11-22")


async def test_a_month_of_a_few_days_waits_behind_the_one_before(round_: Any) -> None:
    young = month("orders", date(2026, 12, 1), 2, CHANGE_FAIL_RATE_BAND="low")
    round_.warehouse.dora.insert(0, young)
    await refresh(NOW)
    assert body_of(await read())["sections"]["dora"]["month"] == "2026-11"

    young["OBSERVED_DAYS"] = 7
    await refresh(NOW)
    assert body_of(await read())["sections"]["dora"]["month"] == "2026-12"


async def test_of_short_months_the_one_with_a_deployment_is_shown(round_: Any) -> None:
    round_.warehouse.dora = [
        month("orders", date(2026, 12, 1), 1, DEPLOYMENTS=0),
        month("orders", date(2026, 11, 1), 3, DEPLOYMENTS=2),
    ]
    await refresh(NOW)

    assert body_of(await read())["sections"]["dora"]["month"] == "2026-11"


async def test_objectives_of_a_service_that_no_path_made_are_found_by_their_names(round_: Any) -> None:
    round_.dynatrace.slos.known["slo-9"] = ("cart latency", "FAILURE", 91.0)
    await refresh(NOW)

    assert body_of(await read("cart"))["level"] == "poor"


async def test_an_open_incident_is_poor(round_: Any) -> None:
    entries = [{"service": "orders", "ended_ms": None}, {"service": "orders", "ended_ms": 1}]
    await round_.blob.put("incidents/open.json", json.dumps(entries))
    await refresh(NOW)

    told = body_of(await read())
    assert (told["level"], told["sections"]["incidents"]["open"]) == ("poor", 1)
    assert body_of(await read("cart"))["sections"]["incidents"]["open"] == 0


async def test_the_badge_is_an_image_with_the_same_level(round_: Any) -> None:
    await refresh(NOW)

    by_format = await read(format="svg")
    by_name = await badge(request(route={"name": "orders"}, token="reader"))
    assert by_format.mimetype == by_name.mimetype == "image/svg+xml"
    assert by_format.get_body() == by_name.get_body()
    assert b"<title" in by_name.get_body()


async def test_the_signed_address_opens_this_badge_and_nothing_else(round_: Any) -> None:
    await refresh(NOW)
    token = parse_qs(urlsplit(body_of(await read())["badge_url"]).query)["token"][0]

    async def status(handler: Any, name: str, given: str) -> int:
        return (await handler(request(route={"name": name}, query={"token": given}))).status_code  # type: ignore[no-any-return]

    assert await status(badge, "orders", token) == 200
    assert await status(badge, "cart", token) == 403
    assert await status(badge, "orders", f"9{token}") == 403
    assert await status(card, "orders", token) == 401


async def test_who_has_it_already_is_told_so(round_: Any) -> None:
    await refresh(NOW)
    first = await read()
    held = {"If-None-Match": f'"other", {first.headers["ETag"]}'}

    again = await card(request(route={"name": "orders"}, token="reader", headers=held))

    assert (again.status_code, again.get_body()) == (304, b"")
    assert first.headers["Cache-Control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("name", "query", "token", "status"),
    [
        ("unknown", {}, "reader", 404),
        ("../secrets", {}, "reader", 400),
        ("orders", {"format": "pdf"}, "reader", 400),
        ("orders", {}, "nobody", 401),
    ],
)
async def test_what_cannot_be_shown_is_refused(
    round_: Any, name: str, query: dict[str, str], token: str, status: int
) -> None:
    await refresh(NOW)

    assert (await card(request(route={"name": name}, query=query, token=token))).status_code == status


async def test_a_service_that_is_gone_has_no_scorecard_any_more(round_: Any) -> None:
    await refresh(NOW)
    await round_.registry.delete("cart")
    await refresh(NOW)

    assert (await read("cart")).status_code == 404
    assert (await read()).status_code == 200
    assert not [name for name in round_.blob.blobs if name.startswith("scorecards/cart")]


async def test_a_document_is_never_there_without_the_badge_it_names(round_: Any) -> None:
    await refresh(NOW)

    kept = [name for name in round_.blob.blobs if name.startswith("scorecards/orders")]
    assert kept == ["scorecards/orders.svg", "scorecards/orders.json"]


async def test_with_the_storage_away_it_says_so(round_: Any) -> None:
    round_.blob.away = True

    assert (await read()).status_code == 503
