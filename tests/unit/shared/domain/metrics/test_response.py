"""An incident's times and end, out of the events that tell them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.event_types import APPROVAL_DECIDED, INCIDENT_CLOSED, INCIDENT_OPENED
from shared.domain.metrics import response

Event = dict[str, Any]

STARTED_MS = 1_795_168_500_000
"""2026-11-20T09:55:00Z"""


def event(
    type_: str, data: dict[str, Any], *, minute: int = 0, operation: str = "one", day: int = 20
) -> Event:
    time = f"2026-11-{day}T10:{minute:02}:30Z"
    about = {"operation_id": operation, "incident_number": "INC1", "service": "cart", "fingerprint": "f"}
    return {
        "id": f"{type_}{operation}{time}",
        "type": type_,
        "subject": operation,
        "time": time,
        "data": about | data,
    }


def opened(**options: Any) -> Event:
    data = {"started_ms": STARTED_MS, "opened_at": "2026-11-20T10:00:00Z", "action": "roll_back"}
    return event(INCIDENT_OPENED, data | options.pop("data", {}), **options)


def decided(at: str, decided: str = "approve", **options: Any) -> Event:
    return event(APPROVAL_DECIDED, {"decided": decided, "decisions": [{"at": at}]}, minute=9, **options)


def closed(outcome: str = "resolved", **options: Any) -> Event:
    data = {"mitigated_at": "2026-11-20T10:10:00Z", "closed_at": "2026-11-20T10:25:00Z", "automatic": False}
    return event(INCIDENT_CLOSED, data | {"outcome": outcome} | options.pop("data", {}), minute=25, **options)


def only(*events: Event) -> response.Incident:
    [incident] = response.read(events)
    return incident


def test_times_begin_with_the_problem_and_the_answer_with_the_opening() -> None:
    incident = only(closed(), decided("2026-11-20T10:04:00.500Z"), opened())

    assert incident.seconds_to_acknowledge == 240.5
    assert incident.seconds_to_mitigate == 900
    assert incident.seconds_to_resolve == 1800


def test_the_first_of_several_decisions_is_the_answer() -> None:
    incident = only(opened(), decided("2026-11-20T10:04:00Z"), decided("2026-11-20T10:02:00Z", day=21))

    assert incident.seconds_to_acknowledge == 120


def test_the_end_tells_the_answer_where_the_decision_is_not_loaded_yet() -> None:
    incident = only(opened(), closed(data={"acknowledged_at": "2026-11-20T10:03:00Z"}))

    assert incident.seconds_to_acknowledge == 180


def test_an_action_that_nobody_was_asked_about_is_the_answer_too() -> None:
    incident = only(opened(), decided("ignored", "automatic"))

    assert (incident.seconds_to_acknowledge, incident.automatic) == (570, True)


@pytest.mark.parametrize("missing", ["opened_at", "started_ms"])
def test_what_is_not_told_is_not_known(missing: str) -> None:
    incident = only(opened(data={missing: None}), decided("2026-11-20T10:04:00Z"), closed())

    known = {
        "opened_at": incident.seconds_to_acknowledge is not None,
        "started_ms": incident.seconds_to_resolve is not None,
    }
    assert [name for name, is_known in known.items() if not is_known] == [missing]


def test_a_time_that_runs_backwards_is_none() -> None:
    assert only(opened(), decided("2026-11-20T09:59:59Z")).seconds_to_acknowledge is None


@pytest.mark.parametrize(
    "outcome", ["unverified", "handed_over", "expired", "refused", "action_failed", "failed"]
)
def test_what_was_not_resolved_has_no_time_to_resolve(outcome: str) -> None:
    incident = only(opened(), closed(outcome))

    assert (incident.seconds_to_mitigate, incident.seconds_to_resolve) == (None, None)
    assert incident.fixed_by_runbook is False


@pytest.mark.parametrize(
    ("outcome", "action", "fixed"),
    [("resolved", "restart", True), ("resolved", "none", False), ("self_resolved", "restart", False)],
)
def test_a_runbook_has_fixed_what_its_action_resolved(outcome: str, action: str, fixed: bool) -> None:
    assert only(opened(), closed(outcome, data={"action": action})).fixed_by_runbook is fixed


def test_an_incident_opened_again_is_one_and_ends_as_its_last_operation_did() -> None:
    later = {"started_ms": STARTED_MS + 2_700_000, "opened_at": "2026-11-20T10:41:00Z"}
    incident = only(
        opened(),
        closed(),
        opened(operation="two", data=later),
        closed(operation="two", data=later | {"closed_at": "2026-11-20T10:55:00Z"}),
    )

    assert (incident.operations, incident.seconds_to_resolve) == (2, 3600)


def test_while_it_is_open_again_it_has_not_ended() -> None:
    again = opened(operation="two", data={"opened_at": "2026-11-20T10:41:00Z"})
    assert only(opened(), closed(), again).outcome is None


def test_what_passed_with_announced_work_is_no_incident() -> None:
    assert response.read([closed("planned", data={"incident_number": ""})]) == []


@given(st.permutations([opened(), decided("2026-11-20T10:04:00Z"), closed(), closed("unverified", day=21)]))
def test_order_and_repetition_change_nothing(events: list[Event]) -> None:
    incident = only(*events, *events[:2])

    assert (incident.outcome, incident.seconds_to_acknowledge) == ("unverified", 240)
