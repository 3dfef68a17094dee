"""The activities on our own records of services: a name and a document are their operation's, and nobody else's."""

from typing import Any

import pytest

from orchestrations.activities.registering import (
    claim_name,
    link_entity,
    mark_environment,
    register_service,
    release_name,
    retire_service,
    unregister_service,
)
from shared.claims import Claim
from shared.errors import OutcomeUnknown
from tests.fakes.vendors import Vendors, act, value

NAME = {"service": "orders"}
DOCUMENT: dict[str, Any] = {
    "name": "orders",
    "operation_id": "op-1",
    "dynatrace": {"entity_id": "", "metric_selector": "m"},
    "environments": {"development": {"state": "running", "ends_at": None}, "preview": {"state": "stopped"}},
}
RETIRING = {"service": "orders", "at": "2026-11-21T12:00:00.000000Z", "claimed_by": "op-1"}


def claim(operation_id: str) -> Claim:
    return {"operation_id": operation_id, "request_hash": "0", "at": "2026-11-21T12:00:00Z"}


async def test_an_operation_has_the_name_its_starter_claimed(vendors: Vendors) -> None:
    await vendors.services.claims.take("orders", claim("op-1"))

    for _ in range(2):
        assert await value(claim_name, NAME) == {"result": "created"}


@pytest.mark.parametrize("holder", ["", "op-2"])
async def test_an_operation_without_the_name_stops(vendors: Vendors, holder: str) -> None:
    if holder:
        await vendors.services.claims.take("orders", claim(holder))

    assert (await act(claim_name, NAME))["status"] == "refused"


async def test_a_name_is_given_back_once_and_only_by_its_operation(vendors: Vendors) -> None:
    await vendors.services.claims.take("orders", claim("op-1"))

    assert await value(release_name, NAME, key="op-2/claim_name") == {"result": "absent"}
    assert await value(release_name, NAME) == {"result": "deleted"}
    assert await value(release_name, NAME) == {"result": "absent"}
    assert await vendors.services.claims.get("orders") is None


async def test_a_service_is_registered_once(vendors: Vendors) -> None:
    await value(register_service, {"service": DOCUMENT})
    await vendors.services.registry.put({**DOCUMENT, "tier": 2})

    await value(register_service, {"service": DOCUMENT})

    assert (await vendors.services.registry.get("orders"))["tier"] == 2


async def test_a_registration_whose_answer_is_lost_is_ours(vendors: Vendors) -> None:
    blob = vendors.services.blob
    usual = blob.put_once

    async def lost(name: str, data: bytes | str, content_type: str = "") -> bool:
        await usual(name, data, content_type)
        blob.put_once = usual
        raise OutcomeUnknown("blob", "put_once", "no answer", 30)

    blob.put_once = lost

    assert (await act(register_service, {"service": DOCUMENT}))["status"] == "unknown"
    assert await value(register_service, {"service": DOCUMENT}) == {"result": "created"}


@pytest.mark.parametrize("theirs", [{"operation_id": "op-2"}, {}])
async def test_another_s_document_is_neither_replaced_nor_deleted(
    vendors: Vendors, theirs: dict[str, str]
) -> None:
    await vendors.services.registry.put({"name": "orders", **theirs})

    assert (await act(register_service, {"service": DOCUMENT}))["status"] == "refused"
    assert await value(unregister_service, NAME) == {"result": "left"}
    assert await vendors.services.registry.get("orders") == {"name": "orders", **theirs}


async def test_a_registration_is_undone_once(vendors: Vendors) -> None:
    assert await value(unregister_service, NAME) == {"result": "absent"}
    await value(register_service, {"service": DOCUMENT})

    assert await value(unregister_service, NAME) == {"result": "deleted"}
    assert await value(unregister_service, NAME) == {"result": "absent"}
    assert await vendors.services.registry.all() == []


async def test_the_entity_is_linked_and_the_rest_kept(vendors: Vendors) -> None:
    payload = {**NAME, "entity_id": "SERVICE-1"}
    assert await value(link_entity, payload) == {"result": "absent"}
    await vendors.services.registry.put(DOCUMENT)

    for _ in range(2):
        assert await value(link_entity, payload) == {"result": "updated"}

    linked = {**DOCUMENT["dynatrace"], "entity_id": "SERVICE-1"}
    assert await vendors.services.registry.get("orders") == {**DOCUMENT, "dynatrace": linked}


async def test_the_state_of_an_environment_is_marked_and_the_rest_kept(vendors: Vendors) -> None:
    marking = {**NAME, "environment": "development", "state": "destroyed"}
    assert await value(mark_environment, marking) == {"result": "absent"}
    await vendors.services.registry.put(DOCUMENT)

    for _ in range(2):
        await value(mark_environment, marking)
    await value(mark_environment, {**marking, "environment": "production"})

    document = await vendors.services.registry.get("orders")
    assert document["environments"] == {
        "development": {"state": "destroyed", "ends_at": None},
        "preview": {"state": "stopped"},
    }


async def test_a_retired_service_is_kept_and_its_name_is_free(vendors: Vendors) -> None:
    await vendors.services.registry.put(DOCUMENT)
    await vendors.services.claims.take("orders", claim("op-1"))

    for _ in range(2):
        await value(retire_service, RETIRING)

    assert list(vendors.services.blob.blobs) == ["registry/retired/orders/20261121T120000.json"]


async def test_interrupted_after_the_document_moved_the_name_is_given_back_by_the_next_call(
    vendors: Vendors,
) -> None:
    await vendors.services.claims.take("orders", claim("op-1"))
    await vendors.services.registry.put(DOCUMENT)
    await vendors.services.registry.retire("orders", str(RETIRING["at"]))

    await value(retire_service, RETIRING)

    assert await vendors.services.claims.get("orders") is None


async def test_asked_again_late_it_leaves_the_name_s_next_service_alone(vendors: Vendors) -> None:
    await vendors.services.registry.put({**DOCUMENT, "operation_id": "op-2"})
    await vendors.services.claims.take("orders", claim("op-2"))

    await value(retire_service, RETIRING)

    assert (await vendors.services.registry.get("orders"))["operation_id"] == "op-2"
    assert await vendors.services.claims.get("orders") == claim("op-2")


async def test_a_service_that_was_registered_by_hand_is_retired_too(vendors: Vendors) -> None:
    await vendors.services.registry.put({"name": "orders"})

    await value(retire_service, {**RETIRING, "claimed_by": ""})

    assert await vendors.services.registry.get("orders") is None


@pytest.mark.parametrize(
    ("activity", "payload"),
    [
        (claim_name, NAME),
        (release_name, NAME),
        (register_service, {"service": DOCUMENT}),
        (retire_service, RETIRING),
    ],
)
async def test_a_storage_that_is_away_is_tried_later(
    vendors: Vendors, activity: Any, payload: dict[str, Any]
) -> None:
    vendors.services.blob.away = True

    assert (await act(activity, payload))["status"] == "unavailable"
