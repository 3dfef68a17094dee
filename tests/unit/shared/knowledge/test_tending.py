"""Compaction and the timer: nothing lost, nothing twice, whoever is killed or comes at the same time."""

import asyncio
from functools import cache

import pytest

from shared.knowledge import Knowledge, Memory, compaction
from tests.fakes.services import FakeBlob
from tests.unit.shared.knowledge.stage import Killed, StoppingBlob, WordEncoder, a_memory, knowledge_over

MANY = compaction.LOOSE + 8


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SEGMENT_ROWS", 16)


@cache
def numbered(number: int) -> Memory:
    return a_memory(f"i{number:03}", service=f"s{number}")


async def remember(knowledge: Knowledge, count: int = MANY, first: int = 0) -> None:
    for number in range(first, first + count):
        await knowledge.remember(numbered(number))


async def ids(knowledge: Knowledge) -> list[str]:
    return sorted(match["id"] for match in await knowledge.similar("disk", limit=200))


def expected(count: int = MANY) -> list[str]:
    return [f"i{number:03}" for number in range(count)]


def blobs_of(blob: FakeBlob, part: str) -> list[str]:
    return [name for name in blob.blobs if part in name]


async def test_many_documents_become_few_segments_that_hold_the_same() -> None:
    blob = FakeBlob()
    knowledge = knowledge_over(blob)
    await remember(knowledge)

    told = await knowledge.tend()

    assert told == {"encoded": 0, "compacted": MANY, "dropped": []}
    assert len(blobs_of(blob, "/segments/")) == 3
    assert blobs_of(blob, "/incidents/") == []
    for each in (knowledge, knowledge_over(blob)):
        assert await ids(each) == expected()


async def test_full_segments_are_left_alone_and_the_rest_grows() -> None:
    blob = FakeBlob()
    knowledge = knowledge_over(blob)
    await remember(knowledge)
    await knowledge.tend()
    before = set(blobs_of(blob, "/segments/"))

    assert (await knowledge.tend())["compacted"] == 0
    await remember(knowledge, MANY, first=MANY)
    await knowledge.tend()

    assert len(before & set(blobs_of(blob, "/segments/"))) == 2
    assert await ids(knowledge_over(blob)) == expected(2 * MANY)


async def test_a_few_documents_are_not_worth_it() -> None:
    knowledge = knowledge_over(FakeBlob())
    await remember(knowledge, compaction.LOOSE - 1)

    assert (await knowledge.tend())["compacted"] == 0


async def test_killed_anywhere_nothing_is_lost_and_the_next_run_ends_it() -> None:
    stop_at = 0
    while True:
        stop_at += 1
        blob = StoppingBlob()
        await remember(knowledge_over(blob))
        await knowledge_over(blob).forget("i003")
        blob.stop_at = stop_at
        try:
            await knowledge_over(blob).tend()
        except Killed:
            ended = False
        else:
            ended = True
        blob.stop_at = 0
        left = [id_ for id_ in expected() if id_ != "i003"]
        assert await ids(knowledge_over(blob)) == left, f"killed at write {stop_at}"
        await knowledge_over(blob).tend()
        assert await ids(knowledge_over(blob)) == left
        assert len(blobs_of(blob, "/incidents/")) < compaction.LOOSE, "too few are left for the next run"
        if ended:
            break
    assert stop_at > 40


async def test_forgetting_while_blobs_are_put_together_forgets() -> None:
    """Whatever the order: forget at each write of the compaction."""
    for moment in range(1, 50):
        blob = FakeBlob()
        await remember(knowledge_over(blob))
        usual, writes = blob.put_once, 0

        async def with_forgetting(name: str, data: bytes | str, content_type: str = "") -> bool:
            nonlocal writes
            writes += 1
            if writes == moment:  # noqa: B023
                blob.put_once = usual  # type: ignore[method-assign]  # noqa: B023
                await knowledge_over(blob).forget("i005")  # noqa: B023
            return await usual(name, data, content_type)  # noqa: B023

        blob.put_once = with_forgetting  # type: ignore[method-assign]
        await knowledge_over(blob).tend()
        if writes < moment:
            break
        assert b"INC-i005" not in b"".join(blob.blobs.values())
        assert "i005" not in await ids(knowledge_over(blob))
        assert len(await ids(knowledge_over(blob))) == MANY - 1
    assert moment > 2


async def test_two_runs_at_once_with_new_memories_between_lose_nothing() -> None:
    blob = FakeBlob()
    knowledge = knowledge_over(blob)
    await remember(knowledge)

    await asyncio.gather(
        knowledge_over(blob).tend(), knowledge_over(blob).tend(), remember(knowledge, 20, first=MANY)
    )

    assert await ids(knowledge_over(blob)) == expected(MANY + 20)


async def test_a_later_revision_survives_compaction() -> None:
    blob = FakeBlob()
    knowledge = knowledge_over(blob)
    await remember(knowledge)
    await knowledge.tend()
    await knowledge.remember(a_memory("i001", service="s1", helped="news", revised_at="2027-01-01T00:00:00Z"))
    await remember(knowledge, MANY, first=MANY)
    await knowledge.tend()

    known = await knowledge_over(blob).get_many(["i001"])
    assert known["i001"]["helped"] == "news"
    assert await knowledge.count() == 2 * MANY


async def test_a_new_model_learns_all_and_then_the_old_one_s_vectors_go() -> None:
    blob, new = FakeBlob(), WordEncoder("new")
    await remember(knowledge_over(blob, WordEncoder("old")))
    knowledge = knowledge_over(blob, new)

    new.away = True
    assert (await knowledge.tend())["dropped"] == []
    new.away = False
    told = await knowledge.tend()

    assert (told["encoded"], told["dropped"]) == (MANY, ["old"])
    assert blobs_of(blob, "/old/") == []
    assert await ids(knowledge_over(blob, new)) == expected()


async def test_what_one_encoder_missed_while_it_was_away_it_learns_later() -> None:
    blob, first, second = FakeBlob(), WordEncoder("first"), WordEncoder("second")
    knowledge = knowledge_over(blob, first, second)
    first.away = True
    await remember(knowledge, 3)
    first.away = False

    assert (await knowledge.tend())["encoded"] == 3
    assert await ids(knowledge) == expected(3)


async def test_a_search_while_blobs_are_put_together_finds_all() -> None:
    """What was listed goes before it is read."""
    blob = FakeBlob()
    await remember(knowledge_over(blob))
    usual = blob.get

    async def overtaken(name: str) -> bytes | None:
        if "/incidents/" in name:
            blob.get = usual  # type: ignore[method-assign]
            await knowledge_over(blob).tend()
        return await usual(name)

    blob.get = overtaken  # type: ignore[method-assign]

    assert await ids(knowledge_over(blob)) == expected()
