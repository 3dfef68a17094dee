"""Claims: a name is one operation's, whoever comes at the same moment and whatever answer is lost."""

import asyncio
from typing import Any

import pytest

from shared.claims import Claim, Claims
from shared.errors import OutcomeUnknown, VendorUnavailable
from tests.fakes.services import FakeBlob


class Blob(FakeBlob):
    """lost: the next writes' answers never come, whether those are "done" or "undone". Others run between two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: list[str] = []

    async def put_once(self, name: str, data: bytes | str, content_type: str = "") -> bool:
        return bool(await self._write("put_once", name, data, content_type))

    async def replace(self, name: str, data: bytes | str, content_type: str, etag: str) -> bool:
        return bool(await self._write("replace", name, data, content_type, etag))

    async def get(self, name: str) -> bytes | None:
        await asyncio.sleep(0)
        return await super().get(name)

    async def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        await asyncio.sleep(0)
        return await super().get_with_etag(name)

    async def _write(self, operation: str, *arguments: Any) -> Any:
        await asyncio.sleep(0)
        lost = self.lost.pop(0) if self.lost else ""
        done = lost != "undone" and await getattr(super(), operation)(*arguments)
        if lost:
            raise OutcomeUnknown("blob", operation, "no answer")
        return done


@pytest.fixture
def blob() -> Blob:
    return Blob()


@pytest.fixture
def claims(blob: Blob) -> Claims:
    return Claims(blob)  # type: ignore[arg-type]


def claim(who: str) -> Claim:
    return {"operation_id": f"provision-orders-{who}", "request_hash": who * 4, "at": "2026-11-21T12:00:00Z"}


async def test_a_free_name_is_taken_and_known(claims: Claims) -> None:
    assert await claims.get("orders") is None
    assert await claims.take("orders", claim("a")) == claim("a")
    assert await claims.get("orders") == claim("a")
    assert await claims.get("billing") is None


async def test_taking_twice_is_taking_once(claims: Claims, blob: Blob) -> None:
    for _ in range(2):
        assert await claims.take("orders", claim("a")) == claim("a")

    assert len(blob.blobs) == 1


async def test_a_taken_name_tells_whose_it_is(claims: Claims) -> None:
    await claims.take("orders", claim("a"))

    assert await claims.take("orders", claim("b")) == claim("a")


async def test_of_many_at_once_one_wins_and_all_learn_who(claims: Claims) -> None:
    told = await asyncio.gather(*(claims.take("orders", claim(who)) for who in "abcdefgh"))

    assert {each["operation_id"] for each in told} == {
        (await claims.get("orders") or claim("?"))["operation_id"]
    }


async def test_a_write_without_an_answer_that_was_done_is_found_to_be_ours(
    claims: Claims, blob: Blob
) -> None:
    blob.lost = ["done"]

    assert await claims.take("orders", claim("a")) == claim("a")


async def test_a_write_without_an_answer_may_still_be_at_work_so_nothing_is_claimed_to_be_known(
    claims: Claims, blob: Blob
) -> None:
    blob.lost = ["undone"]

    with pytest.raises(OutcomeUnknown):
        await claims.take("orders", claim("a"))
    assert await claims.take("orders", claim("a")) == claim("a")


async def test_a_write_without_an_answer_learns_who_was_first(claims: Claims, blob: Blob) -> None:
    await claims.take("orders", claim("a"))
    blob.lost = ["undone"]

    assert await claims.take("orders", claim("b")) == claim("a")


async def test_a_name_that_is_given_back_at_the_same_moment_is_taken(claims: Claims, blob: Blob) -> None:
    await claims.take("orders", claim("a"))
    usual = blob.get

    async def gone(name: str) -> bytes | None:
        blob.blobs.clear()
        blob.get = usual  # type: ignore[method-assign]
        return await usual(name)

    blob.get = gone  # type: ignore[method-assign]

    assert await claims.take("orders", claim("b")) == claim("b")


async def test_a_name_that_others_keep_taking_and_giving_back_is_for_later(
    claims: Claims, blob: Blob
) -> None:
    async def taken(*_: Any) -> bool:
        return False

    blob.put_once = taken  # type: ignore[assignment, method-assign]

    with pytest.raises(VendorUnavailable):
        await claims.take("orders", claim("a"))


async def test_an_abandoned_name_is_taken_over(claims: Claims) -> None:
    await claims.take("orders", claim("dead"))

    assert await claims.take_over("orders", claim("dead"), claim("a")) == claim("a")
    assert await claims.get("orders") == claim("a")


async def test_of_many_who_take_over_one_wins(claims: Claims) -> None:
    await claims.take("orders", claim("dead"))

    told = await asyncio.gather(
        *(claims.take_over("orders", claim("dead"), claim(who)) for who in "abcdefgh")
    )

    assert {each["operation_id"] for each in told} == {
        (await claims.get("orders") or claim("?"))["operation_id"]
    }
    assert claim("dead") not in told


async def test_who_comes_late_does_not_take_over_the_one_who_did(claims: Claims) -> None:
    await claims.take("orders", claim("a"))

    assert await claims.take_over("orders", claim("dead"), claim("b")) == claim("a")


async def test_an_abandoned_name_that_was_given_back_meanwhile_is_taken(claims: Claims) -> None:
    assert await claims.take_over("orders", claim("dead"), claim("a")) == claim("a")


@pytest.mark.parametrize(("lost", "holds"), [("done", "a"), ("undone", "dead")])
async def test_a_take_over_without_an_answer_is_said_so_and_can_be_asked_again(
    claims: Claims, blob: Blob, lost: str, holds: str
) -> None:
    await claims.take("orders", claim("dead"))
    blob.lost = [lost]

    with pytest.raises(OutcomeUnknown):
        await claims.take_over("orders", claim("dead"), claim("a"))
    assert await claims.get("orders") == claim(holds)
    assert await claims.take_over("orders", claim("dead"), claim("a")) == claim("a")


async def test_who_has_a_name_gives_it_back(claims: Claims) -> None:
    await claims.take("orders", claim("a"))

    assert await claims.release("orders", claim("a")["operation_id"]) is True
    assert await claims.release("orders", claim("a")["operation_id"]) is False
    assert await claims.take("orders", claim("b")) == claim("b")


async def test_nobody_gives_back_another_s_name(claims: Claims) -> None:
    await claims.take("orders", claim("a"))

    assert await claims.release("orders", claim("b")["operation_id"]) is False
    assert await claims.release("orders", "") is False
    assert await claims.get("orders") == claim("a")


async def test_a_storage_that_is_away_is_said_so(claims: Claims, blob: Blob) -> None:
    blob.away = True

    for asked in (claims.get("orders"), claims.take("orders", claim("a")), claims.release("orders", "x")):
        with pytest.raises(VendorUnavailable):
            await asked
