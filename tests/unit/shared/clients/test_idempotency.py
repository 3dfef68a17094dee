"""Look, else write, never write alone: whatever the write's outcome, there is one thing in the end."""

from collections.abc import Iterator

import pytest

from shared.clients.idempotency import (
    ATTEMPTS,
    LONGEST_WAIT_S,
    certainly_not_done,
    find_or_create,
    marker,
    retrying,
    transient,
)
from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable


def unavailable(retry_after_s: float | None = None) -> VendorUnavailable:
    return VendorUnavailable("v", "o", "not now", retry_after_s)


def unknown(retry_after_s: float | None = None) -> OutcomeUnknown:
    return OutcomeUnknown("v", "o", "who knows", retry_after_s)


class Shelf:
    """Things by a vendor; each write ends as `outcomes` says: done, or an error before or after it was done."""

    def __init__(self, *outcomes: tuple[bool, VendorError | None]) -> None:
        self.things: list[str] = []
        self.looks = self.writes = 0
        self.failing_looks: list[VendorError | None] = []
        self._outcomes: Iterator[tuple[bool, VendorError | None]] = iter(outcomes)

    async def look(self) -> str | None:
        self.looks += 1
        if self.failing_looks and (error := self.failing_looks.pop(0)):
            raise error
        return self.things[0] if self.things else None

    async def write(self) -> str:
        self.writes += 1
        done, error = next(self._outcomes, (True, None))
        if done:
            self.things.append(f"thing {self.writes}")
        if error:
            raise error
        return self.things[-1]


async def test_what_is_not_there_is_created() -> None:
    shelf = Shelf()
    assert await find_or_create(shelf.look, shelf.write) == ("thing 1", "created")


async def test_what_is_there_is_adopted() -> None:
    shelf = Shelf()
    shelf.things = ["thing 0"]
    assert await find_or_create(shelf.look, shelf.write) == ("thing 0", "adopted")
    assert shelf.writes == 0


async def test_a_lost_reply_is_found_and_not_written_again() -> None:
    shelf = Shelf((True, unknown()))
    assert await find_or_create(shelf.look, shelf.write) == ("thing 1", "adopted")
    assert shelf.things == ["thing 1"]


async def test_a_write_that_was_not_done_is_looked_for_and_written_again() -> None:
    shelf = Shelf((False, unknown()), (False, unavailable()), (True, None))
    assert await find_or_create(shelf.look, shelf.write) == ("thing 3", "created")
    assert shelf.looks >= 3


async def test_what_may_still_be_at_work_is_not_written_again_but_left_to_the_caller() -> None:
    shelf = Shelf((False, unknown(30)))
    with pytest.raises(OutcomeUnknown):
        await find_or_create(shelf.look, shelf.write)
    assert (shelf.looks, shelf.writes) == (2, 1)


async def test_a_look_that_fails_after_an_unknown_write_does_not_hide_it() -> None:
    shelf = Shelf((True, unknown(30)))
    shelf.failing_looks = [None, unavailable()]
    with pytest.raises(OutcomeUnknown):
        await find_or_create(shelf.look, shelf.write)
    assert shelf.writes == 1


async def test_refused_because_it_exists_is_adopted() -> None:
    shelf = Shelf((True, VendorRefused("v", "o", "exists", 409)))
    assert await find_or_create(shelf.look, shelf.write) == ("thing 1", "adopted")


async def test_refused_is_refused_and_not_tried_again() -> None:
    shelf = Shelf((False, VendorRefused("v", "o", "no", 403)))
    with pytest.raises(VendorRefused):
        await find_or_create(shelf.look, shelf.write)
    assert shelf.writes == 1


async def test_it_gives_up_after_a_few_attempts_with_the_last_error() -> None:
    shelf = Shelf(*[(False, unavailable())] * 99)
    with pytest.raises(VendorUnavailable):
        await find_or_create(shelf.look, shelf.write)
    assert shelf.writes == ATTEMPTS


async def test_an_error_of_ours_is_not_tried_again() -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(1)
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        await retrying(work)
    assert len(calls) == 1


def test_the_vendors_own_pause_is_kept_when_it_is_short_and_left_to_the_orchestrator_when_not() -> None:
    assert transient(unavailable(2.5)) == 2.5
    assert transient(unavailable(0)) == 0
    assert transient(unavailable(0)) is not False
    assert transient(unavailable(LONGEST_WAIT_S + 1)) is False
    assert transient(unavailable()) is True
    assert transient(unknown()) is True
    assert transient(VendorRefused("v", "o", "no", 400)) is False
    assert transient(ValueError()) is False


def test_where_nothing_can_be_looked_up_the_unknown_is_not_tried_again() -> None:
    assert certainly_not_done(unknown()) is False
    assert certainly_not_done(unavailable()) is True
    assert certainly_not_done(unavailable(1)) == 1


def test_a_marker_has_no_brackets_or_control_characters_in_it_and_differs_when_the_key_does() -> None:
    assert marker("incident--12_3V2-1700/open_note") == "[valueflow:incident--12_3V2-1700/open_note]"
    assert marker("a]^\nb") == "[valueflow:a%5D%5E%0Ab]"
    assert marker("a%5D") != marker("a]")
    assert marker("a/1") not in marker("a/12")
