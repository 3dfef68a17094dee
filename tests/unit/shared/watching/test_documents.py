"""The documents of watching: written beside other writers without losing one, found as they were put."""

import pytest

from shared.errors import OutcomeUnknown, VendorUnavailable
from shared.watching import Documents
from tests.fakes.services import FakeBlob


@pytest.fixture
def blob() -> FakeBlob:
    return FakeBlob()


async def test_what_was_put_is_found(blob: FakeBlob) -> None:
    documents = Documents(blob)  # type: ignore[arg-type]

    assert await documents.get_with_etag("orders") == (None, "")
    assert await documents.put("orders", {"n": 1}, "")
    assert not await documents.put("orders", {"n": 2}, "")
    assert await documents.get("orders") == {"n": 1}


async def test_a_change_is_made_on_what_another_left_behind(blob: FakeBlob) -> None:
    documents = Documents(blob)  # type: ignore[arg-type]
    await documents.put("orders", {"n": 1}, "")
    seen = []

    def change(document: dict[str, int]) -> dict[str, int]:
        seen.append(document["n"])
        if len(seen) == 1:
            blob.blobs["watch/services/orders.json"] = b'{"n": 7}'
        return {"n": document["n"] + 1}

    assert await documents.update("orders", change) == {"n": 8}
    assert seen == [1, 7]


async def test_a_write_whose_answer_was_lost_is_looked_for(blob: FakeBlob) -> None:
    documents = Documents(blob)  # type: ignore[arg-type]
    await documents.put("orders", {"done": False}, "")
    put, lost = documents.put, iter([True])

    async def losing(service: str, document: dict[str, bool], etag: str) -> bool:
        stored = await put(service, document, etag)
        if next(lost, False):
            raise OutcomeUnknown("blob", "replace", "no answer", 1)
        return stored

    documents.put = losing  # type: ignore[method-assign]

    assert await documents.update("orders", lambda _: {"done": True}) == {"done": True}


async def test_a_document_that_others_keep_changing_is_left_for_later(blob: FakeBlob) -> None:
    documents = Documents(blob)  # type: ignore[arg-type]
    await documents.put("orders", {"n": 1}, "")

    def change(document: dict[str, int]) -> dict[str, int]:
        blob.blobs["watch/services/orders.json"] = f'{{"n": {document["n"] + 1}}}'.encode()
        return {"n": -1}

    with pytest.raises(VendorUnavailable, match="keep changing"):
        await documents.update("orders", change)
