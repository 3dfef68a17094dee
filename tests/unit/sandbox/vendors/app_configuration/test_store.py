"""The store over its real client: who may, which version, what follows."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import stamina

from shared.clients.app_configuration import AppConfigurationClient, app_configuration_client
from shared.errors import OutcomeUnknown, VendorRefused, VendorUnavailable
from tests.unit.sandbox.vendors.rig import Rig


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[AppConfigurationClient]:
    own = rig.credentials["app_configuration"]
    made = app_configuration_client(
        rig.urls["app_configuration"], own["credential_id"], own["secret"], timeout_s=2
    )
    yield made
    await made.aclose()


@pytest.fixture(autouse=True)
def once() -> Any:
    with stamina.set_testing(True, attempts=1):
        yield


async def flag(rig: Rig, **changes: Any) -> str:
    told = await rig.control("app_configuration", "PUT", "/flags", {"name": "new-cart", **changes})
    return str(told["etag"])


async def test_a_flag_is_switched_off_and_on_with_its_version(
    rig: Rig, client: AppConfigurationClient
) -> None:
    etag = await flag(rig, label="prod")

    off = await client.switch("new-cart", "prod", on=False, etag=etag, key="op-1/off")
    assert off is not None
    again = await client.switch("new-cart", "prod", on=False, etag=etag, key="op-1/off")
    on = await client.switch("new-cart", "prod", on=True, etag=off["etag"], key="op-1/on")

    assert again == off
    assert on is not None
    assert (off["enabled"], on["enabled"]) == (False, True)
    (kept,) = (await rig.control("app_configuration", "GET", "/state"))["key_value"]
    assert json.loads(kept["value"])["conditions"] == {"client_filters": []}


async def test_another_version_is_left_alone(rig: Rig, client: AppConfigurationClient) -> None:
    first = await flag(rig)
    await flag(rig)

    assert await client.switch("new-cart", "", on=False, etag=first, key="k") is None


async def test_a_locked_flag_is_not_switched(rig: Rig, client: AppConfigurationClient) -> None:
    etag = await flag(rig, locked=True)

    with pytest.raises(VendorRefused, match="409"):
        await client.switch("new-cart", "", on=False, etag=etag, key="k")


async def test_an_answer_that_is_lost_is_found_later(rig: Rig, client: AppConfigurationClient) -> None:
    etag = await flag(rig)
    fault = {"operation": "set_key_value", "kind": "lost_reply", "seconds": 0.1, "times": 1}
    await rig.control("app_configuration", "PUT", "/faults", [fault])

    found = await client.switch("new-cart", "", on=False, etag=etag, key="k")

    assert found is not None
    assert found["enabled"] is False


@pytest.mark.parametrize(("kind", "raised"), [("drop", OutcomeUnknown), ("status", VendorUnavailable)])
async def test_what_was_not_done_is_not_believed_done(
    rig: Rig, client: AppConfigurationClient, kind: str, raised: type[Exception]
) -> None:
    etag = await flag(rig)
    fault = {"operation": "set_key_value", "kind": kind, "times": 1}
    await rig.control(
        "app_configuration", "PUT", "/faults", [{**fault, "status": 503} if kind == "status" else fault]
    )

    with pytest.raises(raised):
        await client.switch("new-cart", "", on=False, etag=etag, key="k")

    found = await client.flag("new-cart")
    assert found is not None
    assert found["enabled"] is True


async def test_strangers_and_requests_of_yesterday_stay_outside(rig: Rig) -> None:
    url, own = rig.urls["app_configuration"], rig.credentials["app_configuration"]
    stranger = app_configuration_client(url, own["credential_id"], "eHh4")
    nobody = await rig.http.get(f"{url}/kv?api-version=2023-11-01")
    old = await rig.http.get(
        f"{url}/kv?api-version=2023-11-01",
        headers={
            "x-ms-date": "Fri, 11 May 2018 18:48:36 GMT",
            "x-ms-content-sha256": "x",
            "Authorization": f"HMAC-SHA256 Credential={own['credential_id']}"
            "&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=x",
        },
    )

    with pytest.raises(VendorRefused, match="401"):
        await stranger.ping()
    await stranger.aclose()
    assert (nobody.status_code, old.status_code) == (401, 401)
    assert "expired" in old.headers["WWW-Authenticate"]


async def test_a_flag_that_is_off_can_end_a_problem(rig: Rig, client: AppConfigurationClient) -> None:
    entity = await rig.control("dynatrace", "POST", "/entities", {"name": "checkout", "tags": []})
    body = {"title": "Failure rate increase", "service_entity_id": entity["entityId"]}
    opened = await rig.control("dynatrace", "POST", "/problems", body)
    await rig.control(
        "app_configuration",
        "PUT",
        "/consequences",
        [{"flag": "new-cart", "resolves_problem": opened["problemId"]}],
    )
    etag = await flag(rig)

    await client.switch("new-cart", "", on=False, etag=etag, key="k")

    problem = await rig.call("dynatrace", "GET", f"/api/v2/problems/{opened['problemId']}")
    assert problem.json()["status"] == "CLOSED"
