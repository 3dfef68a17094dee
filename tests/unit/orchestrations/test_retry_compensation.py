"""retry_compensation, rehearsed: the rest is undone in its order, the incident says how it went."""

from typing import Any

import pytest

from orchestrations.provision_service import provision_service
from orchestrations.retry_compensation import retry_compensation
from orchestrations.saga import SETTLED, StepFailed
from tests.fakes import provisioning as fake
from tests.fakes.orchestration import Rehearsal
from tests.fakes.provisioning import OPERATION, PROVISION_POLICY, World, request

INCIDENT = {"sys_id": "e" * 32, "number": "INC1", "url": "https://snow.example/inc"}


def left_by(world: World, compensation: str) -> Rehearsal:
    """A provisioning that could not be undone, since one compensation was refused."""
    world.fail("register_service", fake.refused)
    world.fail(compensation, fake.refused)
    play = Rehearsal(provision_service, request(), world.activities(), OPERATION)
    with pytest.raises(StepFailed):
        play.run()
    world.faults.clear()
    world.told.clear()
    return play


def rehearse(world: World, of: Rehearsal, attempt: int = 2, **changes: Any) -> Rehearsal:
    told = of.statuses[-1]
    work = {
        "operation_id": OPERATION,
        "kind": "provision_service",
        "compensations": [each for each in told["compensations"] if each["state"] not in SETTLED],
        "attempt": attempt,
        "service": "orders",
        "incident": INCIDENT,
        "requested_by": "bruno",
        "policy": PROVISION_POLICY,
        "language": "en",
        **changes,
    }
    return Rehearsal(retry_compensation, work, world.activities(), f"{OPERATION}.compensation-{attempt - 1}")


COMPENSATIONS = (
    *("release_name", "cancel_change", "delete_repository", "remove_first_commit", "delete_pipeline"),
    *("revoke_pipeline", "unprotect_branch", "destroy_environment", "delete_setting", "delete_objective"),
    *("delete_configuration_item", "unregister_service"),
)


@pytest.mark.parametrize("compensation", COMPENSATIONS)
def test_the_rest_is_undone_and_the_incident_resolved(compensation: str) -> None:
    world = World()
    play = rehearse(world, left_by(world, compensation))

    assert play.run() == {"outcome": "compensated", "service": "orders"}
    assert world.exists() == set()
    assert world.told == [
        f"The service orders could not be made, and nothing was left behind: {OPERATION}",
        "service.not_provisioned",
        "incident resolved",
    ]
    assert play.payloads("resolve_incident")[0]["sys_id"] == INCIDENT["sys_id"]
    assert {each["state"] for each in play.statuses[-1]["compensations"]} <= SETTLED


def test_only_what_was_left_is_undone_newest_first() -> None:
    world = World()
    play = rehearse(world, left_by(world, "delete_pipeline"))

    play.run()

    assert play.activity_names[:5] == [
        *("delete_pipeline", "remove_first_commit", "delete_repository"),
        *("cancel_change", "release_name"),
    ]


def test_compensations_know_whose_they_are_and_how_often_they_were_tried() -> None:
    world = World()
    play = rehearse(world, left_by(world, "destroy_environment"), attempt=3)

    play.run()

    (payload,) = play.payloads("destroy_environment")
    assert payload["attempt"] == 3
    assert payload["key"] == f"{OPERATION}/start_first_run"
    assert payload["made"]["run_id"] == 101


def test_a_retry_that_fails_notes_it_in_the_same_incident_and_keeps_the_rest() -> None:
    world = World()
    of = left_by(world, "delete_repository")
    world.fail("delete_repository", fake.refused)
    play = rehearse(world, of)

    with pytest.raises(StepFailed) as failure:
        play.run()

    assert failure.value.step == "delete_repository"
    assert play.statuses[-1]["outcome"] == "compensation_failed"
    assert play.payloads("open_incident")[0]["correlation_id"] == f"{OPERATION}/compensation"
    assert "incident noted" in world.told
    assert "delete_repository: no" in play.payloads("add_work_note")[0]["text"]
    world.faults.clear()

    assert rehearse(world, play, attempt=3).run()["outcome"] == "compensated"
    assert world.exists() == set()


def test_without_an_incident_there_is_none_to_resolve() -> None:
    world = World()

    rehearse(world, left_by(world, "cancel_change"), incident=None).run()

    assert "incident resolved" not in world.told


def test_an_incident_that_cannot_be_resolved_does_not_fail_what_is_done() -> None:
    world = World()
    of = left_by(world, "cancel_change")
    world.fail("resolve_incident", fake.refused)

    assert rehearse(world, of).run()["outcome"] == "compensated"


def test_of_a_decommission_it_says_that_the_service_stands() -> None:
    world = World()
    play = rehearse(world, left_by(world, "cancel_change"), kind="decommission_service")

    play.run()

    assert world.told[0].startswith("The end of the service orders did not begin, and it stands as before")
    assert world.told[1] == "service.not_decommissioned"
