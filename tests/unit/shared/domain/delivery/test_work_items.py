"""A work item becomes a fact by rules: what cannot be told is None, whatever its fields hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.delivery import work_items
from shared.domain.delivery.work_items import from_fields, identity, service_of

FIELDS: dict[str, Any] = {
    "System.TeamProject": "Payments",
    "System.AreaPath": "Payments\\Shop\\cart",
    "System.WorkItemType": "User Story",
    "System.State": "Active",
    "System.Title": "Pay by Pix",
    "System.Tags": "mobile; q4",
    "System.CreatedDate": "2026-11-01T08:00:00.123Z",
    "System.ChangedDate": "2026-11-03T10:00:00+02:00",
    "Microsoft.VSTS.Common.ActivatedDate": "2026-11-02T08:00:00Z",
}
CLOSED = {"System.State": "Closed", "Microsoft.VSTS.Common.ClosedDate": "2026-11-05T08:00:00Z"}


def service(name: str, project: str = "Payments") -> dict[str, Any]:
    return {"name": name, "azure_devops": {"project": project}}


SERVICES = [service("cart"), service("orders"), service("ledger", "Bank")]


def told(**changes: Any) -> Any:
    """The fact of FIELDS with changes."""
    return from_fields(FIELDS | changes, 42, 3, SERVICES)


def test_a_revision_is_told_whole() -> None:
    assert told() == {
        "work_item_id": "azure_devops:42",
        "revision": 3,
        "service": "cart",
        "project": "Payments",
        "type": "User Story",
        "state": "Active",
        "category": "in_progress",
        "title": "Pay by Pix",
        "planned": True,
        "created_at": "2026-11-01T08:00:00.123000Z",
        "started_at": "2026-11-02T08:00:00Z",
        "completed_at": None,
        "changed_at": "2026-11-03T08:00:00Z",
        "source": "azure_devops",
    }


def test_a_revision_is_one_identity_however_it_was_heard_of() -> None:
    assert identity(told()) == identity(told(**{"System.Title": "x"})) == ("azure_devops:42", "3")


@pytest.mark.parametrize(
    ("state", "category"),
    [
        ("New", "proposed"),
        ("To Do", "proposed"),
        ("Committed", "in_progress"),
        ("doing", "in_progress"),
        ("Resolved", "resolved"),
        ("Done", "completed"),
        ("Removed", "removed"),
        ("Waiting for legal", "unknown"),
    ],
)
def test_states_of_the_common_processes_have_their_category(state: str, category: str) -> None:
    assert told(**{"System.State": state})["category"] == category


def test_a_project_that_was_asked_decides_what_its_states_mean() -> None:
    states = {("User Story", "In review"): "InProgress", ("User Story", "Active"): "Proposed"}
    review = from_fields(FIELDS | {"System.State": "In review"}, 1, 1, [], states)
    active = from_fields(FIELDS, 1, 1, [], states)

    assert review
    assert active
    assert (review["category"], active["category"]) == ("in_progress", "proposed")


@pytest.mark.parametrize(
    ("kind", "tags", "planned"),
    [
        ("User Story", "", True),
        ("Bug", "", False),
        ("Bug", "planned", False),
        ("Task", "", None),
        ("Task", "Planned", True),
        ("Issue", "", None),
        ("Task", "valueflow; valueflow:3fa9-fix", False),
        ("User Story", "Incident", False),
        ("Invention", "", None),
    ],
)
def test_what_is_planned_is_told_by_tag_and_type_or_not_at_all(
    kind: str, tags: str, planned: bool | None
) -> None:
    assert told(**{"System.WorkItemType": kind, "System.Tags": tags})["planned"] is planned


@pytest.mark.parametrize(
    ("area", "tags", "service"),
    [
        ("Payments", "", None),
        ("Payments\\Shop", "", None),
        ("Payments\\CART\\checkout page", "", "cart"),
        ("Payments\\cart\\orders", "", "orders"),
        ("Payments\\cart", "service:orders", "orders"),
        ("Payments\\cart", "Service: Orders", "orders"),
        ("Payments\\cart", "service:nobody", None),
        ("Payments\\cart", "service:orders; service:cart", None),
        ("Payments\\ledger", "", None),
        ("cart", "", None),
    ],
)
def test_the_service_is_one_of_its_project_or_none(area: str, tags: str, service: str | None) -> None:
    fields = {"System.TeamProject": "payments", "System.AreaPath": area, "System.Tags": tags}

    assert service_of(fields, SERVICES) == service


def test_a_process_that_does_not_write_activations_tells_since_when_it_is_in_progress() -> None:
    since = {"Microsoft.VSTS.Common.StateChangeDate": "2026-11-02T09:00:00Z"}
    without = {"Microsoft.VSTS.Common.ActivatedDate": None}

    assert told(**since, **without)["started_at"] == "2026-11-02T09:00:00Z"
    assert told(**since, **without, **{"System.State": "New"})["started_at"] is None


def test_only_what_is_completed_has_an_end() -> None:
    reopened = CLOSED | {"System.State": "Active"}

    assert told(**CLOSED)["completed_at"] == "2026-11-05T08:00:00Z"
    assert told(**reopened)["completed_at"] is None


@pytest.mark.parametrize(
    "lost",
    [
        {"System.WorkItemType": None},
        {"System.State": ""},
        {"System.CreatedDate": "yesterday"},
        {"System.ChangedDate": "2026-11-03T10:00:00"},
    ],
)
def test_without_what_makes_a_fact_there_is_none(lost: dict[str, Any]) -> None:
    assert told(**lost) is None


@pytest.mark.parametrize(("work_item_id", "revision"), [(0, 1), (1, 0), (True, 1), ("7", 1), (1, 2**31)])
def test_an_odd_id_or_revision_makes_no_fact(work_item_id: Any, revision: Any) -> None:
    assert from_fields(FIELDS, work_item_id, revision, []) is None


@given(st.dictionaries(st.sampled_from(work_items.FIELDS), st.none() | st.integers() | st.text(max_size=12)))
def test_no_fields_make_it_crash(odd: dict[str, Any]) -> None:
    from_fields(FIELDS | odd, 1, 1, SERVICES)
