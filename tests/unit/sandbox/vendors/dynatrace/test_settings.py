"""Settings objects over HTTP: an array in, an answer for each, kept by key and by name."""

from typing import Any

import httpx
import pytest

from shared.domain.service import monitoring
from shared.domain.service.object_ids import management_zone_id
from tests.unit.sandbox.vendors.rig import Rig

PATH = "/api/v2/settings/objects"
ZONES, TAGS, PROFILES = "builtin:management-zones", "builtin:tags.auto-tagging", "builtin:alerting.profile"
SEVERITY = {"severityLevel": "ERRORS", "delayInMinutes": 0, "tagFilterIncludeMode": "NONE"}
BY_SELECTOR = {"enabled": True, "type": "SELECTOR", "entitySelector": 'type("SERVICE")'}
BY_ATTRIBUTE = {"enabled": True, "type": "ME", "attributeRule": {"entityType": "SERVICE"}}
OF_TAG = {**BY_SELECTOR, "valueNormalization": "Leave text as-is"}


def a_draft(schema_id: str = ZONES, external_id: str = "", **value: Any) -> dict[str, Any]:
    draft = {"schemaId": schema_id, "scope": "environment", "value": {"name": "orders", **value}}
    return draft | ({"externalId": external_id} if external_id else {})


async def post(rig: Rig, *drafts: dict[str, Any], **params: str) -> httpx.Response:
    return await rig.call("dynatrace", "POST", PATH, json=list(drafts), params=params)


async def made(rig: Rig, *drafts: dict[str, Any]) -> list[str]:
    answer = await post(rig, *drafts)
    assert answer.status_code == 200, answer.text
    return [item["objectId"] for item in answer.json()]


async def listed(rig: Rig, **params: Any) -> list[dict[str, Any]]:
    answer = await rig.call("dynatrace", "GET", PATH, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_objects_are_made_listed_read_changed_and_deleted(rig: Rig) -> None:
    (object_id,) = await made(rig, a_draft(external_id="k"))
    one = f"{PATH}/{object_id}"

    assert await listed(rig, schemaIds=ZONES) == [{"objectId": object_id, "value": {"name": "orders"}}]
    read = (await rig.call("dynatrace", "GET", one)).json()
    assert (read["externalId"], read["schemaId"], read["scope"], read["summary"]) == (
        "k",
        ZONES,
        "environment",
        "orders",
    )
    changed = await rig.call("dynatrace", "PUT", one, json={"value": {"name": "sales"}})
    assert changed.json() == {"code": 200, "objectId": object_id}
    assert (await listed(rig, schemaIds=ZONES))[0]["value"] == {"name": "sales"}
    assert (await rig.call("dynatrace", "DELETE", one)).status_code == 204
    assert await listed(rig, schemaIds=ZONES) == []
    for method in ("GET", "DELETE"):
        gone = await rig.call("dynatrace", method, one)
        assert (gone.status_code, gone.json()["code"], gone.json()["error"]["code"]) == (404, 404, 404)


async def test_the_state_shows_them(rig: Rig) -> None:
    await made(rig, a_draft())

    state = await rig.control("dynatrace", "GET", "/state")

    assert [one["value"] for one in state["settings_object"]] == [{"name": "orders"}]


async def test_each_of_several_has_its_own_answer(rig: Rig) -> None:
    answer = await post(rig, a_draft(), a_draft(name=""), a_draft("builtin:colours"))

    assert answer.status_code == 207
    assert [item["code"] for item in answer.json()] == [200, 400, 404]
    assert len(await listed(rig, schemaIds=ZONES)) == 1


async def test_when_all_are_refused_alike_so_is_the_whole(rig: Rig) -> None:
    answer = await post(rig, a_draft(name=None))

    assert answer.status_code == 400
    (item,) = answer.json()
    assert item["invalidValue"] == {"name": None}
    assert item["error"]["constraintViolations"] == [
        {"path": f"{ZONES}/0/name", "message": "may not be null", "parameterLocation": "PAYLOAD_BODY"}
    ]
    assert (await post(rig, a_draft("builtin:colours"))).status_code == 404


async def test_validating_keeps_nothing(rig: Rig) -> None:
    assert (await post(rig, a_draft(), validateOnly="true")).json() == [{"code": 200}]
    assert (await post(rig, a_draft(name=""), validateOnly="true")).status_code == 400
    assert await listed(rig, schemaIds=ZONES) == []


async def test_the_same_external_id_is_the_same_object(rig: Rig) -> None:
    first = await made(rig, a_draft(external_id="k"))
    again = await made(rig, a_draft(external_id="k", description="new"))

    assert again == first
    assert await listed(rig, schemaIds=ZONES, fields="value,externalId") == [
        {"value": {"name": "orders", "description": "new"}, "externalId": "k"}
    ]


@pytest.mark.parametrize(("schema_id", "status"), [(ZONES, 400), (TAGS, 400), (PROFILES, 200)])
async def test_names_of_zones_and_tags_are_unique(rig: Rig, schema_id: str, status: int) -> None:
    (first,) = await made(rig, a_draft(schema_id, external_id="a"))

    second = await post(rig, a_draft(schema_id, external_id="b"))

    assert second.status_code == status
    (other,) = await made(rig, a_draft(schema_id, name="sales"))
    renamed = await rig.call("dynatrace", "PUT", f"{PATH}/{other}", json={"value": {"name": "orders"}})
    assert renamed.status_code == status
    kept = await rig.call("dynatrace", "PUT", f"{PATH}/{first}", json={"value": {"name": "orders"}})
    assert kept.status_code == 200


async def test_lists_are_filtered_and_paged(rig: Rig) -> None:
    await made(rig, *(a_draft(name=f"zone {number}", external_id=f"k{number}") for number in range(5)))
    await made(rig, a_draft(PROFILES))

    assert len(await listed(rig, scopes="environment")) == 6
    assert len(await listed(rig, schemaIds=f"{ZONES},{PROFILES}")) == 6
    found = await listed(rig, schemaIds=ZONES, externalIds="k3,k1,k9", fields="externalId")
    assert found == [{"externalId": "k1"}, {"externalId": "k3"}]
    first = (await rig.call("dynatrace", "GET", PATH, params={"schemaIds": ZONES, "pageSize": 3})).json()
    following = {"nextPageKey": first["nextPageKey"]}
    second = (await rig.call("dynatrace", "GET", PATH, params=following)).json()
    assert [len(page["items"]) for page in (first, second)] == [3, 2]
    assert "nextPageKey" not in second


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"schemaIds": "builtin:colours"}, 404),
        ({"schemaIds": ZONES, "fields": "colour"}, 400),
        ({"schemaIds": ZONES, "pageSize": "501"}, 400),
        ({"schemaIds": ZONES, "limit": "1"}, 400),
    ],
)
async def test_a_question_that_is_none_is_refused(rig: Rig, params: dict[str, str], status: int) -> None:
    assert (await rig.call("dynatrace", "GET", PATH, params=params)).status_code == status


@pytest.mark.parametrize("body", [{}, ["x"], "x", None])
async def test_what_is_no_list_of_objects_is_refused(rig: Rig, body: Any) -> None:
    assert (await rig.call("dynatrace", "POST", PATH, json=body)).status_code == 400


@pytest.mark.parametrize(
    ("draft", "path"),
    [
        (a_draft(colour="red"), "colour"),
        (a_draft(name=7), "name"),
        (a_draft(name="x" * 251), "name"),
        (a_draft(rules=["x"]), "rules/0/enabled"),
        (a_draft(rules=[{**BY_SELECTOR, "enabled": "yes"}]), "rules/0/enabled"),
        (a_draft(rules=[{**BY_SELECTOR, "type": "ALL"}]), "rules/0/type"),
        (a_draft(rules=[{**BY_SELECTOR, "entitySelector": 'tag("x")'}]), "rules/0/entitySelector"),
        (a_draft(rules=[{"enabled": True, "type": "ME"}]), "rules/0/attributeRule"),
        (a_draft(rules=[BY_ATTRIBUTE]), "rules/0/attributeRule/conditions"),
        (a_draft(TAGS, rules=[BY_SELECTOR]), "rules/0/valueNormalization"),
        (a_draft(TAGS, rules=[{**OF_TAG, "valueNormalization": "Shout"}]), "rules/0/valueNormalization"),
        (
            a_draft(PROFILES, severityRules=[{**SEVERITY, "severityLevel": "BAD"}]),
            "severityRules/0/severityLevel",
        ),
        (
            a_draft(PROFILES, severityRules=[{**SEVERITY, "delayInMinutes": -1}]),
            "severityRules/0/delayInMinutes",
        ),
        (
            a_draft(PROFILES, severityRules=[{**SEVERITY, "tagFilterIncludeMode": "INCLUDE_ANY"}]),
            "severityRules/0/tagFilter",
        ),
        (a_draft(PROFILES, eventFilters="none"), "eventFilters"),
        (a_draft(PROFILES, managementZone="1234"), "managementZone"),
    ],
)
async def test_a_value_must_be_what_its_schema_says(rig: Rig, draft: dict[str, Any], path: str) -> None:
    answer = await post(rig, draft)

    assert answer.status_code == 400
    violations = answer.json()[0]["error"]["constraintViolations"]
    assert f"{draft['schemaId']}/0/{path}" in [violation["path"] for violation in violations]


async def test_a_condition_needs_key_and_operator(rig: Rig) -> None:
    rule = {**BY_ATTRIBUTE, "attributeRule": {"conditions": [{}]}}

    (item,) = (await post(rig, a_draft(rules=[rule]))).json()

    below = "rules/0/attributeRule"
    assert [violation["path"] for violation in item["error"]["constraintViolations"]] == [
        f"{ZONES}/0/{below}/entityType",
        f"{ZONES}/0/{below}/conditions/0/key",
        f"{ZONES}/0/{below}/conditions/0/operator",
    ]


async def test_a_value_or_scope_that_is_none_is_refused(rig: Rig) -> None:
    assert (await post(rig, {"schemaId": ZONES, "scope": "environment"})).status_code == 400
    assert (await post(rig, {**a_draft(), "scope": "HOST-1"})).status_code == 404


async def test_an_old_update_token_is_a_conflict(rig: Rig) -> None:
    (object_id,) = await made(rig, a_draft())
    one = f"{PATH}/{object_id}"
    old = (await rig.call("dynatrace", "GET", one)).json()["updateToken"]
    body = {"value": {"name": "sales"}, "updateToken": old}

    assert (await rig.call("dynatrace", "PUT", one, json=body)).status_code == 200
    assert (await rig.call("dynatrace", "PUT", one, json=body)).status_code == 409
    assert (await rig.call("dynatrace", "DELETE", one, params={"updateToken": old})).status_code == 409
    assert (await rig.call("dynatrace", "PUT", one, json={"value": {}})).status_code == 400


async def test_a_profile_names_a_zone_by_the_number_its_object_id_holds(rig: Rig) -> None:
    (zone,) = await made(rig, a_draft())
    profile = monitoring.alerting_profile("orders", zone)

    await made(rig, a_draft(PROFILES, **profile["value"]))

    assert profile["value"]["managementZone"] == management_zone_id(zone)
