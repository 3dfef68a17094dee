"""What may be proposed, and what never is; the choice among actions is in test_candidates.py."""

from typing import Any

import pytest

from shared.domain.action.remediation import propose
from tests.fakes.candidates import facts
from tests.fakes.remediation import DIAGNOSIS, GOOD, SERVICE, SUSPECT

RUNS = {"suspect": SUSPECT, "last_good": GOOD}


def test_a_recent_deployment_is_answered_by_the_last_good_run() -> None:
    proposal = propose(DIAGNOSIS, SERVICE, RUNS, facts())

    assert proposal["action"] is not None
    assert (proposal["action"]["type"], proposal["action"]["commit"]) == ("roll_back", GOOD["commit"])
    assert proposal["risk"] == "medium"


def test_a_tier_1_service_makes_it_high_risk() -> None:
    assert propose(DIAGNOSIS, {**SERVICE, "tier": 1}, RUNS, facts())["risk"] == "high"


@pytest.mark.parametrize(
    ("diagnosis", "service", "runs", "reason"),
    [
        (DIAGNOSIS, None, RUNS, "no_service"),
        ({**DIAGNOSIS, "category": "unknown"}, SERVICE, RUNS, "unknown_cause"),
        ({**DIAGNOSIS, "category": "certificate"}, SERVICE, RUNS, "no_pipeline"),
        (DIAGNOSIS, SERVICE, None, "no_flag"),
        (DIAGNOSIS, SERVICE, {"suspect": SUSPECT, "last_good": None}, "no_flag"),
    ],
)
def test_otherwise_nothing_is_proposed_and_why(diagnosis: Any, service: Any, runs: Any, reason: str) -> None:
    assert propose(diagnosis, service, runs, facts(flags=[], deployed=None)) == {
        "action": None,
        "risk": "low",
        "reason": reason,
    }
