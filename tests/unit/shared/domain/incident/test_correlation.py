"""Which problems are one incident."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.incident import incident_entries
from shared.domain.incident.correlation import FLAPPING_MS, TOGETHER_MS, Facts, assign, identity
from shared.domain.incident.incident_entries import joined, new_entry

START = 1_763_726_400_000
INCIDENT = {"sys_id": "s" * 32, "number": "INC1", "url": "https://snow.example"}


def problem(number: int = 1, entity: str = "SERVICE-1", **changes: Any) -> dict[str, Any]:
    return {
        "problem_id": f"P{number}",
        "title": "Failure rate",
        "severity": "ERROR",
        "state": "OPEN",
        "start_ms": START,
        "entities": [{"id": entity, "name": "", "type": "SERVICE"}],
        **changes,
    }


def entry(first: dict[str, Any] | None = None, facts: Facts = Facts(), **changes: Any) -> dict[str, Any]:  # noqa: B008
    first = first or problem()
    made = new_entry(first, facts, assign(first, facts, [], START))
    return {**made, **changes}


def service(name: str, pipeline: int = 7) -> Facts:
    return Facts({"name": name, "azure_devops": {"project": "loja", "pipeline_id": pipeline}})


def test_a_first_problem_has_an_incident_of_its_own() -> None:
    assert assign(problem(), Facts(), [], START).kind == "start"


@pytest.mark.parametrize(
    ("entity", "facts", "reason"),
    [
        ("SERVICE-1", Facts(), "same_entity"),
        ("SERVICE-2", service("checkout", 8), "same_service"),
        ("SERVICE-2", Facts(neighbours=frozenset({"SERVICE-1"})), "neighbour"),
        ("SERVICE-3", Facts(), "neighbour"),
        ("SERVICE-2", service("search", 7), "same_change"),
    ],
)
def test_a_problem_joins_for_a_reason_that_is_told(entity: str, facts: Facts, reason: str) -> None:
    there = entry(facts=service("checkout", 7), neighbours=["SERVICE-3"])

    found = assign(problem(2, entity), facts, [there], START)

    assert (found.kind, found.operation_id, found.reason) == ("join", identity(problem()), reason)


def test_a_stranger_does_not_join() -> None:
    there = entry(facts=service("checkout", 7))
    assert assign(problem(2, "SERVICE-9"), service("search", 9), [there], START).kind == "start"


def test_a_problem_much_later_does_not_join() -> None:
    late = problem(2, start_ms=START + TOGETHER_MS + 1)
    assert assign(late, Facts(), [entry()], START).kind == "start"


def test_services_without_a_pipeline_do_not_share_one() -> None:
    nobody = Facts({"name": "a", "azure_devops": {"project": "", "pipeline_id": 0}})
    there = entry(facts=Facts({"name": "b", "azure_devops": {"project": "", "pipeline_id": 0}}))
    assert assign(problem(2, "SERVICE-9"), nobody, [there], START).kind == "start"


def test_what_dynatrace_blames_joins_problems_whichever_comes_first() -> None:
    caused = Facts(root_cause="SERVICE-7")
    there = entry(facts=caused)

    assert assign(problem(2, "SERVICE-2"), caused, [there], START).reason == "same_root_cause"
    assert assign(problem(2, "SERVICE-7"), Facts(), [there], START).reason == "same_root_cause"
    assert assign(problem(2, "SERVICE-2"), Facts(root_cause="SERVICE-1"), [there], START).kind == "join"


@pytest.mark.parametrize("root_cause", ["SERVICE-2", "SERVICE-8", ""])
def test_what_dynatrace_blames_elsewhere_joins_nothing(root_cause: str) -> None:
    there = entry(facts=Facts(root_cause="SERVICE-7"))
    assert assign(problem(2, "SERVICE-2"), Facts(root_cause=root_cause), [there], START).kind == "start"
    assert assign(problem(2, "SERVICE-2"), Facts(root_cause=root_cause), [entry()], START).kind == "start"


def ended(at_ms: int, outcome: str = "resolved") -> dict[str, Any]:
    return entry(ended_ms=at_ms, outcome=outcome, incident=INCIDENT)


def test_a_problem_told_of_after_the_end_of_its_incident_opens_that_again() -> None:
    late = problem(2, title="Another", start_ms=START)
    found = assign(late, Facts(), [ended(START + 5)], START + 10)
    assert (found.kind, found.operation_id, found.reopens) == ("reopen", identity(late), INCIDENT)


def test_a_problem_told_of_after_it_and_its_incident_ended_is_only_remembered() -> None:
    there = ended(START + 5)
    found = assign(problem(2, state="RESOLVED"), Facts(), [there], START + 10)
    assert (found.kind, found.operation_id, found.is_over) == ("join", there["operation_id"], True)


def test_what_belonged_to_an_incident_belongs_to_it_when_it_is_opened_again() -> None:
    before = {**ended(START + 5), "neighbours": ["SERVICE-3"], "root_cause": "SERVICE-7"}
    first = problem(2, title="Another")
    again = new_entry(first, Facts(), assign(first, Facts(), [before], START + 10), [before])

    assert again["neighbours"] == ["SERVICE-3"]
    assert assign(problem(3, "SERVICE-3"), Facts(), [before, again], START + 10).operation_id == identity(
        first
    )
    assert again["root_cause"] == "SERVICE-7"


def test_only_an_open_problem_in_a_resolved_incident_is_left_behind() -> None:
    there = ended(START + 5)
    assert incident_entries.left_behind(there, problem(2), START + 6)
    assert not incident_entries.left_behind(there, problem(2), START + 5)
    assert not incident_entries.left_behind(there, problem(), START + 6)
    assert not incident_entries.left_behind(ended(START + 5, "handed_over"), problem(2), START + 6)


def test_a_resolved_problem_stays_resolved() -> None:
    over = incident_entries.resolved(entry(), [identity(problem())])
    assert joined(over, problem(), "")["problems"][identity(problem())]["state"] == "RESOLVED"
    assert assign(problem(), Facts(), [{**over, "operation_id": "another"}], START).is_over


def test_an_identity_tells_when_the_problem_began() -> None:
    assert incident_entries.start_ms_of(identity(problem())) == START


def test_a_problem_that_comes_back_soon_reopens_its_incident() -> None:
    again = problem(2, start_ms=START + 60_000)
    found = assign(again, Facts(), [ended(START + 30_000)], START + 60_000)
    assert (found.kind, found.operation_id, found.reopens) == ("reopen", identity(again), INCIDENT)


@pytest.mark.parametrize(
    ("there", "again", "now_ms"),
    [
        (ended(START), problem(2), START + FLAPPING_MS + 1),
        (ended(START, "refused"), problem(2), START),
        (ended(START), problem(2, title="Another", start_ms=START + 1), START + 1),
        (ended(START), problem(2, state="RESOLVED", start_ms=START + 1), START + 1),
    ],
)
def test_what_is_no_flapping_begins_anew(there: Any, again: Any, now_ms: int) -> None:
    assert assign(again, Facts(), [there], now_ms).kind == "start"


def test_a_problem_of_nothing_known_is_never_taken_for_another() -> None:
    nothing = problem(entities=[])
    there = {**new_entry(nothing, Facts(), assign(nothing, Facts(), [], START)), "ended_ms": START}
    there |= {"outcome": "resolved", "incident": INCIDENT}
    assert assign(problem(2, entities=[]), Facts(), [there], START).kind == "start"


def test_resolved_is_final() -> None:
    resolved = joined(entry(), problem(state="RESOLVED"), "")
    late = joined(resolved, problem(), "")
    assert late["problems"][identity(problem())]["state"] == "RESOLVED"


def test_a_storm_s_entry_stays_bounded() -> None:
    there = entry()
    for number in range(incident_entries.MOST_PROBLEMS + 100):
        there = joined(there, problem(number + 2, f"SERVICE-{number}"), "same_service")
    assert len(there["problems"]) == incident_entries.MOST_PROBLEMS
    assert there["more_problems"] == 101


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4), st.booleans()), max_size=30))
def test_deciding_again_decides_the_same(story: list[tuple[int, int, bool]]) -> None:
    entries: list[dict[str, Any]] = []
    decided: dict[str, str] = {}
    for number, entity, resolved in story:
        one = problem(number, f"SERVICE-{entity}", state="RESOLVED" if resolved else "OPEN")
        found = assign(one, Facts(), entries, START)
        assert decided.setdefault(identity(one), found.operation_id) == found.operation_id
        mine = [each for each in entries if each["operation_id"] == found.operation_id]
        if mine:
            entries = [joined(each, one, found.reason) if each in mine else each for each in entries]
        else:
            entries.append(new_entry(one, Facts(), found))
    named = [name for each in entries for name in each["problems"]]
    assert len(named) == len(set(named))


def neighbourhood(cluster: int, member: int) -> tuple[str, Facts]:
    """An entity and what is known of it: member 0 is called by the others, and Dynatrace blames it."""
    root, others = f"ROOT-{cluster}", [f"CALLER-{cluster}-{number}" for number in range(1, 5)]
    if member == 0:
        return root, Facts(neighbours=frozenset(others), root_cause=root)
    return others[member - 1], Facts(neighbours=frozenset({root}), root_cause=root)


STORM = [(cluster, member) for cluster in range(3) for member in range(5)]


@given(st.permutations(STORM + STORM[::2]))
def test_a_storm_in_any_order_is_one_incident_a_root_cause(order: list[tuple[int, int]]) -> None:
    entries: list[dict[str, Any]] = []
    for cluster, member in order:
        entity, facts = neighbourhood(cluster, member)
        one = problem(10 * cluster + member, entity, start_ms=START + member)
        found = assign(one, facts, entries, START)
        mine = [each for each in entries if each["operation_id"] == found.operation_id]
        if mine:
            entries = [joined(each, one, found.reason) if each in mine else each for each in entries]
        else:
            entries.append(new_entry(one, facts, found))

    named = [sorted(each["problems"]) for each in entries]
    wanted = [
        sorted(identity(problem(10 * cluster + member, start_ms=START + member)) for member in range(5))
        for cluster in range(3)
    ]
    assert sorted(named) == sorted(wanted)
