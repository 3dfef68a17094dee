"""decommission_service, rehearsed: nothing before people allow it, then part by part, and on again after a failure."""

import copy
from typing import Any

import pytest

from orchestrations.decommission_service import decommission_service
from orchestrations.provision_service import provision_service
from orchestrations.saga import StepFailed
from shared.domain.approvals import action_hash
from shared.domain.service.provisioning import decommission_action
from tests.fakes import provisioning as fake
from tests.fakes.orchestration import START, Outcome, Rehearsal, done
from tests.fakes.provisioning import OPERATION, PROVISION_POLICY, World, request

DECOMMISSION = "decommission-orders-1-1"
BEFORE = ("open_change", "post_card", "publish_event")
FORWARD = (
    *("mark_environment", "run_pipeline", "remove_pipeline", "archive_repository", "remove_setting"),
    *("remove_objective", "retire_configuration_item", "retire_service"),
)
AFTER = ("close_change",)


class Standing(World):
    """A world in which the service stands. closed: how each change was closed."""

    def __init__(self, **parameters: Any) -> None:
        super().__init__()
        self.closed: list[bool] = []
        if parameters.get("adopt_existing"):
            self.things["repository", "orders"] = {"by": "somebody"}
            self.things["pipeline", "orders"] = {"by": "somebody"}
        Rehearsal(provision_service, request(parameters=parameters), self.activities(), OPERATION).run()
        self.run_polls, self.records, self.told, self.closed = 2, {}, [], []

    def activities(self) -> dict[str, Any]:
        def close_change(payload: dict[str, Any]) -> Outcome:
            self.closed.append(payload["successful"])
            return done(result="created")

        return {**super().activities(), "close_change": self._or_fault("close_change", close_change)}


@pytest.fixture
def world() -> Standing:
    return Standing()


def decision(world: World, decided: str = "approve", person: str = "ana") -> dict[str, Any]:
    return {
        "decision": decided,
        "action_hash": action_hash(decommission_action(world.document)),
        "person_id": person,
        "person_name": person.title(),
        "at": START.isoformat(),
        "comment": "",
    }


def rehearse(world: World, attempt: int = 1, **decided: str) -> Rehearsal:
    work = {
        "service": copy.deepcopy(world.document),
        "requested_by": {"id": "bruno", "name": "Bruno Lima"},
        "risk": "medium",
        "policy": PROVISION_POLICY,
        "language": "en",
        "public_url": "https://app.example",
    }
    play = Rehearsal(decommission_service, work, world.activities(), f"decommission-orders-1-{attempt}")
    play.event("decision", decision(world, **decided), after_s=60)
    return play


def fails(play: Rehearsal) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        play.run()
    return caught.value


def kinds(world: World) -> set[str]:
    return {kind for kind, _, _ in world.exists()}


def test_after_a_yes_everything_ends_and_the_repository_is_archived(world: Standing) -> None:
    play = rehearse(world)

    result = play.run()

    assert result == {"outcome": "decommissioned", "service": "orders", "warnings": []}
    assert kinds(world) == {"archived", "commit", "policies", "permission"}  # They go with what they are of.
    assert world.closed == [True]
    assert world.told[-2:] == [
        "The service orders has ended; its repository is archived.",
        "service.decommissioned",
    ]


def test_the_environment_goes_first_and_the_registry_last(world: Standing) -> None:
    play = rehearse(world)

    play.run()

    names = play.activity_names
    order = [
        names.index(name)
        for name in ("run_pipeline", "remove_pipeline", "archive_repository", "retire_service")
    ]
    assert order == sorted(order)
    assert names.index("retire_configuration_item") > max(order[:3])
    assert [each["state"] for each in play.payloads("mark_environment")] == ["destroying", "destroyed"]
    assert play.payloads("run_pipeline")[0]["action"] == "destroy"
    assert play.payloads("archive_repository")[0]["name"].startswith("orders-archived-")


def test_people_see_what_ends_and_what_stays(world: Standing) -> None:
    play = rehearse(world)

    play.run()

    approval = play.statuses[-1]["approval"]
    assert approval["action"]["ends"] == sorted(world.document["parts"])
    assert approval["action"]["environments"] == ["development"]
    assert approval["requested_by"] == "bruno"


@pytest.mark.parametrize(
    ("decided", "outcome", "words"),
    [
        ({"decided": "refuse"}, "refuse", "The end of the service orders was refused"),
        ({"person": "bruno"}, "expired", "Nobody decided in time about the end of the service orders"),
    ],
)
def test_without_a_yes_of_somebody_else_all_stays(
    world: Standing, decided: Any, outcome: str, words: str
) -> None:
    before = world.exists()
    play = rehearse(world, **decided)

    result = play.run()

    assert result["outcome"] == outcome
    assert world.exists() == before
    assert not set(FORWARD) & set(play.activity_names)
    assert world.records == {f"{DECOMMISSION}/open_change": "cancelled"}
    assert world.told[-2].startswith(words)
    assert world.told[-1] == "service.not_decommissioned"


def test_who_cancels_in_time_keeps_the_service_and_is_told_by_name(world: Standing) -> None:
    before = world.exists()
    play = rehearse(world)
    play.event("cancel", {"by": "Bruno Lima", "reason": "the wrong one"}, after_s=30)

    assert play.run()["outcome"] == "cancelled"
    assert world.exists() == before
    assert "Bruno Lima the wrong one" in world.told[-2]


def test_after_the_yes_nobody_cancels(world: Standing) -> None:
    world.run_polls = 10
    play = rehearse(world)
    play.event("cancel", {"by": "Bruno Lima", "reason": ""}, after_s=70)

    assert play.run()["outcome"] == "decommissioned"


def test_a_change_that_cannot_be_opened_keeps_the_service(world: Standing) -> None:
    before = world.exists()
    world.fail("open_change", fake.refused)
    play = rehearse(world)

    assert fails(play).step == "open_change"
    assert world.exists() == before
    assert play.statuses[-1]["outcome"] == "compensated"
    assert world.told[-2].startswith("The end of the service orders did not begin, and it stands as before")


@pytest.mark.parametrize("activity", [*BEFORE, *FORWARD, *AFTER])
@pytest.mark.parametrize("fault", [fake.away, fake.lost])
def test_a_fault_that_passes_changes_nothing(world: Standing, activity: str, fault: Any) -> None:
    world.fail(activity, fault)

    result = rehearse(world).run()

    assert result["outcome"] == "decommissioned"
    assert not {"document", "claim", "pipeline", "repository", "environment"} & kinds(world)


def test_a_destroy_run_that_fails_stops_opens_an_incident_and_closes_the_change(world: Standing) -> None:
    world.run_result = "failed"
    play = rehearse(world)

    failure = fails(play)

    assert failure.step == "destroy_development"
    assert {"environment", "pipeline", "repository", "document", "claim"} <= kinds(world)
    assert world.document["environments"]["development"]["state"] == "destroy_failed"
    assert f"incident {DECOMMISSION}" in world.told
    assert world.closed == [False]
    assert play.statuses[-1]["outcome"] == "failed"


def test_a_destroy_run_that_never_ends_is_a_failure_too(world: Standing) -> None:
    world.run_polls = 10_000

    assert fails(rehearse(world)).step == "destroy_development"
    assert "pipeline" in kinds(world)


def test_asking_again_after_a_failed_run_ends_the_service(world: Standing) -> None:
    world.run_result = "failed"
    fails(rehearse(world))
    world.run_result, world.run_polls = "succeeded", 2

    assert rehearse(world, attempt=2).run()["outcome"] == "decommissioned"
    assert len(world.runs) == 3
    assert "environment" not in kinds(world)


@pytest.mark.parametrize("activity", FORWARD)
@pytest.mark.parametrize("fault", [fake.refused, fake.stays_away, fake.stays_lost])
def test_asking_again_goes_on_wherever_it_stopped(world: Standing, activity: str, fault: Any) -> None:
    """Also when the first call did its work and nobody heard of it: what is gone is gone."""
    world.fail(activity, fault)
    fails(rehearse(world))
    world.faults.clear()
    world.run_polls = 2

    assert rehearse(world, attempt=2).run()["outcome"] == "decommissioned"
    assert kinds(world) == {"archived", "commit", "policies", "permission"}


def test_an_environment_that_was_destroyed_already_is_not_asked_of_a_pipeline_that_is_gone(
    world: Standing,
) -> None:
    world.fail("archive_repository", fake.refused)
    fails(rehearse(world))
    world.faults.clear()
    play = rehearse(world, attempt=2)

    play.run()

    assert "run_pipeline" not in play.activity_names


@pytest.mark.parametrize(
    ("activity", "warning"),
    [("post_card", "announce"), ("publish_event", "record_decommissioned"), ("close_change", "close_change")],
)
def test_what_fails_after_the_end_is_a_warning(world: Standing, activity: str, warning: str) -> None:
    before_the_end = {"post_card": 2, "publish_event": 1, "close_change": 0}[activity]
    world.fail(activity, *[lambda usual, payload: usual(payload)] * before_the_end)
    world.fail(activity, fake.refused)

    result = rehearse(world).run()

    assert result == {"outcome": "decommissioned", "service": "orders", "warnings": [warning]}


def test_adopted_parts_stay() -> None:
    world = Standing(adopt_existing=True)
    play = rehearse(world)

    play.run()

    assert {("repository", "orders", "somebody"), ("pipeline", "orders", "somebody")} <= world.exists()
    assert not {"run_pipeline", "remove_pipeline", "archive_repository"} & set(play.activity_names)
    assert not {"document", "setting", "objective", "ci", "claim"} & kinds(world)
    assert play.statuses[-1]["approval"]["action"]["stays"] == ["pipeline", "repository"]


def test_a_service_that_was_registered_by_hand_leaves_the_registry_and_nothing_else(world: Standing) -> None:
    before = kinds(world) - {"document", "claim"}
    names = ("name", "azure_devops", "dynatrace")
    world.document = {name: world.document[name] for name in names}
    play = rehearse(world)

    play.run()

    assert kinds(world) == before
    assert play.payloads("retire_service")[0]["claimed_by"] == ""
