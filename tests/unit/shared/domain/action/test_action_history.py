"""The history of a service's actions: counted for a problem's fingerprint, one at a time, begun once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action.action_history import HOUR_MS, Entry, begin, count, end, under_way

CAP = {"times": 2, "hours": 24}
NOW = 1_763_726_400_000


def entry(key: str, **changes: Any) -> Entry:
    return {
        "key": key,
        "operation_id": key.partition("/")[0],
        "fingerprint": "f",
        "type": "restart",
        "action_hash": "h",
        "until_ms": NOW + HOUR_MS,
        **changes,
    }


def begun(key: str, entries: list[Entry], now_ms: int = NOW, **changes: Any) -> tuple[list[Entry], str]:
    return begin(entries, entry(key, **changes), CAP, now_ms)


def done(key: str, entries: list[Entry], now_ms: int = NOW, state: str = "done") -> list[Entry]:
    return end(begun(key, entries, now_ms)[0], key, state, "", now_ms)


def test_twice_it_is_done_and_the_third_time_not() -> None:
    entries = done("b", done("a", []))

    assert begun("c", entries)[1] == "repeated"
    assert begun("c", entries, fingerprint="another")[1] == "begun"
    assert begun("c", entries, type="roll_back")[1] == "begun"


def test_a_failed_try_counts_and_one_that_did_nothing_does_not() -> None:
    failed = done("b", done("a", [], state="failed"), state="failed")
    withdrawn = done("b", done("a", [], state="withdrawn"), state="withdrawn")

    assert begun("c", failed)[1] == "repeated"
    assert begun("c", withdrawn)[1] == "begun"


def test_after_the_caps_hours_it_may_be_done_again() -> None:
    entries = done("b", done("a", []))

    assert begun("c", entries, NOW + 24 * HOUR_MS - 1)[1] == "repeated"
    assert begun("c", entries, NOW + 24 * HOUR_MS)[1] == "begun"


def test_beginning_twice_is_beginning_once_even_when_the_cap_is_reached() -> None:
    entries, _ = begun("b", done("a", []))

    assert begun("b", entries) == (entries, "again")


def test_one_operation_acts_on_a_service_at_a_time_unless_it_was_lost() -> None:
    entries, _ = begun("op-1/begin", [])

    assert begun("op-2/begin", entries, type="roll_back")[1] == "busy"
    assert begun("op-2/begin", entries, NOW + HOUR_MS, type="roll_back")[1] == "begun"
    assert begun("op-1/begin_undo", entries, type="undo:restart")[1] == "begun"
    assert not under_way(end(entries, "op-1/begin", "failed", "x", NOW), "op-2", NOW)


def test_an_end_is_told_once() -> None:
    entries = done("a", [])

    assert end(entries, "a", "failed", "late", NOW + 1) == entries


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 80)), max_size=20))
def test_no_order_of_beginnings_gets_past_the_cap(tries: list[tuple[str, int]]) -> None:
    entries: list[Entry] = []
    for key, hour in sorted(tries, key=lambda one: one[1]):
        now_ms = NOW + hour * HOUR_MS
        entries, _ = begun(key, entries, now_ms, until_ms=now_ms)
        assert count(entries, "f", "restart", 24, now_ms) <= 2
