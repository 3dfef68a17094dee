"""tend_environment: each thing that can be due, done once, kept in the registry, told; nothing lost when it fails."""

from datetime import timedelta
from typing import Any

import pytest

from orchestrations.saga import StepFailed
from orchestrations.tend_environment import tend_environment
from shared.domain.service import environment_changes as changes
from shared.domain.service.environments import due
from tests.fakes.environments import HOURS, NAME, RULES, World, an_environment, at
from tests.fakes.orchestration import START, Rehearsal

REFUSED = {"status": "refused", "reason": "azure_devops: HTTP 403"}
AWAY = {"status": "unavailable", "reason": "no connection", "retry_after_s": None}
UNKNOWN = {"status": "unknown", "reason": "no answer", "retry_after_s": 30.0}


def about_to_be(action: str) -> World:
    """A world in which this is due at START."""
    made = {
        "announce": an_environment(24),
        "extend": an_environment(
            72, extension={"at": at(0), "by": "id-of-ana", "by_name": "Ana", "from": at(24), "told": False}
        ),
        "stop": an_environment(None, working_hours=HOURS),
        "start": an_environment(
            None, state="stopped", wish={"state": "running", "at": at(0), "until": None, "by_name": "Ana"}
        ),
        "destroy": an_environment(0, announced_for=at(0)),
    }
    return World(made[action])


def failing(play: Rehearsal) -> StepFailed:
    with pytest.raises(StepFailed) as failure:
        play.run()
    return failure.value


RUN = ["begin_environment_action", "run_pipeline", "get_run", "get_run", "finish_environment_action"]
TOLD = ["post_environment_card", "publish_event"]


@pytest.mark.parametrize(
    ("action", "outcome", "state", "activities"),
    [
        (
            "announce",
            "announced",
            "running",
            [
                "begin_environment_action",
                "post_environment_card",
                "finish_environment_action",
                "publish_event",
            ],
        ),
        ("extend", "extended", "running", ["begin_environment_action", "finish_environment_action", *TOLD]),
        ("stop", "stopped", "stopped", [*RUN, *TOLD]),
        ("start", "started", "running", [*RUN, *TOLD]),
        ("destroy", "destroyed", "destroyed", [*RUN, *TOLD]),
    ],
)
def test_what_is_due_is_done_kept_and_told(
    action: str, outcome: str, state: str, activities: list[str]
) -> None:
    world = about_to_be(action)
    play = world.rehearse(tend_environment)

    assert play.run()["outcome"] == outcome
    assert play.activity_names == activities
    assert world.environment["state"] == state
    assert world.environment["action"] is None
    assert due(NAME, world.environment, START, RULES) is None
    (fact,) = world.facts.values()
    assert fact["type"] == f"environment.{outcome}"
    assert fact["data"]["service"] == "orders"
    assert fact["data"]["environment"] == NAME
    assert play.statuses[-1]["outcome"] == outcome
    assert len(world.cards) == 1


@pytest.mark.parametrize("action", ["stop", "start", "destroy"])
def test_the_pipeline_is_asked_for_exactly_this(action: str) -> None:
    world = about_to_be(action)
    play = world.rehearse(tend_environment)
    play.run()

    (run,) = world.runs.values()
    assert (run["action"], run["environment"], run["project"], run["pipeline_id"]) == (
        action,
        NAME,
        "loja",
        7,
    )
    assert world.environment["run_id"] == run["run_id"]
    assert play.statuses[-1]["links"]["run"].endswith(str(run["run_id"]))


def test_the_announcement_says_when_it_ends_and_who_may_extend_it_and_where() -> None:
    world = about_to_be("announce")
    world.rehearse(tend_environment).run()

    (card,) = world.cards
    title, facts = card["body"]
    assert title["text"] == "The environment development of orders ends on 2026-11-22 12:00 (UTC)"
    assert any("Ana or the platform team can extend it" in fact["value"] for fact in facts["facts"])
    (button,) = card["actions"]
    assert (button["title"], button["url"]) == (
        "Extend",
        "https://app.example/api/services/orders/environments/development/extend",
    )
    assert world.environment["announced_for"] == at(24)


def test_told_late_people_are_told_the_end_that_holds() -> None:
    world = World(an_environment(-5))
    world.rehearse(tend_environment).run()

    assert world.environment["ends_at"] == world.environment["announced_for"] == at(1)
    assert "2026-11-21 13:00" in world.cards[0]["body"][0]["text"]


def test_an_extension_says_by_whom_and_until_when() -> None:
    world = about_to_be("extend")
    world.rehearse(tend_environment).run()

    assert world.cards[0]["body"][0]["text"].startswith(
        "Ana extended the environment development of orders until"
    )
    (fact,) = world.facts.values()
    assert fact["data"]["extended_from"] == at(24)
    assert fact["data"]["extended_by"] == "id-of-ana"
    assert fact["data"]["ends_at"] == at(72)


def test_extended_in_the_last_moment_it_is_left() -> None:
    world = about_to_be("destroy")
    play = world.rehearse(tend_environment)

    def extend() -> None:
        extended = changes.extend(
            world.environment, START + timedelta(hours=9), START, by="a", by_name="A", max_hours=168
        )
        world._put(extended)

    world.before["begin_environment_action"] = extend

    assert play.run() == {"outcome": "left"}
    assert world.runs == {}
    assert (world.environment["state"], world.environment["action"]) == ("running", None)
    assert world.cards == []
    assert play.statuses[-1]["outcome"] == "left"


@pytest.mark.parametrize("gone", ["service", "environment", "claim"])
def test_what_is_gone_meanwhile_is_left(gone: str) -> None:
    world = about_to_be("destroy")
    play = world.rehearse(tend_environment)
    if gone == "service":
        world.service = None
    elif gone == "environment":
        world._put({**world.environment, "state": "destroyed", "action": None})
    else:
        world._put({**world.environment, "action": {**world.environment["action"], "id": "another"}})

    assert play.run() == {"outcome": "left"}
    assert world.runs == {}


@pytest.mark.parametrize("action", ["announce", "extend", "stop", "start", "destroy"])
@pytest.mark.parametrize(
    "activity",
    ["begin_environment_action", "run_pipeline", "finish_environment_action", "publish_event"],
)
def test_a_worker_killed_before_its_answer_was_kept_does_nothing_twice(action: str, activity: str) -> None:
    once, twice = about_to_be(action), about_to_be(action)
    once.rehearse(tend_environment).run()
    twice.twice = activity
    twice.rehearse(tend_environment).run()

    assert twice.environment == once.environment
    assert len(twice.runs) == len(once.runs)
    assert twice.facts == once.facts
    assert len(twice.cards) == len(once.cards)


def test_a_run_whose_start_was_not_answered_is_found_again() -> None:
    world = about_to_be("destroy")
    world.next["run_pipeline"] = [UNKNOWN]
    play = world.rehearse(tend_environment)

    assert play.run()["outcome"] == "destroyed"
    assert len({payload["key"] for payload in play.payloads("run_pipeline")}) == 1
    assert len(world.runs) == 1


def test_vendors_that_are_away_for_a_while_only_make_it_later() -> None:
    world = about_to_be("stop")
    for name in ("begin_environment_action", "run_pipeline", "get_run", "finish_environment_action"):
        world.next[name] = [AWAY] * 3
    play = world.rehearse(tend_environment)

    assert play.run()["outcome"] == "stopped"
    assert play.elapsed_s > 60


def test_a_destruction_that_fails_opens_an_incident_and_is_due_again_the_next_day() -> None:
    world = about_to_be("destroy")
    world.results = ["failed"]
    play = world.rehearse(tend_environment)
    failure = failing(play)

    assert failure.step == "await_run"
    assert world.environment["state"] == "destroy_failed"
    (incident,) = world.incidents.values()
    assert incident["draft"]["short_description"] == (
        "The environment development of orders could not be destroyed"
    )
    assert "run 40 ended as failed" in incident["draft"]["description"]
    assert incident["draft"]["cmdb_ci"] == "c" * 32
    assert world.environment["failure"]["incident"]["number"] == "INC0000000"
    assert "could not be destroyed" in world.cards[-1]["body"][0]["text"]
    assert play.statuses[-1]["outcome"] == "failed"
    assert due(NAME, world.environment, START + timedelta(hours=23.9), RULES) is None
    again = due(NAME, world.environment, START + timedelta(hours=24.1), RULES)
    assert again is not None
    assert again["action"] == "destroy"


def test_the_next_day_it_is_another_run_of_the_same_incident_and_success_closes_it() -> None:
    world = about_to_be("destroy")
    world.results = ["failed"]
    failing(world.rehearse(tend_environment))

    world.now += timedelta(hours=25)
    failing(world.rehearse(tend_environment))
    world.now += timedelta(hours=25)
    world.results = ["succeeded"]
    assert world.rehearse(tend_environment).run()["outcome"] == "destroyed"

    assert len(world.incidents) == 1
    assert len(world.runs) == 3
    assert world.resolved == ["inc0000000"]
    assert world.environment["failure"] is None


@pytest.mark.parametrize("action", ["stop", "start"])
def test_a_stop_or_start_that_fails_is_told_and_keeps_the_state_that_was(action: str) -> None:
    world = about_to_be(action)
    before = world.environment["state"]
    world.results = ["canceled"]
    failing(world.rehearse(tend_environment))

    assert world.environment["state"] == before
    assert world.environment["failure"]["action"] == action
    assert world.incidents == {}
    assert "canceled" in world.cards[0]["body"][0]["text"]


def test_a_run_that_is_refused_is_a_failure_like_another() -> None:
    world = about_to_be("destroy")
    world.next["run_pipeline"] = [REFUSED]
    failing(world.rehearse(tend_environment))

    assert world.environment["failure"]["reason"] == "start_run: azure_devops: HTTP 403"
    assert len(world.incidents) == 1


def test_a_run_that_does_not_end_is_given_up_for_the_day() -> None:
    world = about_to_be("destroy")
    world.polls_until_done = 1_000_000
    play = world.rehearse(tend_environment)
    failing(play)

    assert "did not end in time" in world.environment["failure"]["reason"]
    assert play.elapsed_s >= 600


def test_an_end_that_nobody_can_be_told_of_is_escalated_and_destroys_nothing() -> None:
    world = about_to_be("announce")
    world.next["post_environment_card"] = [AWAY] * 10_000
    failing(world.rehearse(tend_environment))

    assert world.environment["announced_for"] is None
    assert world.environment["state"] == "running"
    (incident,) = world.incidents.values()
    assert "could not be announced" in incident["draft"]["short_description"]
    retry = due(NAME, world.environment, START + timedelta(hours=30), RULES)
    assert retry is not None
    assert retry["action"] == "announce"


def test_an_announcement_without_an_answer_is_made_again() -> None:
    world = about_to_be("announce")
    world.next["post_environment_card"] = [UNKNOWN]
    play = world.rehearse(tend_environment)

    assert play.run()["outcome"] == "announced"
    assert len(play.payloads("post_environment_card")) == 2


@pytest.mark.parametrize("outcome", [AWAY, UNKNOWN, REFUSED])
def test_other_notices_hold_nothing_up(outcome: dict[str, Any]) -> None:
    world = about_to_be("destroy")
    world.next["post_environment_card"] = [outcome] * 100
    play = world.rehearse(tend_environment)

    assert play.run()["outcome"] == "destroyed"
    assert play.elapsed_s < 180
    if outcome is not AWAY:
        assert len(play.payloads("post_environment_card")) == 1


def test_without_servicenow_the_failure_is_kept_and_told_all_the_same() -> None:
    world = about_to_be("destroy")
    world.results = ["failed"]
    world.next["open_incident"] = [AWAY] * 10_000
    failing(world.rehearse(tend_environment))

    assert world.environment["state"] == "destroy_failed"
    assert world.environment["failure"]["incident"] is None
    assert len(world.cards) == 1


def test_a_fact_that_cannot_be_said_does_not_undo_what_was_kept() -> None:
    world = about_to_be("stop")
    world.next["publish_event"] = [REFUSED]
    failure = failing(world.rehearse(tend_environment))

    assert failure.step == "record"
    assert (world.environment["state"], world.environment.get("failure")) == ("stopped", None)
