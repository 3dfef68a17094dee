"""The state models of changes: one step at a time, with code and notes at the end."""

import pytest

from sandbox.vendors.framework import Refusal
from sandbox.vendors.servicenow.rules import apply
from sandbox.vendors.servicenow.tables import TABLES

NOW, USER = "2026-11-21 12:00:00", "user-1"
NEW = TABLES["change_request"].defaults
DONE = {"close_code": "successful", "close_notes": "All done"}


def changed(before: dict[str, str], **changes: str) -> dict[str, str]:
    return before | apply("change_request", before, changes, NOW, USER)


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        ("standard", ["-2", "-1", "0", "3"]),
        ("normal", ["-4", "-3", "-2", "-1", "0", "3"]),
        ("emergency", ["-3", "-2", "-1", "0", "3"]),
    ],
)
def test_each_type_has_its_way_from_new_to_closed(kind: str, way: list[str]) -> None:
    row = {**NEW, "type": kind}
    for state in way:
        row = changed(row, state=state, **DONE)
    assert (row["state"], row["active"], row["closed_at"], row["closed_by"]) == ("3", "false", NOW, USER)
    assert (row["work_start"], row["work_end"]) == (NOW, NOW)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("standard", "-5", "-4"),
        ("standard", "-5", "-1"),
        ("standard", "-5", "3"),
        ("standard", "-1", "-2"),
        ("normal", "-5", "-2"),
        ("normal", "-4", "-2"),
        ("standard", "3", "0"),
        ("standard", "3", "4"),
        ("standard", "4", "-5"),
        ("standard", "-5", "9"),
    ],
)
def test_a_state_that_does_not_follow_is_refused_by_a_business_rule(
    kind: str, before: str, after: str
) -> None:
    with pytest.raises(Refusal) as refused:
        changed({**NEW, "type": kind, "state": before}, state=after, **DONE)
    assert refused.value.answer.status == 403
    assert b"aborted by Business Rule 'Change Model: Check State Transition'" in bytes(
        refused.value.answer.body  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("state", ["-5", "-4", "-3", "-2", "-1", "0"])
def test_whatever_is_not_closed_can_be_cancelled(state: str) -> None:
    row = changed({**NEW, "type": "standard", "state": state}, state="4")
    assert (row["active"], row["closed_at"]) == ("false", NOW)


def test_a_change_that_took_the_long_way_joins_the_short_one_when_its_type_is_changed() -> None:
    assert changed({**NEW, "type": "standard", "state": "-4"}, state="-2")["state"] == "-2"


@pytest.mark.parametrize("given", [{}, {"close_code": "successful"}, {"close_notes": "x", "close_code": " "}])
def test_closing_needs_code_and_notes(given: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        changed({**NEW, "type": "standard", "state": "0"}, state="3", **given)
    assert b"mandatory: Close" in bytes(refused.value.answer.body)  # type: ignore[arg-type]


def test_what_does_not_touch_the_state_is_free() -> None:
    closed = {**NEW, "state": "3"}
    assert changed(closed, state="3", description="x")["description"] == "x"
