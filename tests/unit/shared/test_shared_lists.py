"""Lists in Blob that many change at once: nobody's change is lost, and none is made twice."""

import asyncio
import json
from typing import Any

import pytest

from shared.errors import OutcomeUnknown, VendorUnavailable
from shared.shared_lists import Change, Rows, SharedLists
from tests.fakes.services import FakeBlob


@pytest.fixture
def lists() -> SharedLists:
    return over(FakeBlob())


def with_row(number: int) -> Change:
    """Appends the number, where it is not there yet."""
    return lambda rows: rows if number in rows else [*rows, number]


def over(blob: FakeBlob, tries: int = 20) -> SharedLists:
    store: Any = blob
    return SharedLists(store, "notes", tries)


async def test_what_many_change_at_once_has_all_their_changes(lists: SharedLists) -> None:
    await asyncio.gather(*(lists.update("a.json", with_row(number)) for number in range(10)))

    assert sorted(await lists.read("a.json")) == list(range(10))


async def test_a_list_that_nobody_wrote_is_empty(lists: SharedLists) -> None:
    assert await lists.read("a.json") == []


async def test_what_changes_nothing_is_not_written(lists: SharedLists) -> None:
    blob = FakeBlob()

    assert await over(blob).update("a.json", lambda rows: rows) == []
    assert blob.blobs == {}


class LosesAnswers(FakeBlob):
    """Its first write is done, and nobody hears of it."""

    lost = False

    async def put_once(self, name: str, data: bytes | str, content_type: str = "") -> bool:
        done = await super().put_once(name, data, content_type)
        if not self.lost:
            self.lost = True
            raise OutcomeUnknown("blob", "put", "no answer")
        return done


async def test_a_write_without_an_answer_is_looked_at_and_not_made_twice() -> None:
    lists = over(LosesAnswers())

    await lists.update("a.json", with_row(1))

    assert await lists.read("a.json") == [1]


async def test_whoever_is_never_quick_enough_is_told_to_come_again() -> None:
    blob, tried = FakeBlob(), []

    def meanwhile(rows: Rows) -> Rows:
        tried.append(rows)
        blob.blobs["a.json"] = json.dumps([*rows, len(rows)]).encode()
        return [*rows, -1]

    with pytest.raises(VendorUnavailable, match=r"others keep changing a\.json"):
        await over(blob, tries=3).update("a.json", meanwhile)
    assert len(tried) == 3
