"""ServiceRegistry: of two who write, none is lost; of a write without an answer, one remains."""

import asyncio
from typing import Any

import pytest

from shared.errors import Conflict, OutcomeUnknown, VendorUnavailable
from shared.registry import Service, ServiceRegistry
from tests.fakes.services import FakeBlob


class Blob(FakeBlob):
    """meanwhile: what others do between our reading and our writing, one a write. lost: writes without an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[dict[str, Any]] = []
        self.lost: list[str] = []
        self.writes = 0

    async def replace(self, name: str, data: bytes | str, content_type: str, etag: str) -> bool:
        self.writes += 1
        if self.meanwhile:
            await ServiceRegistry(self).put(self.meanwhile.pop())  # type: ignore[arg-type]
        await asyncio.sleep(0)
        lost = self.lost.pop() if self.lost else ""
        replaced = lost != "undone" and await super().replace(name, data, content_type, etag)
        if lost:
            raise OutcomeUnknown("blob", "replace", "no answer")
        return replaced


@pytest.fixture
def blob() -> Blob:
    return Blob()


@pytest.fixture
async def registry(blob: Blob) -> ServiceRegistry:
    registry = ServiceRegistry(blob)  # type: ignore[arg-type]
    await registry.put({"name": "orders", "seen": []})
    return registry


def seen_by(who: str) -> Any:
    def change(service: Service) -> Service | None:
        return None if who in service["seen"] else {**service, "seen": [*service["seen"], who]}

    return change


async def test_a_changed_document_is_kept_and_answered(registry: ServiceRegistry) -> None:
    assert await registry.update("orders", seen_by("ana")) == {"name": "orders", "seen": ["ana"]}
    assert await registry.get("orders") == {"name": "orders", "seen": ["ana"]}


async def test_nothing_to_change_is_nothing_written(registry: ServiceRegistry, blob: Blob) -> None:
    assert await registry.update("orders", lambda service: None) == {"name": "orders", "seen": []}
    assert await registry.update("orders", lambda service: dict(service)) == {"name": "orders", "seen": []}
    assert blob.writes == 0


async def test_what_is_not_registered_is_not_made(registry: ServiceRegistry, blob: Blob) -> None:
    assert await registry.update("nobody", seen_by("ana")) is None
    assert await registry.get("nobody") is None


async def test_another_writer_is_not_lost(registry: ServiceRegistry, blob: Blob) -> None:
    blob.meanwhile = [{"name": "orders", "seen": ["bruno"]}]

    await registry.update("orders", seen_by("ana"))

    assert await registry.get("orders") == {"name": "orders", "seen": ["bruno", "ana"]}


async def test_of_many_at_once_none_is_lost(registry: ServiceRegistry) -> None:
    await asyncio.gather(*(registry.update("orders", seen_by(str(number))) for number in range(6)))

    document = await registry.get("orders")
    assert document is not None
    assert sorted(document["seen"]) == [str(number) for number in range(6)]


@pytest.mark.parametrize("lost", ["done", "undone"])
async def test_after_a_write_without_an_answer_it_looks(
    registry: ServiceRegistry, blob: Blob, lost: str
) -> None:
    blob.lost = [lost]

    assert await registry.update("orders", seen_by("ana")) == {"name": "orders", "seen": ["ana"]}
    assert blob.writes == (1 if lost == "done" else 2)


async def test_a_storage_that_never_answers_is_said_so(registry: ServiceRegistry, blob: Blob) -> None:
    blob.lost = ["undone"] * 5

    with pytest.raises(OutcomeUnknown):
        await registry.update("orders", seen_by("ana"))
    assert blob.writes == 2


async def test_when_others_keep_writing_it_gives_up(registry: ServiceRegistry, blob: Blob) -> None:
    blob.meanwhile = [{"name": "orders", "seen": [str(number)]} for number in range(50)]

    with pytest.raises(VendorUnavailable, match="others keep changing"):
        await registry.update("orders", seen_by("ana"))


async def test_a_change_may_refuse(registry: ServiceRegistry) -> None:
    def refuse(service: Service) -> Service | None:
        raise Conflict("No.")

    with pytest.raises(Conflict):
        await registry.update("orders", refuse)


async def test_a_document_is_added_where_there_is_none(registry: ServiceRegistry) -> None:
    assert await registry.add({"name": "billing", "seen": []}) is True
    assert await registry.add({"name": "orders", "seen": ["late"]}) is False
    assert await registry.get("orders") == {"name": "orders", "seen": []}


async def test_deleting_twice_is_deleting_once(registry: ServiceRegistry) -> None:
    for _ in range(2):
        await registry.delete("orders")

    assert await registry.get("orders") is None
    assert await registry.all() == []


async def test_a_retired_document_is_kept_and_no_longer_a_service(
    registry: ServiceRegistry, blob: Blob
) -> None:
    for _ in range(2):
        await registry.retire("orders", "2026-11-21T12:00:00.000000Z")

    assert await registry.all() == []
    (name,) = blob.blobs
    assert name == "registry/retired/orders/20261121T120000.json"


async def test_each_end_of_a_service_keeps_a_document_of_its_own(
    registry: ServiceRegistry, blob: Blob
) -> None:
    await registry.retire("orders", "2026-11-21T12:00:00.000000Z")
    await registry.put({"name": "orders", "seen": ["again"]})
    await registry.retire("orders", "2026-12-24T12:00:00.000000Z")

    assert len(blob.blobs) == 2
