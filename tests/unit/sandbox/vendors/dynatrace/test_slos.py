"""Objectives over HTTP: made, listed by selector, evaluated against what the metrics show."""

import time
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import Rig

PATH = "/api/v2/slo"
NOW_MS = int(time.time() * 1000)
WEEK_MS = 7 * 24 * 3600 * 1000


def a_slo(**fields: Any) -> dict[str, Any]:
    return {
        "name": "orders availability",
        "description": "of orders",
        "metricExpression": "(100)*(a)/(b)",
        "evaluationType": "AGGREGATE",
        "filter": 'type("SERVICE"),tag("service:orders")',
        "target": 95.0,
        "warning": 98.0,
        "timeframe": "-1w",
        "enabled": True,
        **fields,
    }


async def post(rig: Rig, **fields: Any) -> httpx.Response:
    return await rig.call("dynatrace", "POST", PATH, json=a_slo(**fields))


async def made(rig: Rig, **fields: Any) -> str:
    answer = await post(rig, **fields)
    assert (answer.status_code, answer.content) == (201, b""), answer.text
    assert answer.headers["Location"].startswith(f"{PATH}/")
    return answer.headers["Location"].rpartition("/")[2]


async def listed(rig: Rig, **params: Any) -> list[str]:
    answer = await rig.call("dynatrace", "GET", PATH, params=params)
    assert answer.status_code == 200, answer.text
    return [slo["name"] for slo in answer.json()["slo"]]


async def test_objectives_are_made_read_changed_and_deleted(rig: Rig) -> None:
    slo_id = await made(rig)
    one = f"{PATH}/{slo_id}"

    read = (await rig.call("dynatrace", "GET", one)).json()
    assert a_slo().items() <= read.items()
    assert (read["id"], read["metricKey"]) == (slo_id, "func:slo.orders_availability")
    assert (await rig.call("dynatrace", "PUT", one, json=a_slo(target=90))).status_code == 200
    assert (await rig.call("dynatrace", "GET", one)).json()["target"] == 90
    assert (await rig.call("dynatrace", "DELETE", one)).status_code == 204
    for method in ("GET", "DELETE"):
        gone = await rig.call("dynatrace", method, one)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, 404)


async def test_a_name_is_unique(rig: Rig) -> None:
    slo_id = await made(rig)

    assert (await post(rig)).status_code == 400
    assert (await post(rig, name="Orders  availability", metricName="orders_availability")).status_code == 400
    assert (await rig.call("dynatrace", "PUT", f"{PATH}/{slo_id}", json=a_slo())).status_code == 200


async def test_lists_are_selected_sorted_and_paged(rig: Rig) -> None:
    for name in ("c", "a", "b"):
        await made(rig, name=name, enabled=name != "b")
    tricky = await made(rig, name='say "~"', description="Loud")

    assert await listed(rig) == ["a", "c", 'say "~"']
    assert await listed(rig, enabledSlos="all", sort="-name") == ['say "~"', "c", "b", "a"]
    assert await listed(rig, enabledSlos="false") == ["b"]
    assert await listed(rig, sloSelector='name("c")') == ["c"]
    assert await listed(rig, sloSelector='name("say ~"~~~"")') == ['say "~"']
    assert await listed(rig, sloSelector=f'id("{tricky}"),text("loud")') == ['say "~"']
    first = (await rig.call("dynatrace", "GET", PATH, params={"pageSize": 2})).json()
    second = await listed(rig, nextPageKey=first["nextPageKey"])
    assert ([slo["name"] for slo in first["slo"]], second) == (["a", "c"], ['say "~"'])


@pytest.mark.parametrize(
    "params",
    [
        {"sloSelector": 'colour("red")'},
        {"sloSelector": "name("},
        {"enabledSlos": "some"},
        {"pageSize": "10001"},
        {"pageSize": "26", "evaluate": "true"},
        {"colour": "red"},
    ],
)
async def test_a_question_that_is_none_is_refused(rig: Rig, params: dict[str, str]) -> None:
    assert (await rig.call("dynatrace", "GET", PATH, params=params)).status_code == 400


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"metricExpression": None}, "metricExpression"),
        ({"timeframe": "-1 week"}, "timeframe"),
        ({"evaluationType": "PER_INTERVAL"}, "evaluationType"),
        ({"description": "x" * 1001}, "description"),
        ({"enabled": "yes"}, "enabled"),
        ({"target": 0}, "target"),
        ({"target": "95"}, "target"),
        ({"warning": 101}, "warning"),
        ({"warning": 94.9}, "warning"),
        ({"filter": 'tag("x")'}, "filter"),
    ],
)
async def test_an_objective_must_hold_what_the_vendor_asks(
    rig: Rig, fields: dict[str, Any], path: str
) -> None:
    answer = await post(rig, **fields)

    assert answer.status_code == 400
    assert answer.json()["error"]["constraintViolations"][0]["path"] == path


@pytest.mark.parametrize(("unwell_share", "status"), [(0.0, "SUCCESS"), (0.03, "WARNING"), (0.5, "FAILURE")])
async def test_an_evaluation_says_how_much_of_the_time_all_was_well(
    rig: Rig, unwell_share: float, status: str
) -> None:
    slo_id = await made(rig)
    body = {"name": "orders", "tags": ["service:orders"]}
    entity = await rig.control("dynatrace", "POST", "/entities", body)
    start = NOW_MS - WEEK_MS // 2
    window = {"entity_id": entity["entityId"], "effect": "raised", "from_ms": start}
    window["to_ms"] = start + int(WEEK_MS * unwell_share)
    await rig.control("dynatrace", "POST", "/windows", window)

    found = (await rig.call("dynatrace", "GET", f"{PATH}/{slo_id}")).json()

    assert (found["status"], found["error"]) == (status, "NONE")
    assert found["evaluatedPercentage"] == pytest.approx(100 * (1 - unwell_share), abs=0.2)
    assert found["errorBudget"] == pytest.approx(found["evaluatedPercentage"] - 95, abs=0.001)


@pytest.mark.parametrize("selector", ['type("SERVICE"),tag("service:other")', ""])
async def test_without_entities_there_is_nothing_to_evaluate(rig: Rig, selector: str) -> None:
    await made(rig, filter=selector)

    params = {"evaluate": "true"}
    (found,) = (await rig.call("dynatrace", "GET", PATH, params=params)).json()["slo"]

    assert (found["evaluatedPercentage"], found["status"]) == (-1.0, "FAILURE")
    assert found["error"] == "The filter matches no entity"
