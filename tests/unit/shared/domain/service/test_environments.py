"""Environments that end: never stopped while people work, never destroyed early or unannounced, never forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.service import environment_changes as changes
from shared.domain.service import environments, working_hours
from shared.domain.service.environments import ANNOUNCE, DESTROY, EXTEND, START, STOP, Rules, due, iso, moment
from shared.errors import Conflict, InvalidRequest

HOURS = {
    "time_zone": "America/Sao_Paulo",
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "start": "08:00",
    "end": "19:00",
    "holidays": [],
}
NIGHTS = {**HOURS, "time_zone": "Europe/Lisbon", "start": "22:00", "end": "06:00"}
RULES = Rules(announce_before=timedelta(hours=24), notice=timedelta(hours=1))
CREATED = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday, 9 o'clock in São Paulo."""


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def an_environment(lifetime: float | None = 72, **fields: Any) -> dict[str, Any]:
    return {
        "state": "running",
        "requested_by": "id-of-ana",
        "requested_by_name": "Ana",
        "created_at": iso(CREATED),
        "ends_at": iso(CREATED + hours(lifetime)) if lifetime else None,
        "announced_for": None,
        "working_hours": None,
        **fields,
    }


def due_at(environment: dict[str, Any], after: float, name: str = "development") -> tuple[str, str] | None:
    """What is due so many hours after the environment was made."""
    found = due(name, environment, CREATED + hours(after), RULES)
    return (found["action"], found["since"]) if found else None


def after(number: float) -> str:
    return iso(CREATED + hours(number))


def done(environment: dict[str, Any], now: datetime) -> tuple[str, dict[str, Any]] | None:
    """Do what is due at once and well: the action and the environment after it."""
    marked = changes.mark("orders", "development", environment, now, RULES)
    if marked is None:
        return None
    action = marked["action"]
    begun = changes.begin("development", marked, action["id"], now, RULES)
    assert begun is not None
    told = begun["extension"]["at"] if action["action"] == EXTEND else begun["ends_at"]
    finished = changes.finish(begun, action["id"], told=told, run_id=7)
    assert finished is not None
    return action["action"], finished


def test_people_are_told_a_day_before_the_end() -> None:
    assert due_at(an_environment(), 47.9) is None
    assert due_at(an_environment(), 48) == (ANNOUNCE, after(48))


def test_it_is_destroyed_at_the_end_that_people_were_told() -> None:
    told = an_environment(announced_for=after(72))

    assert due_at(told, 71.9) is None
    assert due_at(told, 72) == (DESTROY, after(72))
    assert due_at(an_environment(announced_for=after(71)), 72) == (ANNOUNCE, after(48))


def test_without_an_end_nothing_is_due() -> None:
    assert due_at(an_environment(None), 10_000) is None


def test_a_timer_that_was_away_for_days_leaves_people_their_notice() -> None:
    action, announced = done(an_environment(), CREATED + hours(200)) or ("", {})

    assert action == ANNOUNCE
    assert announced["ends_at"] == announced["announced_for"] == after(201)
    assert due_at(announced, 200.9) is None
    assert due_at(announced, 201) == (DESTROY, after(201))


@pytest.mark.parametrize("name", ["production", "staging"])
def test_production_is_never_touched(name: str) -> None:
    both = an_environment(announced_for=after(72), working_hours=HOURS)

    assert due_at(both, 90, name) is None


@pytest.mark.parametrize(
    "state", ["creating", "stopping", "starting", "destroying", "destroyed", "decommissioned"]
)
def test_nothing_is_due_in_a_state_that_is_somebody_else_s(state: str) -> None:
    assert due_at(an_environment(state=state, announced_for=after(72), working_hours=HOURS), 90) is None


def test_nothing_is_due_while_something_is_under_way() -> None:
    assert due_at(an_environment(announced_for=after(72), action={"action": STOP}), 90) is None


def test_it_is_stopped_after_work_and_started_before() -> None:
    running = an_environment(None, working_hours=HOURS)
    stopped = {**running, "state": "stopped"}

    assert due_at(running, 10) is not None, "19:00"
    assert due_at(running, 10) == (STOP, after(10))
    assert due_at(stopped, 10) is None
    assert due_at(stopped, 23) == (START, after(23)), "8:00 the next day"
    assert due_at(running, 23) is None


def test_a_missed_timer_is_made_up_for_under_the_same_identity() -> None:
    running = an_environment(None, working_hours=HOURS)

    assert due_at(running, 10) == due_at(running, 22.9) == (STOP, after(10))


def test_a_weekend_is_one_closing() -> None:
    running = an_environment(None, working_hours=HOURS)

    assert due_at(running, 96 + 10) == due_at(running, 96 + 60) == (STOP, after(106)), "Friday, Sunday"


def test_one_made_at_night_is_left_alone_for_a_while() -> None:
    at_night = {**an_environment(None, working_hours=HOURS), "created_at": after(12)}

    assert due_at(at_night, 13) is None
    assert due_at(at_night, 20) == (STOP, after(20))


def test_a_start_after_work_holds_for_a_while() -> None:
    stopped = an_environment(None, working_hours=HOURS, state="stopped")
    asked = changes.wish(stopped, "running", CREATED + hours(12), by_name="Ana")
    assert asked is not None

    assert due_at(asked, 12) == (START, after(12))
    started = {**asked, "state": "running"}
    assert due_at(started, 19.9) is None
    assert due_at(started, 20) == (STOP, after(20))


def test_a_stop_at_work_holds_until_the_next_morning() -> None:
    running = an_environment(None, working_hours=HOURS)
    asked = changes.wish(running, "stopped", CREATED + hours(3), by_name="Ana")
    assert asked is not None

    assert due_at(asked, 3) == (STOP, after(3))
    stopped = {**asked, "state": "stopped"}
    assert due_at(stopped, 22.9) is None
    assert due_at(stopped, 23) == (START, after(23))


def test_without_working_hours_a_wish_holds_until_the_next() -> None:
    running = an_environment(None)
    stopped = changes.wish(running, "stopped", CREATED, by_name="Ana")
    assert stopped is not None

    assert due_at(stopped, 0) == (STOP, after(0))
    assert due_at({**stopped, "state": "stopped"}, 10_000) is None
    started = changes.wish({**stopped, "state": "stopped"}, "running", CREATED + hours(5), by_name="Ana")
    assert started is not None
    assert due_at(started, 5) == (START, after(5))


def test_an_extension_moves_all() -> None:
    announced = an_environment(announced_for=after(72))
    now = CREATED + hours(71)

    longer = changes.extend(announced, now + hours(48), now, by="id-of-ana", by_name="Ana", max_hours=168)

    assert longer is not None
    assert longer["ends_at"] == after(119)
    assert due_at(longer, 71) == (EXTEND, after(71))
    action, told = done(longer, now) or ("", {})
    assert action == EXTEND
    assert due_at(told, 72) is None
    assert due_at(told, 95) == (ANNOUNCE, after(95))


def test_two_extensions_before_anybody_was_told_are_told_as_one() -> None:
    first = changes.extend(an_environment(), CREATED + hours(80), CREATED, by="a", by_name="A", max_hours=168)
    assert first is not None
    second = changes.extend(
        first, CREATED + hours(90), CREATED + hours(1), by="a", by_name="A", max_hours=168
    )
    assert second is not None

    assert second["extension"]["from"] == after(72)
    assert second["ends_at"] == after(90)


def test_extending_twice_to_the_same_end_changes_nothing() -> None:
    first = changes.extend(an_environment(), CREATED + hours(80), CREATED, by="a", by_name="A", max_hours=168)
    assert first is not None

    assert changes.extend(first, CREATED + hours(80), CREATED, by="a", by_name="A", max_hours=168) is None


@pytest.mark.parametrize(("until", "said"), [(71, "later than the present end"), (169, "at most 168 hours")])
def test_an_extension_is_longer_but_not_too_long(until: float, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said) as error:
        changes.extend(an_environment(), CREATED + hours(until), CREATED, by="a", by_name="A", max_hours=168)
    assert error.value.faults[0]["field"] == "until"


@pytest.mark.parametrize("state", ["destroying", "destroy_failed", "destroyed"])
def test_what_has_ended_is_neither_extended_nor_started(state: str) -> None:
    ended = an_environment(state=state)

    with pytest.raises(Conflict):
        changes.extend(ended, CREATED + hours(80), CREATED, by="a", by_name="A", max_hours=168)
    with pytest.raises(Conflict):
        changes.wish(ended, "running", CREATED, by_name="A")


def test_what_never_ends_is_not_extended() -> None:
    with pytest.raises(Conflict, match="no end"):
        changes.extend(an_environment(None), CREATED, CREATED, by="a", by_name="A", max_hours=168)


def marked_at(environment: dict[str, Any], at: float) -> dict[str, Any]:
    marked = changes.mark("orders", "development", environment, CREATED + hours(at), RULES)
    assert marked is not None
    return marked


def test_an_extension_that_comes_before_the_run_wins() -> None:
    marked = marked_at(an_environment(announced_for=after(72)), 72)
    now = CREATED + hours(72)
    extended = changes.extend(marked, now + hours(5), now, by="a", by_name="A", max_hours=168)
    assert extended is not None

    left = changes.begin("development", extended, marked["action"]["id"], now, RULES)

    assert left is not None
    assert left["action"] is None
    assert left["state"] == "running"


def test_an_extension_that_comes_after_the_run_began_is_refused() -> None:
    marked = marked_at(an_environment(announced_for=after(72)), 72)
    begun = changes.begin("development", marked, marked["action"]["id"], CREATED + hours(72), RULES)
    assert begun is not None

    assert begun["state"] == "destroying"
    with pytest.raises(Conflict):
        changes.extend(begun, CREATED + hours(80), CREATED + hours(72), by="a", by_name="A", max_hours=168)


def test_a_stop_that_was_held_up_until_the_morning_is_left() -> None:
    marked = marked_at(an_environment(None, working_hours=HOURS), 10)

    left = changes.begin("development", marked, marked["action"]["id"], CREATED + hours(23), RULES)

    assert left is not None
    assert (left["state"], left["action"]) == ("running", None)


def test_beginning_and_finishing_twice_is_once() -> None:
    marked = marked_at(an_environment(announced_for=after(72)), 72)
    identity = marked["action"]["id"]
    begun = changes.begin("development", marked, identity, CREATED + hours(72), RULES)
    assert begun is not None
    assert changes.begin("development", begun, identity, CREATED + hours(73), RULES) is None

    finished = changes.finish(begun, identity, run_id=7)
    assert finished is not None
    assert (finished["state"], finished["run_id"]) == ("destroyed", 7)
    assert changes.finish(finished, identity, run_id=8) is None
    assert changes.fail(finished, identity, CREATED, "late") is None
    assert changes.begin("development", finished, identity, CREATED + hours(73), RULES) is None


def test_an_announcement_of_an_end_that_moved_meanwhile_is_none_of_the_new_end() -> None:
    marked = marked_at(an_environment(), 48)
    identity = marked["action"]["id"]
    begun = changes.begin("development", marked, identity, CREATED + hours(48), RULES)
    assert begun is not None
    extended = changes.extend(
        begun, CREATED + hours(100), CREATED + hours(48), by="a", by_name="A", max_hours=168
    )
    assert extended is not None

    finished = changes.finish(extended, identity, told=begun["ends_at"])

    assert finished is not None
    assert finished["announced_for"] == after(72)
    assert due_at({**finished, "extension": None}, 100) == (ANNOUNCE, after(76))


def test_a_destruction_that_failed_is_tried_again_the_next_day_and_the_next() -> None:
    environment = an_environment(announced_for=after(72))
    for day in range(3):
        at = 72 + 24 * day
        assert due_at(environment, at - 0.1) is None
        assert due_at(environment, at) == (DESTROY, after(at))
        marked = marked_at(environment, at)
        begun = changes.begin("development", marked, marked["action"]["id"], CREATED + hours(at), RULES)
        assert begun is not None
        failed = changes.fail(begun, marked["action"]["id"], CREATED + hours(at), "run 9 failed", run_id=9)
        assert failed is not None
        assert (failed["state"], failed["run_id"]) == ("destroy_failed", 9)
        environment = failed


def test_a_stop_that_failed_leaves_it_running_and_starting_is_not_held_up() -> None:
    marked = marked_at(an_environment(None, working_hours=HOURS), 10)
    begun = changes.begin("development", marked, marked["action"]["id"], CREATED + hours(10), RULES)
    assert begun is not None
    failed = changes.fail(begun, marked["action"]["id"], CREATED + hours(10), "no")
    assert failed is not None

    assert failed["state"] == "running"
    assert due_at(failed, 20) is None
    assert due_at(failed, 34) == (STOP, after(34))
    asked = changes.wish(failed, "stopped", CREATED + hours(11), by_name="Ana")
    assert asked is not None
    assert due_at(asked, 11) == (STOP, after(11)), "a person who asks is not made to wait"


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_a_stop_that_ends_after_a_decommissioning_began_leaves_its_state(ends: str) -> None:
    marked = marked_at(an_environment(None, working_hours=HOURS), 10)
    identity = marked["action"]["id"]
    begun = changes.begin("development", marked, identity, CREATED + hours(10), RULES)
    assert begun is not None
    taken_over = {**begun, "state": "destroying"}

    after_it = (
        changes.finish(taken_over, identity, run_id=7)
        if ends == "well"
        else changes.fail(taken_over, identity, CREATED, "no")
    )

    assert after_it is not None
    assert after_it["state"] == "destroying"


def test_what_was_given_up_before_it_began_is_as_it_was() -> None:
    marked = marked_at(an_environment(announced_for=after(72)), 72)

    failed = changes.fail(marked, marked["action"]["id"], CREATED + hours(72), "killed")

    assert failed is not None
    assert failed["state"] == "running"


def test_an_identity_tells_actions_apart_and_fits_everywhere() -> None:
    action = environments.Due(action=ANNOUNCE, since="2026-11-25T12:00:00Z")
    longest = environments.action_id("s" * 63, "development", action)

    assert len(longest) <= 120
    assert environments.action_id("orders", "development", action) == (
        "environment-orders-development-announce-20261125T120000Z"
    )


def test_a_service_s_other_environments_stay() -> None:
    service = {"name": "orders", "environments": {"development": {"a": 1}, "preview": {"b": 1}}}

    changed = changes.in_service(service, "development", lambda each: {**each, "a": 2})

    assert changed == {"name": "orders", "environments": {"development": {"a": 2}, "preview": {"b": 1}}}
    assert changes.in_service(service, "development", dict) is None
    assert changes.in_service(service, "production", dict) is None
    assert changes.in_service({"name": "old"}, "development", dict) is None


steps = st.lists(
    st.tuples(
        st.integers(1, 90) | st.integers(1, 60 * 40),
        st.sampled_from(["tick"] * 6 + ["fail", "extend", "stop", "start"]),
    ),
    max_size=60,
)
lives = st.fixed_dictionaries(
    {
        "lifetime": st.none() | st.integers(1, 24 * 14),
        "working_hours": st.sampled_from([None, HOURS, NIGHTS]),
        # Into, across and out of the days on which Lisbon's clocks change.
        "starts": st.sampled_from(
            [CREATED, datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, 5, tzinfo=UTC)]
        ),
        "steps": steps,
    }
)


def live(life: dict[str, Any]) -> tuple[datetime, dict[str, Any]]:
    """Let time pass, timers come or not, people ask and runs fail; hold every action to the promises."""
    now: datetime = life["starts"]
    environment = an_environment(None, working_hours=life["working_hours"]) | {"created_at": iso(now)}
    if life["lifetime"]:
        environment["ends_at"] = iso(now + hours(life["lifetime"]))
    told_at: dict[str, datetime] = {}
    for minutes, what in life["steps"]:
        now += timedelta(minutes=minutes)
        try:
            if what == "extend":
                environment = (
                    changes.extend(environment, now + hours(100), now, by="a", by_name="A", max_hours=168)
                    or environment
                )
            elif what in ("stop", "start"):
                wanted = {"stop": "stopped", "start": "running"}[what]
                environment = changes.wish(environment, wanted, now, by_name="A") or environment
            else:
                environment = act(environment, now, told_at, fails=what == "fail")
        except (Conflict, InvalidRequest):
            continue
    return now, environment


def act(
    environment: dict[str, Any], now: datetime, told_at: dict[str, datetime], *, fails: bool
) -> dict[str, Any]:
    marked = changes.mark("orders", "development", environment, now, RULES)
    if marked is None:
        return environment
    identity, action = marked["action"]["id"], marked["action"]["action"]
    begun = changes.begin("development", marked, identity, now, RULES)
    assert begun is not None
    if action == STOP:
        wish = environment.get("wish")
        by_person = wish and wish["state"] == "stopped" and (not wish["until"] or now < moment(wish["until"]))
        assert by_person or not working_hours.span(environment["working_hours"], now).is_open
    if action == DESTROY:
        assert now >= moment(environment["ends_at"])
        assert told_at[environment["ends_at"]] <= now - RULES.notice
    if fails:
        return changes.fail(begun, identity, now, "no") or {}
    if action == ANNOUNCE:
        told_at[begun["ends_at"]] = now
        told = begun["ends_at"]
    else:
        told = begun["extension"]["at"] if action == EXTEND else None
    return changes.finish(begun, identity, told=told, run_id=1) or {}


@settings(deadline=None)
@given(life=lives)
def test_whatever_happens_the_promises_are_kept(life: dict[str, Any]) -> None:
    live(life)


@settings(deadline=None)
@given(life=lives)
def test_decisions_converge(life: dict[str, Any]) -> None:
    """At one moment, done well, at most told of an extension, announced, and stopped or started: then nothing."""
    now, environment = live(life)
    for _ in range(4):
        finished = done(environment, now)
        if finished is None:
            return
        environment = finished[1]
    raise AssertionError(f"still due: {due('development', environment, now, RULES)}")


@settings(deadline=None)
@given(life=lives)
def test_what_has_an_end_ends_once_timers_come_again(life: dict[str, Any]) -> None:
    now, environment = live(life)
    if environment["ends_at"] is None:
        return
    told_at: dict[str, datetime] = {}
    if environment["announced_for"] == environment["ends_at"]:
        told_at[environment["ends_at"]] = CREATED - hours(10_000)
    for _ in range(24 * 30):
        now += hours(1)
        environment = act(environment, now, told_at, fails=False)

    assert environment["state"] == "destroyed"
