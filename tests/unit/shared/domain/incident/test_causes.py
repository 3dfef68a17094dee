"""What an incident's events say of its cause: the very deployment, or nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action import actions
from shared.domain.diagnosis.ranking import rank
from shared.domain.incident import incidents
from shared.domain.incident.causes import (
    NOBODY,
    SURE,
    Decided,
    Suspect,
    first_word,
    last_word,
    suspect,
)
from shared.runbooks.policies import policies

START_MS = 1_763_726_400_000
ID, COMMIT = "azure_devops:102:production", "b" * 40
CAUSED: Any = {"deployment_id": ID, "change_number": None, "commit": COMMIT}
OUTCOMES = (
    incidents.RESOLVED,
    incidents.SELF_RESOLVED,
    incidents.REFUSED,
    incidents.EXPIRED,
    incidents.ACTION_FAILED,
    incidents.UNVERIFIED,
    incidents.HANDED_OVER,
    incidents.FAILED,
)
TAKES_BACK = {"type": actions.ROLL_BACK, "replaces_run_id": 102}
OTHERS: list[dict[str, Any] | None] = [
    None,
    {"type": actions.RESTART},
    {"type": actions.REDEPLOY, "run_id": 102},
    {"type": actions.ROLL_BACK, "replaces_run_id": 101},
]


def run(id_: str = "E1", **facts: Any) -> dict[str, Any]:
    told = {"service": "checkout", "run_id": 102, "commit": COMMIT, "role": "suspect", "deployment_id": ID}
    return {"id": id_, "kind": "run", "facts": {**told, **facts}}


def event(id_: str = "E2", **facts: Any) -> dict[str, Any]:
    told = {"entity_id": "SERVICE-1", "run_id": 102, "commit": COMMIT, "deployment_id": ID}
    return {"id": id_, "kind": "deployment", "facts": {**told, **facts}}


def chosen(confidence: float = 0.9, **changes: Any) -> dict[str, Any]:
    """A diagnosis that chose the deployment of run 102."""
    candidate = {
        "category": "recent_deployment",
        "component": "checkout",
        "confidence": confidence,
        "evidence_ids": ["E1", "E2", "E3"],
        "text_key": "cause.recent_deployment",
        "text_values": {"run_id": 102, "commit": COMMIT[:8]},
        **changes,
    }
    other = {**candidate, "category": "saturation", "component": "disk"}
    return {
        "category": candidate["category"],
        "component": candidate["component"],
        "confidence": confidence,
        "candidates": [other, candidate],
    }


def test_it_is_the_deployment_that_the_chosen_cause_speaks_of() -> None:
    found = suspect(chosen(), [run("E1"), event("E2")], "production")

    assert found == Suspect(CAUSED, 0.9, {"102": CAUSED})


def test_a_deployment_that_another_tool_told_is_known_by_its_commit() -> None:
    told = {"run_id": None, "commit": COMMIT[:8]}
    there = event("E2", run_id=None, deployment_id="github:145:production")

    found = suspect(chosen(text_values=told), [there], "production")

    assert found is not None
    assert found.caused_by == {**CAUSED, "deployment_id": "github:145:production"}


def test_a_run_and_what_its_pipeline_told_dynatrace_are_one_deployment() -> None:
    told = {"run_id": None, "commit": COMMIT[:8]}
    bare = event("E2", run_id=None, deployment_id="")

    for values in (told, {**told, "run_id": 102}):
        found = suspect(chosen(text_values=values), [run("E1"), bare], "production")
        assert found == Suspect(CAUSED, 0.9, {"102": CAUSED})


NEAR, FAR = START_MS - 5 * 60_000, START_MS - 5 * 60 * 60_000


@pytest.mark.parametrize(
    ("other", "certain"),
    [
        ({"at_ms": NEAR}, False),
        ({"at_ms": None}, False),
        ({"at_ms": FAR}, True),
        ({"at_ms": FAR, "commit": ""}, True),
    ],
)
def test_of_two_deployments_that_went_out_together_neither_is_named(other: Any, certain: bool) -> None:
    there = event("E9", run_id=7, **{"commit": "c" * 40, "deployment_id": "github:7:production", **other})

    found = suspect(chosen(entity_id="SERVICE-1"), [run("E1", at_ms=START_MS), there], "production")

    assert found == Suspect(CAUSED if certain else None, 0.9, {"102": CAUSED})


def test_of_two_deployments_the_one_that_people_took_back_is_named() -> None:
    there = event("E2", run_id=7, commit="c" * 40, deployment_id="github:7:production")
    spoken = chosen(text_values={"run_id": 7, "commit": "c" * 8})

    found = suspect(spoken, [run("E1"), there], "production")

    assert first_word(found) is None
    assert last_word(found, Decided(incidents.RESOLVED, TAKES_BACK)) == CAUSED


@pytest.mark.parametrize(
    "items",
    [
        [],
        [run("E9")],
        [run("E1", deployment_id="")],
        [run("E1", role="last_good")],
        [run("E1", run_id=101)],
        [run("E1", commit="c" * 40)],
        [run("E1", deployment_id="azure_devops:102:development")],
        [run("E1"), event("E2", deployment_id="azure_devops:102:canary")],
        [{**run("E1"), "kind": "log"}],
    ],
    ids=[
        "no evidence",
        "not cited",
        "no id: nobody knows where it went, or it is ours",
        "the good one",
        "another run",
        "another commit",
        "another environment",
        "two of one run",
        "no deployment",
    ],
)
def test_nothing_is_said_where_nobody_can_tell_which(items: list[dict[str, Any]]) -> None:
    found = suspect(chosen(), items, "production")

    assert found is not None
    assert found.caused_by is None


@pytest.mark.parametrize("category", ["saturation", "unknown", "dependency"])
def test_another_cause_names_no_deployment(category: str) -> None:
    assert suspect({**chosen(), "category": category}, [run("E1")], "production") is None


def test_a_diagnosis_without_candidates_names_nothing() -> None:
    assert suspect({**chosen(), "candidates": []}, [run("E1")], "production") is None


def test_a_change_is_named_by_its_number() -> None:
    told = chosen(
        category="configuration", text_key="cause.change", text_values={"number": "CHG1"}, evidence_ids=["E1"]
    )
    item = {"id": "E1", "kind": "change", "facts": {"number": "CHG1"}}

    found = suspect(told, [item], "production")

    assert found == Suspect({**NOBODY, "change_number": "CHG1"}, 0.9)
    assert suspect(told, [{**item, "facts": {"number": "CHG2"}}], "production") is None


def test_a_model_cannot_be_surer_than_the_rules() -> None:
    told = {**chosen(0.5), "confidence": 0.99}

    found = suspect(told, [run("E1")], "production")

    assert found is not None
    assert found.confidence == 0.5


def test_what_the_ranking_makes_of_evidence_is_understood() -> None:
    problem = {
        "start_ms": 1_763_726_400_000,
        "entities": [{"id": "SERVICE-1", "name": "checkout", "type": "SERVICE"}],
    }
    items = [run("E1", at_ms=problem["start_ms"] - 600_000)]  # type: ignore[operator]
    ranked = rank(problem, items)
    told = {**{name: ranked[0][name] for name in ("category", "component", "confidence")}}

    found = suspect({**told, "candidates": ranked}, items, "production")

    assert found is not None
    assert (found.caused_by, found.runs) == (CAUSED, {"102": CAUSED})


def test_it_is_as_sure_as_what_is_done_without_a_person() -> None:
    asked = [
        rule["min_confidence"]
        for rule in policies()["automatic"]
        if rule.get("because", "diagnosis") == "diagnosis"
    ]

    assert min(asked) == SURE


def test_the_first_word_needs_to_be_sure() -> None:
    assert first_word(None) is None
    assert first_word(Suspect(CAUSED, SURE - 0.01)) is None
    assert first_word(Suspect(CAUSED, SURE)) == CAUSED
    assert first_word(Suspect(None, 1.0)) is None


def test_people_who_let_it_be_taken_back_agree_unless_that_did_not_help() -> None:
    unsure = Suspect(CAUSED, 0.4, {"102": CAUSED})

    assert last_word(unsure, Decided(incidents.RESOLVED, TAKES_BACK)) == CAUSED
    assert last_word(unsure, Decided(incidents.UNVERIFIED, TAKES_BACK)) is None
    assert last_word(unsure._replace(confidence=0.9), Decided(incidents.UNVERIFIED, TAKES_BACK)) == NOBODY


@given(
    st.floats(0, 1),
    st.sampled_from(OUTCOMES),
    st.sampled_from([TAKES_BACK, *OTHERS]),
    st.booleans(),
    st.booleans(),
)
def test_the_last_word_is_never_bolder_than_what_is_known(
    confidence: float, outcome: str, allowed: dict[str, Any] | None, overruled: bool, known: bool
) -> None:
    suspected = Suspect(CAUSED, confidence, {"102": CAUSED}) if known else None
    first = first_word(suspected)
    last = last_word(suspected, Decided(outcome, allowed, overruled))

    taken_back = allowed is not None and allowed["type"] == actions.ROLL_BACK
    agreed = allowed is TAKES_BACK and outcome != incidents.UNVERIFIED
    disagreed = not agreed and (taken_back or overruled or outcome == incidents.REFUSED)
    if last not in (None, NOBODY):
        assert (known, last, disagreed) == (True, CAUSED, False)
        assert confidence >= SURE or agreed
    if first and disagreed:
        assert last == NOBODY, "what was said before is taken back"
    if first and not disagreed:
        assert last == first, "what nobody spoke against stands"
    if first is None:
        assert last != NOBODY, "nothing was said that could be taken back"


DEPLOYMENTS = st.lists(
    st.builds(
        lambda kind, number, place: (run if kind else event)(
            "E1" if kind else "E2",
            run_id=number,
            commit=f"{number:x}" * 10,
            deployment_id=f"azure_devops:{number}:{place}" if place else "",
        ),
        st.booleans(),
        st.sampled_from([0x1111, 0x2222]),
        st.sampled_from(["production", "development", ""]),
    ),
    max_size=5,
)


@given(DEPLOYMENTS, st.sampled_from([0x1111, 0x2222]), st.sampled_from(["production", "development"]))
def test_no_other_deployment_is_ever_blamed(
    items: list[dict[str, Any]], number: int, environment: str
) -> None:
    told = {"run_id": number, "commit": (f"{number:x}" * 10)[:8]}
    found = suspect(chosen(text_values=told), items, environment)

    assert found is not None
    meant = {one["facts"]["deployment_id"] for one in items if one["facts"]["run_id"] == number} - {""}
    others = [one for one in items if one["facts"]["run_id"] != number]
    here = {f"azure_devops:{number}:{environment}"}
    assert (found.caused_by is not None) == (meant == here and not others)
    if found.caused_by:
        assert found.caused_by["deployment_id"] in here
