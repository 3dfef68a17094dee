import pytest

from sandbox.vendors.framework import Refusal
from sandbox.vendors.servicenow.rules import apply
from sandbox.vendors.servicenow.tables import TABLES

NOW, USER = "2026-11-21 12:00:00", "user-1"
NEW = TABLES["incident"].defaults


def changed(before: dict[str, str], **changes: str) -> dict[str, str]:
    return before | apply("incident", before, changes, NOW, USER)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"), [("1", "1", "1"), ("1", "3", "3"), ("2", "2", "3"), ("3", "3", "5")]
)
def test_priority_follows_from_impact_and_urgency(impact: str, urgency: str, priority: str) -> None:
    assert changed(NEW, impact=impact, urgency=urgency)["priority"] == priority


def test_state_and_incident_state_are_one() -> None:
    assert changed(NEW, state="2")["incident_state"] == "2"
    assert changed(NEW, incident_state="3")["state"] == "3"


@pytest.mark.parametrize(
    "given", [{}, {"close_code": "Solution provided"}, {"close_notes": "Done", "close_code": " "}]
)
def test_resolving_needs_code_and_notes(given: dict[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        changed(NEW, state="6", **given)
    assert refused.value.answer.status == 403


def test_resolving_says_when_and_by_whom_and_leaves_it_active() -> None:
    row = changed(NEW, state="6", close_code="Solution provided", close_notes="Done")

    assert (row["resolved_at"], row["resolved_by"], row["active"]) == (NOW, USER, "true")


def test_closing_makes_it_inactive() -> None:
    row = changed(NEW, state="7", close_code="Solution provided", close_notes="Done")

    assert (row["closed_at"], row["active"]) == (NOW, "false")


def test_reopening_counts_and_takes_the_resolution_back() -> None:
    resolved = changed(NEW, state="6", close_code="Solution provided", close_notes="Done")

    reopened = changed(resolved, state="2")

    assert (reopened["resolved_at"], reopened["reopen_count"]) == ("", "1")
