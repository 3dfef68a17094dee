"""Claims and the registry on a real storage: of twenty who come at once, one has the name and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.claims import Claim, Claims
from shared.clients.blob import BlobStore
from shared.errors import VendorUnavailable
from shared.registry import Service, ServiceRegistry
from tests.integration.clients.stage import stores_over

TAKERS = 20
DEAD: Claim = {"operation_id": "dead", "request_hash": "0", "at": "2026-11-21T12:00:00Z"}


@pytest.fixture
async def stores(storage: str) -> AsyncIterator[list[BlobStore]]:
    async for built in stores_over(storage, TAKERS):
        yield built


def claim(who: int) -> Claim:
    return {**DEAD, "operation_id": f"provision-orders-{who}"}


async def test_of_twenty_takers_one_has_the_name_and_all_know_who(stores: list[BlobStore]) -> None:
    told = await asyncio.gather(
        *(Claims(store).take("orders", claim(who)) for who, store in enumerate(stores))
    )

    held = await Claims(stores[0]).get("orders")
    assert held is not None
    assert told == [held] * TAKERS


async def test_of_twenty_who_take_over_one_has_the_name(stores: list[BlobStore]) -> None:
    await Claims(stores[0]).take("orders", DEAD)

    told = await asyncio.gather(
        *(Claims(store).take_over("orders", DEAD, claim(who)) for who, store in enumerate(stores))
    )

    held = await Claims(stores[0]).get("orders")
    assert held is not None
    assert held["operation_id"] != "dead"
    assert told == [held] * TAKERS


async def test_a_name_that_is_given_back_is_taken_by_one_of_twenty(stores: list[BlobStore]) -> None:
    await Claims(stores[0]).take("orders", DEAD)

    released, *told = await asyncio.gather(
        Claims(stores[0]).release("orders", "dead"),
        *(Claims(store).take("orders", claim(who)) for who, store in enumerate(stores[1:])),
    )
    assert released is True
    held = await Claims(stores[0]).take("orders", claim(99))
    assert all(each in (DEAD, held) for each in told)
    assert await Claims(stores[0]).release("orders", "dead") is False


async def test_of_twenty_who_register_one_document_is_written(stores: list[BlobStore]) -> None:
    added = await asyncio.gather(
        *(
            ServiceRegistry(store).add({"name": "orders", "operation_id": str(who)})
            for who, store in enumerate(stores)
        )
    )

    assert sum(added) == 1
    assert await ServiceRegistry(stores[0]).get("orders") == {
        "name": "orders",
        "operation_id": str(added.index(True)),
    }


async def test_of_twenty_changes_at_once_none_is_lost(stores: list[BlobStore]) -> None:
    await ServiceRegistry(stores[0]).put({"name": "orders", "seen": []})

    def seen_by(who: int) -> Any:
        def change(service: Service) -> Service | None:
            return None if who in service["seen"] else {**service, "seen": [*service["seen"], who]}

        return change

    async def change(who: int, store: BlobStore) -> None:
        for _ in range(TAKERS):
            try:
                await ServiceRegistry(store).update("orders", seen_by(who))
            except VendorUnavailable:  # others kept changing it
                await asyncio.sleep(0.01 * who)
            else:
                return
        raise AssertionError("it never got its turn")

    await asyncio.gather(*(change(who, store) for who, store in enumerate(stores)))

    document = await ServiceRegistry(stores[0]).get("orders")
    assert document is not None
    assert sorted(document["seen"]) == list(range(TAKERS))


async def test_a_service_is_retired_once_and_its_last_document_kept(stores: list[BlobStore]) -> None:
    registry = ServiceRegistry(stores[0])
    await registry.put({"name": "orders"})

    for _ in range(2):
        await registry.retire("orders", "2026-11-21T12:00:00.000000Z")

    assert await registry.get("orders") is None
    assert [name async for name in stores[0].names("registry/")] == [
        "registry/retired/orders/20261121T120000.json"
    ]
