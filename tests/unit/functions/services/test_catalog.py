"""The catalog's endpoints: who may read, in which form, and how a signed address behaves."""

import json
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from functions.services.catalog import get_entities, get_location, list_entities, make_link
from shared.security import links
from shared.settings import Secret
from tests.fakes.requests import body_of, function_of, request
from tests.unit.shared.domain.service.test_catalog import BY_HAND, PROVISIONED

list_all, get, locate = function_of(list_entities), function_of(get_entities), function_of(get_location)
link = function_of(make_link)


@pytest.fixture
async def registered(world: Any) -> Any:
    for service in (BY_HAND, PROVISIONED):
        await world.registry.put(service)
    return world


async def signed(**wanted: Any) -> dict[str, str]:
    response = await link(request("POST", token="carla", body=wanted))
    assert response.status_code == 201
    return dict(parse_qsl(urlsplit(body_of(response)["url"]).query))


async def test_a_reader_gets_all_entities(registered: Any) -> None:
    told = body_of(await list_all(request(token="reader")))

    assert [(e["kind"], e["metadata"]["name"]) for e in told["entities"]] == [
        ("Component", "checkout"),
        ("Component", "orders"),
        ("System", "loja-online"),
    ]
    assert told["remarks"] == []


async def test_groups_come_on_request(registered: Any) -> None:
    told = body_of(await list_all(request(token="reader", query={"groups": "true"})))

    assert "Group" in {entity["kind"] for entity in told["entities"]}


async def test_one_service_s_entities(registered: Any) -> None:
    told = body_of(await get(request(token="reader", route={"name": "orders"})))

    assert [entity["metadata"]["name"] for entity in told["entities"]] == ["orders", "loja-online"]


async def test_a_service_of_a_web_path_is_a_website(world: Any) -> None:
    await world.registry.put({**PROVISIONED, "golden_path": {"name": "angular-web", "version": "1.0.0"}})
    [component, _] = body_of(await list_all(request(token="reader")))["entities"]

    assert component["spec"]["type"] == "website"


async def test_a_service_nobody_registered_is_not_found(registered: Any) -> None:
    assert (await get(request(token="reader", route={"name": "nobody"}))).status_code == 404


@pytest.mark.parametrize("endpoint", [list_all, get, locate], ids=["all", "one", "location"])
async def test_nobody_reads_without_a_token(registered: Any, endpoint: Any) -> None:
    assert (await endpoint(request(route={"name": "orders"}))).status_code == 401


@pytest.mark.parametrize("person", ["reader", "ana"])
async def test_only_admins_sign_addresses(registered: Any, person: str) -> None:
    assert (await link(request("POST", token=person, body={}))).status_code == 403


async def test_a_location_is_yaml_of_one_document_an_entity(registered: Any) -> None:
    response = await locate(request(token="reader"))

    entities = body_of(await list_all(request(token="reader")))["entities"]
    assert list(yaml.safe_load_all(response.get_body())) == entities
    assert response.mimetype == "application/yaml"


async def test_words_that_yaml_would_read_as_numbers_stay_words(world: Any) -> None:
    await world.registry.put({**PROVISIONED, "cost_center": "1e5", "description": "no"})
    text = (await locate(request(token="reader"))).get_body().decode()

    assert '"valueflow.dev/cost-center": "1e5"' in text
    assert '"description": "no"' in text


async def test_an_empty_registry_is_an_empty_document(world: Any) -> None:
    response = await locate(request(token="reader"))

    assert (response.status_code, response.get_body()) == (200, b"")


async def test_storage_away_is_503_and_never_a_catalog_with_holes(registered: Any) -> None:
    """Backstage removes what a Location no longer lists; it keeps everything when the reading fails."""
    registered.blob.away = True

    assert (await locate(request(query=await signed()))).status_code == 503


async def test_a_signed_address_reads_without_a_token(registered: Any) -> None:
    response = await locate(request(query=await signed()))

    assert response.status_code == 200
    assert b"orders" in response.get_body()


async def test_an_address_tells_when_it_ends(registered: Any) -> None:
    told = body_of(await link(request("POST", token="carla", body={"days": 1})))

    assert told["url"].startswith(f"{registered.settings.public_url}/api/catalog/locations/services.yaml?")
    ends_s = time.mktime(time.strptime(told["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 0 < ends_s - time.time() <= 24 * 3600


async def test_an_address_with_groups_brings_groups_and_one_without_cannot_be_made_to(
    registered: Any,
) -> None:
    with_groups, without = await signed(groups=True), await signed()

    assert b'"Group"' in (await locate(request(query=with_groups))).get_body()
    assert (await locate(request(query={**without, "groups": "true"}))).status_code == 403


@pytest.mark.parametrize("token", ["", "9999999999.0", "x"])
async def test_a_wrong_token_in_the_address_is_refused_even_with_a_good_header(
    registered: Any, token: str
) -> None:
    assert (await locate(request(token="reader", query={"token": token}))).status_code == 403


async def test_an_expired_address_is_refused_with_what_to_do(registered: Any) -> None:
    secrets = registered.settings.link_secrets
    token = links.sign(secrets, "catalog", "without groups", expires_at_s=int(time.time()) - 1)
    response = await locate(request(query={"token": token}))

    assert response.status_code == 403
    assert "POST /api/catalog/links" in body_of(response)["detail"]


async def test_an_approval_s_token_reads_no_catalog(registered: Any) -> None:
    secrets: tuple[Secret, ...] = registered.settings.link_secrets
    token = links.sign(secrets, "approval", "without groups", expires_at_s=int(time.time()) + 100)

    assert (await locate(request(query={"token": token}))).status_code == 403


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 367}, {"forever": True}])
async def test_an_address_ends_within_a_year(registered: Any, body: dict[str, Any]) -> None:
    assert (await link(request("POST", token="carla", body=body))).status_code == 400


@pytest.mark.parametrize("endpoint", [list_all, locate], ids=["all", "location"])
async def test_what_the_caller_has_already_is_not_sent_again(registered: Any, endpoint: Any) -> None:
    first = await endpoint(request(token="reader"))
    etag = first.headers["ETag"]

    for held in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = await endpoint(request(token="reader", headers={"If-None-Match": held}))
        assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", etag)


async def test_a_change_is_sent_again(registered: Any) -> None:
    etag = (await locate(request(token="reader"))).headers["ETag"]
    await registered.registry.put({**BY_HAND, "tier": 1})

    again = await locate(request(token="reader", headers={"If-None-Match": etag}))
    assert again.status_code == 200
    assert again.headers["ETag"] != etag


async def test_not_knowing_the_caller_comes_before_not_modified(registered: Any) -> None:
    etag = (await locate(request(token="reader"))).headers["ETag"]

    assert (await locate(request(headers={"If-None-Match": etag}))).status_code == 401


async def test_a_flag_that_is_neither_true_nor_false_is_refused(registered: Any) -> None:
    response = await list_all(request(token="reader", query={"groups": "yes"}))

    assert response.status_code == 400
    assert json.loads(response.get_body())["errors"][0]["field"] == "groups"
