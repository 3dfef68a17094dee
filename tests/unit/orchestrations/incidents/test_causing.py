"""What remediate_problem's facts say of the cause: the deployment that was chosen, as sure as people and rules are."""

from typing import Any

import pytest

from orchestrations.remediate_problem import remediate_problem
from orchestrations.saga import StepFailed
from shared.domain.approvals import action_hash
from shared.domain.incident.causes import NOBODY
from tests.fakes.orchestration import Outcome, Rehearsal, done
from tests.fakes.remediation import DIAGNOSIS, SUSPECT, World, recovery, request, roll_back

CAUSED = {
    "deployment_id": "azure_devops:102:production",
    "change_number": None,
    "commit": SUSPECT["commit"],
}
REFUSED = {"status": "refused", "reason": "no"}


class Causing(World):
    """A world whose evidence tells which deployment run 102 was; confidence: of the ranking."""

    def __init__(self, confidence: float) -> None:
        super().__init__()
        values = DIAGNOSIS["text_values"]
        candidate = {
            "category": "recent_deployment",
            "component": "checkout",
            "confidence": confidence,
            "evidence_ids": ["E3"],
            "text_key": "cause.recent_deployment",
            "text_values": values,
        }
        self.diagnosis = {
            **DIAGNOSIS,
            "component": "checkout",
            "confidence": confidence,
            "evidence_ids": ["E3"],
            "candidates": [candidate],
        }

    def collect_runs(self, payload: dict[str, Any]) -> Outcome:
        facts = {
            "run_id": 102,
            "commit": SUSPECT["commit"],
            "role": "suspect",
            "deployment_id": CAUSED["deployment_id"],
        }
        item = {
            "source": "azure_devops",
            "kind": "run",
            "at": "",
            "text": "run 102",
            "link": "",
            "facts": facts,
        }
        return done(items=[item], runs=self.runs)


def told(world: World, *decisions: tuple[str, float], fails: bool = False) -> list[Any]:
    """What the facts of its opening and of its end say, in this order."""
    play = Rehearsal(remediate_problem, request(), world.activities())
    for decided, after_s in decisions:
        said = {
            "decision": decided,
            "action_hash": action_hash(roll_back()),
            "person_id": "ana",
            "person_name": "Ana",
            "at": "2026-11-21T12:01:00Z",
            "comment": "",
        }
        play.event("decision", said, after_s=after_s)
    if fails:
        with pytest.raises(StepFailed):
            play.run()
    else:
        play.run()
    facts = [one for one in play.payloads("publish_event") if one["type"].startswith("incident.")]
    return [one["data"]["caused_by"] for one in facts]


def test_a_sure_cause_is_said_at_once_and_again_at_the_end() -> None:
    assert told(Causing(0.8), ("approve", 60)) == [CAUSED, CAUSED]


def test_an_unsure_cause_is_said_once_people_agreed_and_it_helped() -> None:
    assert told(Causing(0.5), ("approve", 60)) == [None, CAUSED]


def test_an_unsure_cause_of_which_nobody_says_anything_is_never_said() -> None:
    assert told(Causing(0.5)) == [None, None]


def test_what_people_refuse_is_taken_back() -> None:
    assert told(Causing(0.8), ("refuse", 60)) == [CAUSED, NOBODY]


def test_what_did_not_help_is_taken_back() -> None:
    world = Causing(0.8)
    world.recoveries = iter([recovery("still_open")] * 99)

    assert told(world, ("approve", 60)) == [CAUSED, NOBODY]


def test_an_action_that_failed_leaves_the_word_of_those_who_allowed_it() -> None:
    world = Causing(0.5)
    world.run_states = iter([("completed", "failed")])

    assert told(world, ("approve", 60)) == [None, CAUSED]


def test_an_incident_that_cannot_go_on_says_what_was_known() -> None:
    world = Causing(0.8)
    world.next["write_postmortem"] = [REFUSED]

    assert told(world, ("approve", 60), fails=True) == [CAUSED, CAUSED]


def test_evidence_without_a_deployment_s_name_says_nothing() -> None:
    assert told(World(), ("approve", 60)) == [None, None]
