"""provision_service, rehearsed: a whole service or nothing, whatever fails when."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrations.provision_service import provision_service
from orchestrations.saga import StepFailed
from shared.domain.approvals import action_hash
from shared.domain.service.provisioning import provision_action
from tests.fakes import provisioning as fake
from tests.fakes.orchestration import START, Crash, Rehearsal
from tests.fakes.provisioning import OPERATION, PATH, World, request

FORWARD = (
    *("claim_name", "look_in_azure_devops", "open_change", "create_repository", "push_skeleton"),
    *("create_pipeline", "authorize_pipeline", "protect_branch", "run_pipeline", "create_setting"),
    *("ensure_shared_setting", "create_objective", "create_configuration_item", "register_service"),
)
AFTER = ("post_card", "publish_event", "close_change", "find_entity", "link_entity")
BACKWARD = (
    *("release_name", "cancel_change", "delete_repository", "remove_first_commit", "delete_pipeline"),
    *("revoke_pipeline", "unprotect_branch", "destroy_environment", "delete_setting", "delete_objective"),
    *("delete_configuration_item", "unregister_service"),
)


@pytest.fixture
def world() -> World:
    return World()


def rehearse(world: World, **changes: Any) -> Rehearsal:
    return Rehearsal(provision_service, request(**changes), world.activities(), OPERATION)


def whole() -> set[tuple[str, str, str]]:
    """What exists after a provisioning that met no fault."""
    world = World()
    rehearse(world).run()
    return world.exists()


def fails(play: Rehearsal) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        play.run()
    return caught.value


def outcome(play: Rehearsal) -> str:
    return str(play.statuses[-1]["outcome"])


def test_a_service_comes_into_being_whole_and_is_told(world: World) -> None:
    play = rehearse(world)

    result = play.run()

    assert result == {"outcome": "provisioned", "service": "orders", "warnings": []}
    assert {kind for kind, _, _ in world.exists()} == {
        *("claim", "repository", "commit", "pipeline", "policies", "permission", "environment"),
        *("setting", "objective", "ci", "document"),
    }
    assert world.records == {f"{OPERATION}/open_change": "closed"}
    assert world.told == ["The service orders is ready", "service.provisioned"]


def test_the_registry_document_joins_all_systems(world: World) -> None:
    play = rehearse(world, parameters={"lifetime_hours": 48})

    play.run()

    (payload,) = play.payloads("register_service")
    document = payload["service"]
    assert document["azure_devops"]["pipeline_id"] == 7
    assert document["servicenow_ci"] == "c" * 32
    assert document["golden_path"] == {"name": "python-function", "version": "1.0.0"}
    assert document["environments"]["development"]["state"] == "running"
    assert document["environments"]["development"]["ends_at"].startswith("2026-11-23T12:00")
    assert document["parts"]["repository"]["result"] == "created"


def test_lines_that_do_not_depend_on_each_other_run_side_by_side(world: World) -> None:
    world.run_polls = 30

    play = rehearse(world)
    play.run()

    names = play.activity_names
    assert names.index("create_configuration_item") < names.index("push_skeleton")
    assert names.index("create_objective") < len(names) - names[::-1].index("get_run")


@pytest.mark.parametrize("activity", FORWARD)
@pytest.mark.parametrize("fault", [fake.refused, fake.stays_away, fake.stays_lost])
def test_a_step_that_cannot_be_done_leaves_nothing_behind(world: World, activity: str, fault: Any) -> None:
    world.fail(activity, fault)
    play = rehearse(world)

    fails(play)

    assert world.exists() == set()
    assert outcome(play) == "compensated"
    assert "open" not in world.records.values() or activity == "open_change"
    assert world.told[-1] == "service.not_provisioned"


@pytest.mark.parametrize("activity", [*FORWARD, *AFTER])
@pytest.mark.parametrize("fault", [fake.away, fake.lost])
def test_a_fault_that_passes_changes_nothing(world: World, activity: str, fault: Any) -> None:
    world.fail(activity, fault)
    play = rehearse(world)

    result = play.run()

    assert result["outcome"] == "provisioned"
    assert world.exists() == whole()


@pytest.mark.parametrize("activity", AFTER)
@pytest.mark.parametrize("fault", [fake.refused, fake.stays_away])
def test_what_fails_after_the_service_is_whole_is_a_warning_and_undoes_nothing(
    world: World, activity: str, fault: Any
) -> None:
    world.fail(activity, fault)

    result = rehearse(world).run()

    assert result["outcome"] == "provisioned"
    assert len(result["warnings"]) == 1
    assert world.exists() == whole()


@pytest.mark.parametrize("compensation", BACKWARD)
def test_a_compensation_that_fails_is_kept_shown_and_escalated(world: World, compensation: str) -> None:
    world.fail("register_service", fake.stays_lost)
    world.fail(compensation, fake.refused)
    play = rehearse(world)

    failure = fails(play)

    assert failure.step == compensation
    assert outcome(play) == "compensation_failed"
    states = {each["name"]: each["state"] for each in play.statuses[-1]["compensations"]}
    assert "failed" in states.values()
    assert f"incident {OPERATION}/compensation" in world.told
    if compensation != "release_name":
        assert ("claim", "orders", OPERATION) in world.exists()


def test_a_failed_compensation_keeps_what_is_needed_to_try_again(world: World) -> None:
    world.run_result = "failed"
    world.fail("destroy_environment", fake.refused)
    play = rehearse(world)

    fails(play)

    kinds = {kind for kind, _, _ in world.exists()}
    assert {"environment", "pipeline", "repository"} <= kinds
    assert not {"setting", "objective", "ci"} & kinds


def test_a_first_run_that_fails_names_its_stage_and_undoes_everything(world: World) -> None:
    world.run_result = "failed"
    play = rehearse(world)

    failure = fails(play)

    assert failure.reason == "run 101 failed at the stage deploy"
    assert world.exists() == set()


def test_a_first_run_that_never_ends_is_undone_too(world: World) -> None:
    world.run_polls = 10_000
    play = rehearse(world)

    failure = fails(play)

    assert "did not end in time" in failure.reason
    assert world.exists() == set()


def test_compensations_are_recorded_before_their_steps_are_called(world: World) -> None:
    seen: dict[str, list[str]] = {}
    play = rehearse(world)

    def watching(name: str, usual: Any) -> Any:
        def activity(payload: dict[str, Any]) -> Any:
            seen.setdefault(name, [each["of"] for each in play.statuses[-1].get("compensations", [])])
            return usual(payload)

        return activity

    play._activities = {name: watching(name, usual) for name, usual in world.activities().items()}
    play.run()

    assert "create_repository" in seen["create_repository"]
    assert "start_first_run" in seen["run_pipeline"]
    assert "create_configuration_item" in seen["create_configuration_item"]


def test_what_was_there_before_is_refused_unless_it_is_to_be_adopted(world: World) -> None:
    world.things["repository", "orders"] = {"by": "somebody"}

    failure = fails(rehearse(world))

    assert "exists" in failure.reason
    assert world.exists() == {("repository", "orders", "somebody")}


def test_an_adopted_repository_gets_what_it_lacks_and_is_not_touched(world: World) -> None:
    world.things["repository", "orders"] = {"by": "somebody"}
    play = rehearse(world, parameters={"adopt_existing": True})

    play.run()

    (payload,) = play.payloads("register_service")
    assert payload["service"]["parts"]["repository"]["result"] == "adopted"
    assert "run_pipeline" not in play.activity_names
    assert ("repository", "orders", "somebody") in world.exists()


@pytest.mark.parametrize("kind", ["setting", "objective", "ci"])
def test_adopted_things_survive_a_compensation(world: World, kind: str) -> None:
    names = {"setting": "builtin:management-zones", "objective": "orders latency", "ci": "orders"}
    world.things[kind, names[kind]] = {"by": "somebody"}
    world.fail("register_service", fake.refused)

    fails(rehearse(world))

    assert world.exists() == {(kind, names[kind], "somebody")}


def cancel(play: Rehearsal, after_s: float) -> None:
    play.event("cancel", {"by": "Bruno Lima", "reason": ""}, after_s=after_s)


def test_a_cancelled_request_is_undone_and_ends_as_wanted(world: World) -> None:
    world.run_polls = 20
    play = rehearse(world)
    cancel(play, 40)

    result = play.run()

    assert result["outcome"] == "cancelled"
    assert world.exists() == set()
    assert play.elapsed_s < 120


def test_a_cancellation_during_a_retry_waits_for_no_more_tries(world: World) -> None:
    world.fail("create_repository", fake.stays_away)
    play = rehearse(world)
    cancel(play, 7)

    assert play.run()["outcome"] == "cancelled"
    assert play.elapsed_s < 60


def test_a_cancellation_lets_an_unknown_write_settle_before_anything_is_undone(world: World) -> None:
    world.fail("create_configuration_item", fake.lost)
    world.run_polls = 100
    play = rehearse(world)
    cancel(play, 5)

    assert play.run()["outcome"] == "cancelled"
    assert play.elapsed_s >= 30
    assert world.exists() == set()


def test_nobody_cancels_a_service_that_is_whole(world: World) -> None:
    world.entity_after = 10
    play = rehearse(world)
    cancel(play, 60)

    assert play.run()["outcome"] == "provisioned"
    assert play.statuses[-1]["cancellable"] is False


def decision(decided: str, person: str = "ana") -> dict[str, Any]:
    action = provision_action(PATH, request()["parameters"], 120)
    return {
        "decision": decided,
        "action_hash": action_hash(action),
        "person_id": person,
        "person_name": person.title(),
        "at": START.isoformat(),
        "comment": "",
    }


APPROVAL = {"risk": "medium", "reasons": ["tier"]}


def test_an_approved_request_goes_on(world: World) -> None:
    play = rehearse(world, approval=APPROVAL)
    play.event("decision", decision("approve"), after_s=60)

    assert play.run()["outcome"] == "provisioned"
    assert "approval.decided" in world.told


@pytest.mark.parametrize(
    ("event", "ended"), [(decision("refuse"), "refuse"), (decision("approve", "bruno"), "expired")]
)
def test_without_a_yes_of_somebody_else_nothing_is_made(world: World, event: Any, ended: str) -> None:
    play = rehearse(world, approval=APPROVAL)
    play.event("decision", event, after_s=60)

    assert play.run()["outcome"] == ended
    assert world.exists() == set()
    assert "create_repository" not in play.activity_names


def test_a_cancelled_approval_is_not_waited_for(world: World) -> None:
    play = rehearse(world, approval=APPROVAL)
    cancel(play, 60)

    assert play.run()["outcome"] == "cancelled"
    assert play.elapsed_s == 60


def test_an_activity_that_crashes_counts_as_refused(world: World) -> None:
    def crash(usual: Any, payload: dict[str, Any]) -> Any:
        usual(payload)
        raise Crash("boom")

    world.fail("create_pipeline", crash)

    fails(rehearse(world))

    assert world.exists() == set()


LEFT_BY = {
    "release_name": "claim",
    "delete_repository": "repository",
    "remove_first_commit": "commit",
    "delete_pipeline": "pipeline",
    "revoke_pipeline": "permission",
    "unprotect_branch": "policies",
    "destroy_environment": "environment",
    "delete_setting": "setting",
    "delete_objective": "objective",
    "delete_configuration_item": "ci",
    "unregister_service": "document",
}
"""The compensation that a thing of this kind needs."""


def crash(usual: Any, payload: dict[str, Any]) -> Any:
    """Does the work and ends without an answer."""
    usual(payload)
    raise Crash("boom")


FAULTS = (fake.refused, fake.away, fake.lost, fake.stays_away, fake.stays_lost, crash)
plans = st.dictionaries(
    st.sampled_from((*FORWARD, *AFTER, *BACKWARD, "get_run", "find_failed_stage", "open_incident")),
    st.lists(st.sampled_from(FAULTS), min_size=1, max_size=3),
    min_size=1,
    max_size=5,
)


@given(plans, st.sampled_from(("succeeded", "failed", "canceled")), st.none() | st.integers(0, 1200))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_fails_when_it_ends_whole_or_with_nothing_or_says_what_is_left(
    plan: dict[str, list[Any]], run_result: str, cancel_after_s: int | None
) -> None:
    world = World()
    world.run_result = run_result
    for activity, faults in plan.items():
        world.fail(activity, *faults)
    play = rehearse(world)
    if cancel_after_s is not None:
        cancel(play, cancel_after_s)

    try:
        result = play.run()
    except StepFailed:
        result = {"outcome": outcome(play)}

    told = play.statuses[-1]
    assert told["outcome"] == result["outcome"]
    assert not any(step["state"] in ("running", "waiting") for step in told["steps"])
    if told["outcome"] == "provisioned":
        assert world.exists() == whole()
    elif told["outcome"] == "compensation_failed":
        open_ = {each["name"] for each in told["compensations"] if each["state"] in ("failed", "recorded")}
        assert {kind for kind, _, _ in world.exists()} <= {LEFT_BY.get(name) for name in open_}
    else:
        assert told["outcome"] in ("compensated", "cancelled")
        assert world.exists() == set()


def test_the_status_fits_into_what_durable_functions_keeps(world: World) -> None:
    import json

    world.fail("register_service", fake.refused)
    play = rehearse(world, parameters={"description": "x" * 500})

    fails(play)

    assert max(len(json.dumps(status)) for status in play.statuses) < 16_000


def test_steps_that_a_path_leaves_out_are_not_done(world: World) -> None:
    play = rehearse(world, path={**PATH, "steps": ["repository", "pipeline"]})

    play.run()

    assert not {"create_setting", "create_objective", "create_configuration_item", "run_pipeline"} & set(
        play.activity_names
    )
