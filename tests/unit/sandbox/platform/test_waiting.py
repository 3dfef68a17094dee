"""Waiting for something ends, one way or the other, and says what there was."""

import httpx
import pytest

from sandbox.platform.waiting import Overdue, until


async def test_waiting_ends_with_what_was_expected_and_what_there_was() -> None:
    async def look() -> int:
        return 3

    with pytest.raises(Overdue, match=r"expected within 0\.01 s: four; observed: 3"):
        await until("four", look, lambda found: found == 4, 0.01)


async def test_waiting_bears_a_system_that_does_not_answer_for_a_while() -> None:
    tries = iter([httpx.ConnectError("away"), httpx.ReadTimeout("slow"), None])

    async def look() -> str:
        if error := next(tries):
            raise error
        return "back"

    assert await until("it", look, lambda found: found, every_s=0.01) == "back"
