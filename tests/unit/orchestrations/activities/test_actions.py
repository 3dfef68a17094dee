"""The activities on actions, over the real clients: what is proposed, what stands in the way, and what is done once."""

import json
from typing import Any

import pytest

from orchestrations.activities import actions
from orchestrations.activities.action_checks import CHECKS
from shared.clients.app_configuration import app_configuration_client
from shared.domain.approvals import action_hash
from shared.runbooks.catalogue import runbooks
from shared.runbooks.policies import policies
from tests.fakes import app_configuration
from tests.fakes.vendor import done_but_failed, lost_reply, no_connection, timed_out
from tests.fakes.vendors import Vendors, act, value

OLD, NEW, NEWER = "a" * 40, "b" * 40, "d" * 40
FINGERPRINT = "f1"
POWER = {"action": {"apply", "stop", "start", "destroy"}, "environment": {"production"}}
AUTOMATION: dict[str, Any] = {
    "allow": ["restart"],
    "instances": {"normal": 2, "most": 6},
    "flags": [{"name": "new-cart", "label": "", "categories": ["dependency"]}],
    "pipelines": [
        {
            "name": "renew-certificate",
            "pipeline_id": 9,
            "ref_name": "refs/heads/main",
            "parameters": {"days": "90"},
            "categories": ["certificate"],
        }
    ],
}


AT_ANY_HOUR = {
    **policies(),
    "needs": [rule for rule in policies()["needs"] if not {"during", "outside"} & rule.keys()],
    "freezes": [],
}


def run(run_id: int, commit: str) -> dict[str, Any]:
    return {"run_id": run_id, "commit": commit, "ref_name": "refs/heads/main"}


RUNS = {"suspect": run(102, NEW), "last_good": run(101, OLD)}


class Stage:
    """A service with two good runs, restarted by stop and start, and one feature flag."""

    def __init__(self, vendors: Vendors) -> None:
        self.vendors, self.devops = vendors, vendors.devops
        self.flags = app_configuration.FakeAppConfiguration()
        vendors.services.__dict__["app_configuration"] = app_configuration_client(
            app_configuration.URL,
            app_configuration.CREDENTIAL,
            app_configuration.SECRET,
            transport=self.flags.transport,
        )
        vendors.services.__dict__["policies"] = AT_ANY_HOUR
        self.devops.add_run(101, OLD)
        self.devops.add_run(102, NEW)
        self.devops.takes = dict(POWER)
        self.flags.add_flag("new-cart")
        self.register()

    def register(self, **changes: Any) -> None:
        service = {
            "name": "checkout",
            "tier": 2,
            "azure_devops": {"project": "Payments", "pipeline_id": 7},
            "dynatrace": {"entity_id": "SERVICE-1"},
            "environments": {"production": {"state": "running", "action": None}},
            "automation": AUTOMATION,
            **changes,
        }
        self.vendors.services.blob.blobs["registry/services/checkout.json"] = json.dumps(service).encode()

    async def plan(self, category: str, confidence: float = 0.9, **changes: Any) -> dict[str, Any]:
        payload = {
            "service": "checkout",
            "diagnosis": {"category": category, "component": "", "confidence": confidence},
            "runs": RUNS,
            "names": [],
            "migration": False,
            "fingerprint": FINGERPRINT,
            **changes,
        }
        return await value(actions.plan_action, payload)

    def began(self, proposal: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return {
            "action": proposal["action"],
            "action_hash": action_hash(proposal["action"]),
            "risk": proposal["risk"],
            "confidence": proposal["confidence"],
            "fingerprint": FINGERPRINT,
            "judgement": proposal["judgement"],
            "people": proposal["judgement"]["approvers"],
            "takes_s": 600,
            "undo": False,
            **changes,
        }

    async def begin(self, proposal: dict[str, Any], key: str, **changes: Any) -> dict[str, Any]:
        return await value(actions.begin_action, self.began(proposal, **changes), key)

    async def end(self, key: str, state: str = "done") -> None:
        ended = {"service": "checkout", "began": key, "state": state, "reason": ""}
        await value(actions.end_action, ended, f"{key}/end")

    def entries(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = json.loads(self.vendors.services.blob.blobs["actions/checkout.json"])
        return kept


@pytest.fixture
def stage(vendors: Vendors) -> Stage:
    return Stage(vendors)


def test_every_precondition_of_the_catalogue_is_looked_at() -> None:
    assert {name for book in runbooks().values() for name in book.preconditions} == set(CHECKS)


def told_environment(stage: Stage, environment: str) -> dict[str, Any]:
    """Both runs were told their environment, as a pipeline with that parameter tells it."""
    for run_id in (101, 102):
        stage.devops.runs[run_id]["templateParameters"] = {"action": "apply", "environment": environment}
    return {role: {**one, "environment": environment} for role, one in RUNS.items()}


async def test_going_back_is_told_the_environment_that_the_bad_run_was_told(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment", runs=told_environment(stage, "production"))
    await stage.begin(proposal, "op-1/begin_action")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}
    started = await value(actions.start_action_run, {**bound, "part": 0, "undo": False}, "op-1/start_run")

    assert proposal["action"]["environment"] == "production"
    assert stage.devops.runs[started["run_id"]]["templateParameters"] == {
        "action": "apply",
        "environment": "production",
    }


async def test_a_pipeline_that_does_not_take_the_environment_is_left_to_people(stage: Stage) -> None:
    runs = told_environment(stage, "canary")

    proposal = await stage.plan("recent_deployment", runs=runs)
    assert (proposal["action"], proposal["reason"]) == (None, "parameters_refused")


async def test_what_went_to_another_environment_since_is_in_nobody_s_way(stage: Stage) -> None:
    runs = told_environment(stage, "production")
    stage.devops.add_run(103, NEWER)["templateParameters"] = {"action": "apply", "environment": "development"}

    assert (await stage.plan("recent_deployment", runs=runs))["action"]["replaces_run_id"] == 102


async def test_a_bad_deployment_is_answered_by_going_back_for_a_person_to_allow(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")

    assert proposal["action"] == {
        "type": "roll_back",
        "service": "checkout",
        "project": "Payments",
        "pipeline_id": 7,
        "run_id": 101,
        "commit": OLD,
        "ref_name": "refs/heads/main",
        "replaces_run_id": 102,
        "replaces_commit": NEW,
    }
    assert (proposal["risk"], proposal["judgement"]["approvers"]) == ("medium", 1)
    assert (proposal["blast_radius"], proposal["verification"]["within_minutes"]) == ("service", 30)


async def test_a_leak_is_answered_by_stop_and_start_where_restart_is_not_known(stage: Stage) -> None:
    proposal = await stage.plan("memory_leak")

    assert (proposal["action"]["type"], proposal["action"]["through"]) == ("restart", ["stop", "start"])
    assert proposal["action"]["commit"] == NEW
    assert proposal["considered"] == [{"type": "restart", "reason": "parameters_refused"}]
    assert stage.devops.with_key("op-1/step") == []


async def test_what_the_owner_allows_is_automatic_only_with_a_sure_cause(stage: Stage) -> None:
    sure, unsure = await stage.plan("memory_leak"), await stage.plan("memory_leak", 0.4)
    stage.register(automation={**AUTOMATION, "allow": []})
    unallowed = await stage.plan("memory_leak")

    verdicts = [one["judgement"]["verdict"] for one in (sure, unsure, unallowed)]
    assert verdicts == ["automatic", "ask", "ask"]


async def test_a_pipeline_that_scales_is_scaled_and_one_that_does_not_is_not(stage: Stage) -> None:
    without = await stage.plan("saturation")
    stage.devops.takes = {**POWER, "action": {*POWER["action"], "scale"}, "instances": {"2", "4"}}
    with_scale = await stage.plan("saturation")

    assert without["action"]["type"] == "restart"
    assert with_scale["action"]["type"] == "scale_out"


async def test_a_failing_dependency_is_answered_by_the_flag_named_for_it(stage: Stage) -> None:
    proposal = await stage.plan("dependency")
    stage.flags.add_flag("new-cart", enabled=False)
    already_off = await stage.plan("dependency")

    assert proposal["action"]["etag"] == "v1"
    assert (already_off["action"], already_off["reason"]) == (None, "no_flag")


async def test_an_expired_certificate_is_answered_by_the_pipeline_named_for_it(stage: Stage) -> None:
    stage.devops.takes = None

    action = (await stage.plan("certificate"))["action"]

    assert (action["pipeline"], action["pipeline_id"], action["parameters"]) == (
        *("renew-certificate", 9),
        {"days": "90"},
    )


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda stage: stage.devops.add_run(103, NEWER), "deployed_since"),
        (lambda stage: stage.devops.add_run(103, NEWER, None), "run_under_way"),
        (lambda stage: stage.devops.add_run(101, OLD, "failed"), "run_not_good"),
        (lambda stage: stage.devops.runs.pop(101), "run_not_good"),
        (
            lambda stage: stage.devops.runs[101].update(templateParameters={"action": "stop"}),
            "run_not_good",
        ),
        (
            lambda stage: stage.register(azure_devops={"project": "Payments", "pipeline_id": 8}),
            "another_pipeline",
        ),
        (lambda stage: stage.vendors.services.blob.blobs.clear(), "no_service"),
    ],
)
async def test_what_changed_after_the_approval_stops_the_action(
    stage: Stage, happens: Any, reason: str
) -> None:
    proposal = await stage.plan("recent_deployment")
    happens(stage)

    begun = await stage.begin(proposal, "op-1/begin_action")

    assert (begun["go"], begun["reason"]) == (False, reason)
    assert "actions/checkout.json" not in stage.vendors.services.blob.blobs


async def test_runs_of_pull_requests_stand_in_nobodys_way(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")
    stage.devops.add_run(103, NEWER, "succeeded", "refs/pull/1/merge")
    stage.devops.add_run(104, NEWER, None, "refs/pull/2/merge")

    assert (await stage.begin(proposal, "op-1/begin_action"))["go"] is True


async def test_a_restart_of_the_newest_code_deploys_nothing(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")
    stage.devops.add_run(103, NEWER)["templateParameters"] = {"action": "start", "environment": "production"}

    assert (await stage.begin(proposal, "op-1/begin_action"))["go"] is True


async def test_an_environment_that_is_being_stopped_is_not_restarted(stage: Stage) -> None:
    proposal = await stage.plan("memory_leak")
    stage.register(environments={"production": {"state": "stopping", "action": {"id": "x"}}})

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "environment_changes"


async def test_a_pipeline_taken_off_the_list_is_not_run(stage: Stage) -> None:
    stage.devops.takes = None
    proposal = await stage.plan("certificate")
    other = {**AUTOMATION["pipelines"][0], "parameters": {"days": "1"}}
    stage.register(automation={**AUTOMATION, "pipelines": [other]})

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "not_listed"


async def test_the_owner_taking_back_the_word_stops_what_nobody_approved(stage: Stage) -> None:
    proposal = await stage.plan("memory_leak")
    stage.register(automation={**AUTOMATION, "allow": []})

    begun = await stage.begin(proposal, "op-1/begin_action")

    assert (begun["go"], begun["reason"]) == (False, "needs_more")


async def test_a_freeze_that_began_meanwhile_stops_the_action(stage: Stage) -> None:
    proposal = await stage.plan("memory_leak")
    freeze = {
        "name": "now",
        "from": "2020-01-01T00:00",
        "until": "2999-01-01T00:00",
        "actions": ["roll_back"],
        "approvers": 2,
    }
    stage.vendors.services.__dict__["policies"] = {**AT_ANY_HOUR, "freezes": [freeze]}

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "frozen"
    assert (await stage.plan("memory_leak"))["action"]["type"] == "roll_back"


async def test_a_tier_raised_meanwhile_needs_more_people(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")
    stage.register(tier=1)

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "needs_more"
    assert (await stage.begin(proposal, "op-1/begin_action", people=2))["go"] is True


async def test_another_action_than_the_approved_one_is_refused(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")
    payload = stage.began(proposal)
    payload["action"] = {**payload["action"], "commit": NEWER}

    for activity, more in (
        (actions.begin_action, {}),
        (actions.start_action_run, {"part": 0}),
        (actions.switch_flag, {}),
    ):
        outcome = await act(activity, {**payload, **more})
        assert outcome["status"] == "refused"
        assert "approved" in outcome["reason"]


async def test_the_third_time_within_a_day_a_person_takes_over(stage: Stage) -> None:
    for number in (1, 2):
        proposal = await stage.plan("memory_leak")
        assert (await stage.begin(proposal, f"op-{number}/begin_action"))["go"] is True
        await stage.end(f"op-{number}/begin_action")

    again = await stage.plan("memory_leak")
    late = await stage.begin(proposal, "op-3/begin_action")

    assert again["action"]["type"] == "roll_back"
    assert {"type": "restart", "reason": "repeated"} in again["considered"]
    assert (late["go"], late["reason"]) == (False, "repeated")


async def test_one_operation_acts_on_a_service_at_a_time(stage: Stage) -> None:
    restart, back = await stage.plan("memory_leak"), await stage.plan("recent_deployment")
    await stage.begin(restart, "op-1/begin_action")

    busy = await stage.begin(back, "op-2/begin_action")
    await stage.end("op-1/begin_action")
    free = await stage.begin(back, "op-2/begin_action")

    assert (busy["reason"], free["go"]) == ("busy", True)


async def test_beginning_again_goes_on_although_its_own_run_is_under_way(stage: Stage) -> None:
    proposal = await stage.plan("memory_leak")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}
    await stage.begin(proposal, "op-1/begin_action")
    await value(actions.start_action_run, {**bound, "part": 0, "undo": False}, "op-1/start_run")

    begun = await stage.begin(proposal, "op-1/begin_action")

    assert (begun["go"], begun["result"]) == (True, "adopted")
    assert len(stage.entries()) == 1


@pytest.mark.parametrize("fault", [lost_reply, timed_out, done_but_failed(502)], ids=["lost", "late", "502"])
async def test_a_run_is_started_once_per_part_with_what_was_approved(stage: Stage, fault: Any) -> None:
    proposal = await stage.plan("memory_leak")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}
    stage.devops.fail("POST", "/runs", fault)

    for part, verb in enumerate(("stop", "start")):
        payload = {**bound, "part": part, "undo": False}
        first = await value(actions.start_action_run, payload, f"op-1/start_run_{verb}")
        again = await value(actions.start_action_run, payload, f"op-1/start_run_{verb}")
        assert first["run_id"] == again["run_id"]
        started = stage.devops.runs[first["run_id"]]
        assert started["templateParameters"] == {"action": verb, "environment": "production"}
        assert started["resources"]["repositories"]["self"]["version"] == NEW
    assert len(stage.devops.runs) == 4


async def test_the_way_back_of_a_scale_is_read_from_the_approved_action(stage: Stage) -> None:
    stage.devops.takes = None
    proposal = await stage.plan("saturation")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}

    back = await value(actions.start_action_run, {**bound, "part": 0, "undo": True}, "op-1/back")

    assert stage.devops.runs[back["run_id"]]["templateParameters"]["instances"] == "2"


async def test_a_flag_is_switched_and_switched_back_with_an_approval_of_its_own(stage: Stage) -> None:
    proposal = await stage.plan("dependency")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}
    assert (await stage.begin(proposal, "op-1/begin_action"))["go"] is True

    made = await value(actions.switch_flag, bound, "op-1/switch_flag")
    asked = {"action": proposal["action"], "made": made, "fingerprint": FINGERPRINT}
    undo = await value(actions.plan_undo, asked)

    assert not stage.flags.enabled("new-cart")
    assert undo["action"] == {
        "type": "enable_feature_flag",
        "service": "checkout",
        "flag": "new-cart",
        "label": "",
        "etag": made["etag"],
    }
    assert undo["judgement"]["verdict"] == "ask"
    begun = await stage.begin(undo, "op-1/begin_action_undo", undo=True)
    assert begun["go"] is True
    back = {"action": undo["action"], "action_hash": action_hash(undo["action"])}
    await value(actions.switch_flag, back, "op-1/switch_flag_undo")
    assert stage.flags.enabled("new-cart")


async def test_a_flag_that_changed_is_neither_switched_nor_switched_back(stage: Stage) -> None:
    proposal = await stage.plan("dependency")
    bound = {"action": proposal["action"], "action_hash": action_hash(proposal["action"])}
    stage.flags.add_flag("new-cart")

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "flag_changed"
    assert (await value(actions.switch_flag, bound))["etag"] == ""
    asked = {"action": proposal["action"], "made": {"etag": "v1"}, "fingerprint": FINGERPRINT}
    assert (await value(actions.plan_undo, asked))["reason"] == "flag_changed"


async def test_going_back_can_be_taken_back_while_nothing_else_was_deployed(stage: Stage) -> None:
    action = (await stage.plan("recent_deployment"))["action"]
    asked = {"action": action, "made": {}, "fingerprint": FINGERPRINT}
    before = await value(actions.plan_undo, asked)
    stage.devops.add_run(103, OLD)
    after = await value(actions.plan_undo, asked)
    stage.devops.add_run(104, NEWER)
    later = await value(actions.plan_undo, asked)

    assert (before["reason"], later["reason"]) == ("deployed_since", "deployed_since")
    assert (after["action"]["type"], after["action"]["commit"]) == ("redeploy", NEW)


@pytest.mark.parametrize(("category", "reason"), [("memory_leak", "no_undo"), ("saturation", "by_itself")])
async def test_what_has_no_way_back_says_so(stage: Stage, category: str, reason: str) -> None:
    stage.devops.takes = None
    proposal = await stage.plan(category)

    undo = await value(
        actions.plan_undo, {"action": proposal["action"], "made": {}, "fingerprint": FINGERPRINT}
    )

    assert (undo["action"], undo["reason"]) == (None, reason)


async def test_without_a_store_of_flags_none_is_proposed(stage: Stage) -> None:
    proposal = await stage.plan("dependency")
    stage.vendors.services.__dict__["app_configuration"] = None

    assert (await stage.plan("dependency"))["reason"] == "no_flag"
    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "no_flag_store"


async def test_a_vendor_that_is_away_leaves_the_question_open(stage: Stage) -> None:
    stage.devops.fail("GET", "/runs", *[no_connection] * 100)

    outcome = await act(actions.plan_action, {**_asked(), "runs": RUNS})

    assert outcome["status"] == "unavailable"


async def test_a_service_without_a_pipeline_gets_no_action(stage: Stage) -> None:
    stage.register(azure_devops={"project": "Payments", "pipeline_id": 0})

    assert (await stage.plan("memory_leak"))["reason"] == "no_service"


def _asked() -> dict[str, Any]:
    return {
        "service": "checkout",
        "diagnosis": {"category": "memory_leak", "component": "", "confidence": 1},
        "names": [],
        "migration": False,
        "fingerprint": FINGERPRINT,
    }


def chosen(action: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {"service": "checkout", "confidence": 0.9, "migration": False, "fingerprint": FINGERPRINT}
    return {**base, "action": action, **changes}


async def test_a_proposal_names_what_people_may_choose_instead(stage: Stage) -> None:
    proposal = await stage.plan("recent_deployment")

    assert [one["type"] for one in proposal["options"]] == ["restart", "scale_out"]


async def test_an_edited_action_is_proposed_with_its_own_risk_and_for_people_always(stage: Stage) -> None:
    (restart,) = [
        one for one in (await stage.plan("recent_deployment"))["options"] if one["type"] == "restart"
    ]

    edited = await value(actions.plan_edited, chosen(restart))

    assert edited["action"] == {**restart, "through": ["stop", "start"]}
    assert (edited["risk"], edited["blast_radius"]) == ("low", "environment")
    assert (edited["judgement"]["verdict"], edited["judgement"]["approvers"]) == ("ask", 1)
    assert (await stage.plan("memory_leak"))["judgement"]["verdict"] == "automatic"


async def test_going_back_over_a_migration_is_riskier_also_when_a_person_chooses_it(stage: Stage) -> None:
    roll_back = (await stage.plan("recent_deployment"))["action"]

    assert (await value(actions.plan_edited, chosen(roll_back, migration=True)))["risk"] == "high"
    assert (await value(actions.plan_edited, chosen(roll_back)))["risk"] == "medium"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"instances": 7}, "other_instances"),
        ({"instances": 2, "back_to": 2}, "other_instances"),
        ({"back_to": 1}, "other_instances"),
        ({"commit": OLD}, "deployed_since"),
        ({"pipeline_id": 8}, "another_pipeline"),
        ({"service": "other"}, "no_service"),
        ({"environment": "SECRET!"}, "not_in_catalogue"),
        ({"type": "scale_back"}, "not_in_catalogue"),
        ({"type": None}, "not_in_catalogue"),
    ],
)
async def test_an_edited_action_is_held_to_catalogue_owner_and_live_state(
    stage: Stage, changes: dict[str, Any], reason: str
) -> None:
    stage.devops.takes = None
    scaled = (await stage.plan("saturation"))["action"]

    edited = await value(actions.plan_edited, chosen({**scaled, **changes}))

    assert (edited["action"], edited["reason"]) == (None, reason)


async def test_more_instances_need_the_owner_s_word_until_the_moment_they_are_made(stage: Stage) -> None:
    stage.devops.takes = None
    proposal = await stage.plan("saturation")
    stage.register(automation={**AUTOMATION, "instances": {"normal": 2, "most": 3}})

    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "other_instances"
    stage.register(automation={})
    assert (await stage.begin(proposal, "op-1/begin_action"))["reason"] == "no_instances"


async def test_an_edited_action_that_was_done_often_enough_is_not_proposed(stage: Stage) -> None:
    stage.vendors.services.__dict__["policies"] = {**AT_ANY_HOUR, "cap": {"times": 0, "hours": 24}}
    roll_back = {"type": "roll_back", "service": "checkout", "project": "Payments", "pipeline_id": 7}
    roll_back |= {**run(101, OLD), "replaces_run_id": 102, "replaces_commit": NEW}

    assert (await value(actions.plan_edited, chosen(roll_back)))["reason"] == "repeated"
