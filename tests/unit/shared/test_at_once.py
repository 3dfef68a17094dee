"""A few calls at once: never more, in order, and nobody is left behind when one fails."""

import asyncio

import pytest

from shared.at_once import for_each


async def test_answers_come_in_the_order_of_what_was_asked() -> None:
    async def slower_first(number: int) -> int:
        await asyncio.sleep((3 - number) / 1000)
        return number * 10

    assert await for_each(slower_first, range(4)) == [0, 10, 20, 30]
    assert await for_each(slower_first, []) == []


async def test_never_more_than_so_many_are_under_way() -> None:
    under_way, most = 0, 0

    async def call(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await for_each(call, range(20), at_once=3)

    assert most == 3


async def test_all_have_ended_when_the_first_error_is_raised() -> None:
    ended = []

    async def call(number: int) -> None:
        await asyncio.sleep(number / 1000)
        ended.append(number)
        if number in (1, 2):
            raise LookupError(number)

    with pytest.raises(LookupError, match="1"):
        await for_each(call, range(5))
    assert sorted(ended) == [0, 1, 2, 3, 4]
