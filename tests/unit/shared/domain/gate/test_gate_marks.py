"""What becomes of a deployment after its gate: told in any order, twice or early, it comes to the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.gate.gate_history import baseline, failed_commits, good, ran_well_before
from shared.domain.gate.gate_marks import (
    KEPT,
    Said,
    corrected,
    judged,
    of_incident,
    of_rollback,
    said_of,
    with_mark,
)

BAD, OTHER = "b" * 40, "c" * 40
ID = "azure_devops:102:production"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOBODY = {"deployment_id": None, "change_number": None, "commit": None}


def at(minute: float) -> str:
    return (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


def gate(number: int = 1, commit: str = BAD, began: float = 0, **fields: Any) -> dict[str, Any]:
    return {
        "gate_id": f"g{number}",
        "version": f"v{number}",
        "commit": commit,
        "deployment_id": "",
        "verdict": "pass",
        "from_ms": round((START + timedelta(minutes=began)).timestamp() * 1000),
        "decided_at": at(began + 10),
        "taken_back": False,
        "values": {"latency||median": 100.0},
        **fields,
    }


def rollback(minute: float = 5, commit: str | None = BAD, **fields: Any) -> dict[str, Any]:
    return {
        "deployment_id": f"azure_devops:{int(200 + minute)}:production",
        "service": "checkout",
        "how": "rollback",
        "result": "succeeded",
        "rolls_back": commit,
        "finished_at": at(minute),
        **fields,
    }


def incident(minute: float = 5, **fields: Any) -> dict[str, Any]:
    return {
        "operation_id": "incident-1",
        "incident_number": "INC1",
        "caused_by": {**NOBODY, "deployment_id": ID, "commit": BAD},
        "opened_at": at(minute),
        **fields,
    }


def told(*events: dict[str, Any]) -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = []
    for event in events:
        mark = of_incident(event) if "caused_by" in event else of_rollback(event)
        marks = with_mark(marks, mark) if mark else marks
    return marks


def test_what_was_rolled_back_is_no_baseline_and_no_way_back() -> None:
    entries = judged([gate()], told(rollback()))

    assert good(entries, "new") == []
    assert baseline(entries, "new", "latency||median", 5, 1) == (None, 0)
    assert failed_commits(entries) == {BAD}
    assert ran_well_before(entries, "new"), "the version before it runs again"


def test_what_an_incident_is_laid_to_is_no_baseline_and_may_still_run() -> None:
    entries = judged([gate(deployment_id=ID)], told(incident()))

    assert good(entries, "new") == []
    assert not ran_well_before(entries, "new")


@pytest.mark.parametrize(
    "event",
    [
        rollback(commit=None),
        rollback(result="failed"),
        rollback(how="pipeline"),
        rollback(finished_at=None),
        rollback(finished_at="yesterday"),
        rollback(commit=OTHER),
        rollback(minute=-1),
        incident(caused_by=None),
        incident(caused_by=NOBODY),
        incident(caused_by={**NOBODY, "deployment_id": "azure_devops:101:production"}, opened_at=at(-1)),
        incident(opened_at=None),
        incident(operation_id=None),
    ],
)
def test_what_says_nothing_of_this_deployment_leaves_it_alone(event: dict[str, Any]) -> None:
    entries = judged([gate(deployment_id=ID)], told(event))

    assert [one["version"] for one in good(entries, "new")] == ["v1"]


def test_the_same_commit_deployed_again_later_is_judged_by_its_own_gate() -> None:
    entries = judged([gate(1), gate(2, began=30)], told(rollback()))

    assert [one["version"] for one in good(entries, "new")] == ["v2"]
    assert failed_commits(entries) == set()


def test_of_an_incident_the_last_word_counts() -> None:
    opened, closed = incident(), incident(caused_by=NOBODY, closed_at=at(60))

    for events in ([opened, closed], [closed, opened], [closed, opened, closed]):
        assert good(judged([gate(deployment_id=ID)], told(*events)), "new")


def test_a_history_of_before_marks_is_read_as_it_is() -> None:
    old = gate()
    del old["deployment_id"], old["from_ms"]

    assert good(judged([old], []), "new")
    assert not good(judged([old], told(rollback(minute=30))), "new"), "its decision stands for its beginning"


def correction(kind: str, **fields: str) -> dict[str, Any]:
    return {"kind": kind, "reason": "seen", "by": "ana", "at": at(90), **fields}


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([], Said()),
        (["failed"], Said(failed=True)),
        (["not_failed"], Said(failed=False)),
        (["not_failed", "incident"], Said(failed=False)),
        (["incident"], Said(failed=True)),
        (["rework", "ignore"], Said()),
    ],
)
def test_people_s_words_are_read_as_dora_reads_them(kinds: list[str], said: Said) -> None:
    assert said_of([correction(kind) for kind in kinds]) == said


def test_people_s_words_go_before_what_was_told() -> None:
    (blamed,) = judged([gate(deployment_id=ID)], told(incident(), rollback()))
    (plain,) = judged([gate(deployment_id=ID)], [])

    assert good([corrected(blamed, Said(failed=False))], "new")
    assert not good([corrected(plain, Said(failed=True))], "new")
    assert plain == corrected(plain, Said())


def test_an_incident_it_did_not_cause_blames_it_no_more() -> None:
    (blamed,) = judged([gate(deployment_id=ID)], told(incident()))

    assert good([corrected(blamed, Said(not_by=frozenset({"INC1"})))], "new")
    assert not good([corrected(blamed, Said(not_by=frozenset({"INC2"})))], "new")


def test_a_gate_s_own_verdict_stands_whatever_people_say() -> None:
    (failed,) = judged([gate(verdict="fail", taken_back=True)], [])

    assert not good([corrected(failed, Said(failed=False))], "new")


EVENTS = st.lists(
    st.one_of(
        st.builds(rollback, st.integers(-5, 40), st.sampled_from([BAD, OTHER, None])),
        st.builds(
            lambda name, minute, cause, closed: incident(
                minute,
                operation_id=name,
                caused_by=cause,
                **({"closed_at": at(minute + 1)} if closed else {}),
            ),
            st.sampled_from(["i1", "i2"]),
            st.integers(-5, 40),
            st.sampled_from([NOBODY, None, {**NOBODY, "deployment_id": ID}, {**NOBODY, "commit": BAD}]),
            st.booleans(),
        ),
    ),
    max_size=6,
)


@given(EVENTS, st.randoms())
def test_late_twice_and_out_of_order_it_comes_to_the_same(events: list[dict[str, Any]], chance: Any) -> None:
    entries = [gate(1, deployment_id=ID), gate(2, began=20), gate(3, OTHER, began=30)]
    again = [*events, *(one for one in events if chance.random() < 0.5)]
    chance.shuffle(again)

    assert judged(entries, told(*again)) == judged(entries, told(*events))


def test_the_oldest_marks_fall_out() -> None:
    marks = told(*(rollback(minute=number) for number in range(KEPT + 5)))

    assert len(marks) == KEPT
    assert marks[0]["at_ms"] == round((START + timedelta(minutes=5)).timestamp() * 1000)
