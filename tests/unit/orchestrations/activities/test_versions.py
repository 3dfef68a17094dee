"""Which version goes back when a gate failed: a good one before it, by an action that the runs as they are allow."""

import json
from typing import Any

import pytest

from orchestrations.activities.actions import begin_action, plan_version_back
from shared.domain.action.actions import runs_of, undo_of
from shared.domain.approvals import action_hash
from shared.runbooks.policies import policies
from tests.fakes.vendor import status
from tests.fakes.vendors import Vendors, act, value

GOOD, WORSE, BAD = "a" * 40, "c" * 40, "b" * 40
REPOSITORY = "r1"
SERVICE: dict[str, Any] = {
    "name": "checkout",
    "tier": 3,
    "azure_devops": {"project": "Payments", "pipeline_id": 7},
    "dynatrace": {"entity_id": "SERVICE-1"},
}


@pytest.fixture(autouse=True)
def world(vendors: Vendors) -> None:
    vendors.services.__dict__["policies"] = {**policies(), "freezes": []}
    register(vendors)
    vendors.devops.add_run(101, GOOD, repository_id=REPOSITORY)


def register(vendors: Vendors, **changes: Any) -> None:
    document = {**SERVICE, **changes}
    vendors.services.blob.blobs["registry/services/checkout.json"] = json.dumps(document).encode()


def remember(vendors: Vendors, *entries: dict[str, Any]) -> None:
    path = "gates/history/checkout/production.json"
    vendors.services.blob.blobs[path] = json.dumps(list(entries)).encode()


def failed(commit: str) -> dict[str, Any]:
    return {"gate_id": commit, "commit": commit, "version": commit, "verdict": "fail", "taken_back": False}


async def plan(**changes: Any) -> dict[str, Any]:
    asked = {
        "service": "checkout",
        "environment": "production",
        "run_id": 103,
        "commit": BAD,
        "fingerprint": "f",
    }
    return await value(plan_version_back, {**asked, **changes})


async def test_a_version_whose_run_succeeded_is_rolled_back(vendors: Vendors) -> None:
    vendors.devops.add_run(103, BAD, repository_id=REPOSITORY)

    action = (await plan())["action"]
    assert (action["type"], action["commit"], action["replaces_commit"]) == ("roll_back", GOOD, BAD)


async def test_a_version_whose_pipeline_failed_with_its_gate_gives_way_to_what_succeeded_last(
    vendors: Vendors,
) -> None:
    vendors.devops.add_run(103, BAD, "failed", repository_id=REPOSITORY)

    action = (await plan())["action"]
    assert (action["type"], action["commit"]) == ("redeploy", GOOD)
    assert "replaces_commit" not in action


async def test_nobody_goes_back_to_what_failed_its_own_gate(vendors: Vendors) -> None:
    vendors.devops.add_run(102, WORSE, repository_id=REPOSITORY)
    vendors.devops.add_run(103, BAD, "failed", repository_id=REPOSITORY)
    remember(vendors, failed(WORSE))

    action = (await plan())["action"]
    assert (action["type"], action["commit"], action["replaces_commit"]) == ("redeploy", GOOD, WORSE)


async def test_without_its_run_the_version_is_found_by_its_commit(vendors: Vendors) -> None:
    vendors.devops.add_run(103, BAD, repository_id=REPOSITORY)

    assert (await plan(run_id=None))["action"]["replaces_run_id"] == 103


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"run_id": None, "commit": None}, "version_unknown"),
        ({"run_id": 999}, "deployed_since"),
        ({"commit": "d" * 40}, "deployed_since"),
        ({"service": "unknown"}, "no_service"),
    ],
)
async def test_what_cannot_be_told_is_not_guessed(
    vendors: Vendors, asked: dict[str, Any], reason: str
) -> None:
    vendors.devops.add_run(103, BAD)

    proposal = await plan(**asked)
    assert (proposal["action"], proposal["reason"]) == (None, reason)


async def test_while_the_pipeline_runs_nothing_is_deployed_beside_it(vendors: Vendors) -> None:
    vendors.devops.add_run(103, BAD, None)

    assert (await plan())["reason"] == "run_under_way"


def deployed_to(vendors: Vendors, run_id: int, commit: str, environment: str) -> None:
    run = vendors.devops.add_run(run_id, commit, repository_id=REPOSITORY)
    run["templateParameters"] = {"action": "apply", "environment": environment}


async def test_it_goes_back_in_the_environment_it_went_to_and_in_no_other(vendors: Vendors) -> None:
    vendors.devops.runs.clear()
    deployed_to(vendors, 100, GOOD, "production")
    deployed_to(vendors, 101, WORSE, "development")
    deployed_to(vendors, 103, BAD, "production")

    action = (await plan())["action"]
    (run,) = runs_of(action)
    assert (action["commit"], action["environment"]) == (GOOD, "production")
    assert run.parameters == {"action": "apply", "environment": "production"}
    assert (undo_of(action, {}) or {})["environment"] == "production"


async def test_a_pipeline_that_takes_no_environment_is_left_to_people(vendors: Vendors) -> None:
    vendors.devops.runs.clear()
    deployed_to(vendors, 100, GOOD, "production")
    deployed_to(vendors, 103, BAD, "production")
    vendors.devops.takes = {"action": {"apply"}}

    assert (await plan())["reason"] == "parameters_refused"


async def test_going_back_never_goes_on_by_itself_to_ever_older_versions(vendors: Vendors) -> None:
    variables = {"VALUEFLOW_KEY": {"value": "gate-checkout-1/start_run"}}
    vendors.devops.add_run(103, BAD, "failed", variables=variables)

    assert (await plan())["reason"] == "own_run"


async def test_a_version_that_went_out_since_stays(vendors: Vendors) -> None:
    vendors.devops.add_run(103, BAD)
    vendors.devops.add_run(104, "d" * 40)

    assert (await plan())["reason"] == "deployed_since"


@pytest.mark.parametrize(
    "others", [[], [(102, BAD)], [(102, WORSE)]], ids=["none", "same commit", "failed gate"]
)
async def test_without_a_good_version_nothing_is_proposed(
    vendors: Vendors, others: list[tuple[int, str]]
) -> None:
    vendors.devops.runs.clear()
    for run_id, commit in others:
        vendors.devops.add_run(run_id, commit)
    vendors.devops.add_run(103, BAD)
    remember(vendors, failed(WORSE))

    assert (await plan())["reason"] == "no_good_run"


async def test_another_branch_is_no_way_back(vendors: Vendors) -> None:
    vendors.devops.runs.clear()
    vendors.devops.add_run(101, GOOD, ref_name="refs/heads/other")
    vendors.devops.add_run(103, BAD)

    assert (await plan())["reason"] == "no_good_run"


async def test_where_nobody_can_tell_what_lies_between_two_people_decide(vendors: Vendors) -> None:
    """A migration may be in it; the owner's word is not enough then."""
    register(vendors, automation={"allow": ["roll_back", "redeploy"]})
    vendors.devops.add_run(103, BAD)

    proposal = await plan()
    assert (proposal["risk"], proposal["migration"]) == ("high", True)
    assert (proposal["judgement"]["verdict"], proposal["judgement"]["approvers"]) == ("ask", 2)


async def test_the_owner_s_word_lets_it_go_back_by_itself_and_it_still_holds_when_it_begins(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.clients.azure_devops.comparing import Comparing

    async def difference(*_: Any) -> dict[str, Any]:
        return {"paths": ["src/app.py"], "is_whole": True}

    monkeypatch.setattr(Comparing, "difference", difference)
    register(vendors, automation={"allow": ["roll_back"]})
    vendors.devops.add_run(103, BAD, repository_id=REPOSITORY)
    proposal = await plan()
    bound = {
        "action": proposal["action"],
        "action_hash": action_hash(proposal["action"]),
        "risk": proposal["risk"],
        "confidence": 1.0,
        "fingerprint": "f",
        "judgement": proposal["judgement"],
        "people": 0,
        "takes_s": 60,
        "undo": False,
    }
    for_a_diagnosis = await value(begin_action, bound)
    for_a_gate = await value(begin_action, {**bound, "because": "gate"})

    assert proposal["judgement"]["rules"] == ["failed_gate"]
    assert (for_a_diagnosis["go"], for_a_diagnosis["reason"]) == (False, "needs_more")
    assert for_a_gate["go"] is True


async def test_azure_devops_away_is_asked_again(vendors: Vendors) -> None:
    vendors.devops.fail("GET", "", *[status(503)] * 200)
    asked = {
        "service": "checkout",
        "environment": "production",
        "run_id": 103,
        "commit": BAD,
        "fingerprint": "f",
    }

    assert (await act(plan_version_back, asked))["status"] == "unavailable"
