"""The saga engine, played by small sagas: retries, unknown outcomes, lines side by side, cancellation, compensation."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrations.saga import Saga, StepFailed, Steps, Stopped, Undo
from tests.fakes.orchestration import Activity, Crash, Outcome, Rehearsal, done

POLICY = {"retry_first_s": 5.0, "retry_max_s": 60.0, "retry_for_s": 600.0}
AWAY: Outcome = {"status": "unavailable", "reason": "not now", "retry_after_s": None}
UNKNOWN: Outcome = {"status": "unknown", "reason": "no answer in time", "retry_after_s": 30.0}
REFUSED: Outcome = {"status": "refused", "reason": "no"}
Play = Callable[[Saga], Steps]


class Vendors:
    """answers: {activity: what its next calls give}; after those, done. calls: (activity, its payload)."""

    def __init__(self, **answers: list[Outcome]) -> None:
        self._answers = answers

    def __contains__(self, _: str) -> bool:
        return True

    def __getitem__(self, name: str) -> Activity:
        def activity(_: dict[str, Any]) -> Outcome:
            planned = self._answers.get(name)
            return planned.pop(0) if planned else done(result="created", by=name)

        return activity


def rehearse(play: Play, *, cancellable: bool = False, **answers: list[Outcome]) -> Rehearsal:
    def orchestrator(context: Any, request: dict[str, Any]) -> Steps:
        saga = Saga(context, "a_saga", request, cancellable=cancellable)
        return (yield from play(saga))

    trigger = SimpleNamespace(_function=SimpleNamespace(get_user_function=lambda: orchestrator))
    return Rehearsal(trigger, POLICY, Vendors(**answers))  # type: ignore[arg-type]


def one(saga: Saga, name: str, **how: Any) -> Steps:
    """A step that is its own activity, undone by `undo_<name>`."""
    return saga.step(name, name, {}, undo=Undo(f"undo_{name}", {}), **how)


def several(saga: Saga, *names: str) -> Steps:
    for name in names:
        yield from one(saga, name)
    return names[-1]


def states(play: Rehearsal) -> dict[str, str]:
    return {step["name"]: step["state"] for step in play.statuses[-1]["steps"]}


def undone(play: Rehearsal) -> list[str]:
    return [name.removeprefix("undo_") for name in play.activity_names if name.startswith("undo_")]


def test_a_step_is_tried_again_with_growing_pauses_until_it_is_done() -> None:
    play = rehearse(lambda saga: one(saga, "a"), a=[AWAY, AWAY, AWAY])

    assert play.run()["by"] == "a"
    assert play.elapsed_s == 5 + 10 + 20
    assert {payload["key"] for payload in play.payloads("a")} == {"op-1/a"}
    assert states(play) == {"a": "done"}


def test_a_vendor_s_wish_to_be_left_alone_is_heard() -> None:
    play = rehearse(lambda saga: one(saga, "a"), a=[{**AWAY, "retry_after_s": 45.0}])

    play.run()

    assert play.elapsed_s == 45


@pytest.mark.parametrize(("answers", "tries"), [([REFUSED], 1), ([AWAY] * 99, 13)])
def test_a_step_fails_when_it_is_refused_or_its_vendor_stays_away(answers: list[Outcome], tries: int) -> None:
    play = rehearse(lambda saga: one(saga, "a"), a=answers)

    with pytest.raises(StepFailed) as failure:
        play.run()
    assert failure.value.step == "a"
    assert len(play.calls) == tries
    assert play.elapsed_s <= 600
    assert states(play) == {"a": "failed"}


def test_an_activity_that_crashes_is_refused() -> None:
    def crash(saga: Saga) -> Steps:
        return (yield from one(saga, "a"))

    play = rehearse(crash)
    play._activities = {"a": _crash}

    with pytest.raises(StepFailed, match="boom"):
        play.run()


def _crash(_: dict[str, Any]) -> Outcome:
    raise Crash("boom")


def test_a_write_of_which_nothing_is_known_may_settle_before_the_step_fails() -> None:
    """Whoever undoes it looks 30 s later, when the vendor has done what it will do."""
    play = rehearse(lambda saga: one(saga, "a", for_s=0), a=[UNKNOWN] * 99)

    with pytest.raises(StepFailed):
        play.run()
    assert (len(play.calls), play.elapsed_s) == (1, 30)


def test_what_cannot_be_looked_up_is_not_done_again() -> None:
    play = rehearse(lambda saga: one(saga, "a", repeatable=False), a=[AWAY, UNKNOWN])

    with pytest.raises(StepFailed):
        play.run()
    assert len(play.calls) == 2


def test_side_by_side_gives_what_each_line_returned() -> None:
    play = rehearse(lambda saga: saga.side_by_side({"x": several(saga, "a", "b"), "y": one(saga, "c")}))
    play.slow = {"a": 10, "b": 10, "c": 15}

    assert play.run() == {"x": "b", "y": done(result="created", by="c")["value"]}
    assert play.elapsed_s == 20


def test_no_lines_are_done_at_once() -> None:
    assert rehearse(lambda saga: saga.side_by_side({})).run() == {}


def test_when_a_line_fails_the_others_finish_their_call_and_begin_no_other() -> None:
    play = rehearse(
        lambda saga: saga.side_by_side({"x": one(saga, "a"), "y": several(saga, "b", "c")}), a=[REFUSED]
    )
    play.slow = {"b": 20}

    with pytest.raises(StepFailed, match="a: no"):
        play.run()
    assert play.elapsed_s == 20
    assert states(play) == {"a": "failed", "b": "done"}
    assert "c" not in play.activity_names
    made = {each["of"]: each["made"] for each in play.statuses[-1]["compensations"]}
    assert made == {"a": None, "b": {"result": "created", "by": "b"}}


def test_a_line_that_waits_to_try_again_is_stopped_at_once() -> None:
    play = rehearse(
        lambda saga: saga.side_by_side({"x": one(saga, "a"), "y": one(saga, "b")}), a=[REFUSED], b=[AWAY] * 99
    )
    play.slow = {"a": 1}

    with pytest.raises(StepFailed, match="a: no"):
        play.run()
    assert play.elapsed_s == 1
    assert states(play) == {"a": "failed", "b": "stopped"}


def test_a_line_whose_write_may_be_at_work_is_let_settle() -> None:
    play = rehearse(
        lambda saga: saga.side_by_side({"x": one(saga, "a"), "y": one(saga, "b")}), a=[REFUSED], b=[UNKNOWN]
    )
    play.slow = {"a": 1}

    with pytest.raises(StepFailed, match="a: no"):
        play.run()
    assert play.elapsed_s == 30
    assert states(play)["b"] == "stopped"


def test_of_two_lines_that_fail_together_the_failure_is_told_not_the_stop() -> None:
    play = rehearse(
        lambda saga: saga.side_by_side({"x": several(saga, "a", "c"), "y": one(saga, "b")}), b=[REFUSED]
    )
    play.slow = {"a": 5, "b": 5}

    with pytest.raises(StepFailed, match="b: no"):
        play.run()


def test_attempt_all_fails_nobody_and_tries_again_what_can_be_looked_up() -> None:
    def play(saga: Saga) -> Steps:
        names = ("a", "b", "c", "d")
        activities: dict[str, tuple[str, dict[str, Any]]] = {name: (name, {}) for name in names}
        return (yield from saga.attempt_all(activities, for_s=600, once={"c"}))

    rehearsal = rehearse(play, b=[AWAY, UNKNOWN], c=[AWAY, UNKNOWN], d=[REFUSED])

    outcomes = rehearsal.run()

    assert {name: outcome["status"] for name, outcome in outcomes.items()} == {
        "a": "done",
        "b": "done",
        "c": "unknown",
        "d": "refused",
    }
    assert [rehearsal.activity_names.count(name) for name in "abcd"] == [1, 3, 2, 1]
    assert states(rehearsal) == {"a": "done", "b": "done", "c": "failed", "d": "failed"}


def test_attempt_all_gives_up_in_time() -> None:
    rehearsal = rehearse(lambda saga: saga.attempt_all({"a": ("a", {})}, for_s=60), a=[AWAY] * 99)

    assert rehearsal.run()["a"]["status"] == "unavailable"
    assert rehearsal.elapsed_s <= 60


def look(saga: Saga, *, for_s: float = 100) -> Steps:
    return saga.poll("look", "look", {}, until=lambda value: value["n"] == 3, every_s=10, for_s=for_s)


def test_a_poll_looks_until_it_sees_what_it_waits_for_also_over_a_vendor_that_is_away() -> None:
    play = rehearse(look, look=[done(n=1), AWAY, UNKNOWN, done(n=3)])

    assert play.run() == {"n": 3}
    assert play.elapsed_s == 30
    assert states(play) == {"look": "done"}


@pytest.mark.parametrize(
    ("answers", "last", "elapsed_s"),
    [([done(n=1)] * 99, {"n": 1}, 100), ([AWAY] * 99, None, 100), ([done(n=1), REFUSED], {"n": 1}, 10)],
)
def test_a_poll_that_never_sees_it_gives_the_last_look(
    answers: list[Outcome], last: Any, elapsed_s: float
) -> None:
    play = rehearse(look, look=answers)

    assert play.run() == last
    assert play.elapsed_s == elapsed_s
    assert states(play) == {"look": "failed"}


def cancelled(play: Play, after_s: float, **answers: list[Outcome]) -> Rehearsal:
    """A saga that says how it was stopped."""

    def watched(saga: Saga) -> Steps:
        try:
            return (yield from play(saga))
        except Stopped:
            return "stopped"

    rehearsal = rehearse(watched, cancellable=True, **answers)
    rehearsal.event("cancel", {"by": "Ana", "reason": ""}, after_s=after_s)
    return rehearsal


def test_a_cancellation_lets_the_call_finish_and_begins_no_other() -> None:
    play = cancelled(lambda saga: several(saga, "a", "b"), 5)
    play.slow = {"a": 20}

    assert play.run() == "stopped"
    assert play.elapsed_s == 20
    assert (play.activity_names, states(play)) == (["a"], {"a": "done"})


@pytest.mark.parametrize("answers", [{"a": [AWAY] * 99}, {"look": [done(n=1)] * 99}])
def test_a_cancellation_ends_a_pause_at_once(answers: Any) -> None:
    play = cancelled(lambda saga: one(saga, "a") if "a" in answers else look(saga), 7, **answers)

    assert play.run() == "stopped"
    assert play.elapsed_s == 7


def test_a_cancellation_ends_the_pauses_of_all_lines_whichever_paused_last() -> None:
    play = cancelled(
        lambda saga: saga.side_by_side({"x": look(saga), "y": one(saga, "a"), "z": one(saga, "b")}),
        52,
        look=[done(n=1)] * 99,
        a=[AWAY] * 99,
        b=[{**AWAY, "retry_after_s": 300.0}] * 99,
    )
    play.slow = {"a": 0.1}

    assert play.run() == "stopped"
    assert play.elapsed_s <= 52.1
    assert set(states(play).values()) == {"stopped"}


def test_a_cancellation_that_came_first_begins_nothing() -> None:
    play = cancelled(lambda saga: several(saga, "a", "b"), 0)
    play.slow = {"a": 0.1}

    assert play.run() == "stopped"
    assert play.activity_names == ["a"]


def test_after_commit_nobody_cancels() -> None:
    def play(saga: Saga) -> Steps:
        yield from one(saga, "a")
        saga.commit()
        return (yield from saga.step("b", "b", {}))

    rehearsal = cancelled(play, 5)
    rehearsal.slow = {"a": 1, "b": 20}

    assert rehearsal.run()["by"] == "b"
    assert rehearsal.statuses[-1]["cancellable"] is False
    assert rehearsal.statuses[-1]["compensations"] == []


def undoing(refused: str, **answers: list[Outcome]) -> Rehearsal:
    """`before`, then the lines x: a, b and y: c, d; then `after`; one of these is refused, and all is undone."""

    def play(saga: Saga) -> Steps:
        try:
            yield from one(saga, "before")
            yield from saga.side_by_side({"x": several(saga, "a", "b"), "y": several(saga, "c", "d")})
            yield from one(saga, "after")
        except StepFailed:
            return (yield from saga.compensate())

    return rehearse(play, **answers, **{refused: [REFUSED]})  # type: ignore[arg-type]


def test_all_is_undone_newest_first_and_lines_side_by_side() -> None:
    play = undoing("after")
    play.slow = {"undo_b": 3, "undo_d": 1, "undo_c": 1}

    assert play.run() is True
    assert undone(play) == ["after", "d", "b", "c", "a", "before"]
    assert play.elapsed_s == 3


def test_a_step_that_failed_is_undone_too_since_it_may_be_half_done() -> None:
    play = undoing("a")

    play.run()

    (payload,) = play.payloads("undo_a")
    assert payload == {"key": "op-1/a", "attempt": 1, "made": None}
    assert "b" not in play.activity_names


def test_what_was_adopted_is_left_without_a_call() -> None:
    play = undoing("after", a=[done(result="adopted")])

    play.run()

    assert "undo_a" not in play.activity_names
    left = [each["of"] for each in play.statuses[-1]["compensations"] if each["state"] == "left"]
    assert left == ["a"]


def test_what_a_compensation_leaves_is_said_so() -> None:
    play = undoing("after", undo_a=[done(result="left")])

    assert play.run() is True
    state = {each["of"]: each["state"] for each in play.statuses[-1]["compensations"]}
    assert (state["a"], state["b"]) == ("left", "undone")


def test_a_compensation_gets_what_its_step_made() -> None:
    play = undoing("after")

    play.run()

    assert play.payloads("undo_a")[0]["made"] == {"result": "created", "by": "a"}


def test_a_compensation_that_fails_keeps_what_was_before_it() -> None:
    play = undoing("after", undo_b=[REFUSED])

    assert play.run() is False
    state = {each["of"]: each["state"] for each in play.statuses[-1]["compensations"]}
    assert state == {
        "before": "recorded",
        "a": "recorded",
        "b": "failed",
        "c": "undone",
        "d": "undone",
        "after": "undone",
    }


def test_what_was_made_last_is_undone_before_anything_else() -> None:
    play = undoing("after", undo_after=[REFUSED])

    assert play.run() is False
    assert undone(play) == ["after"]


def test_a_vendor_that_is_away_is_waited_for_while_undoing() -> None:
    play = undoing("after", undo_a=[AWAY, UNKNOWN])

    assert play.run() is True
    assert len(play.payloads("undo_a")) == 3


def test_a_saga_takes_over_what_another_had_to_leave() -> None:
    left = undoing("after", undo_b=[REFUSED], undo_c=[REFUSED])
    left.run()
    records = [each for each in left.statuses[-1]["compensations"] if each["state"] not in ("undone", "left")]

    def play(saga: Saga) -> Steps:
        saga.resume(records)
        return (yield from saga.compensate(attempt=2))

    again = rehearse(play)

    assert again.run() is True
    assert undone(again) == ["b", "c", "a", "before"]
    assert again.payloads("undo_a") == [
        {"key": "op-1/a", "attempt": 2, "made": {"result": "created", "by": "a"}}
    ]


def test_nobody_cancels_the_undoing() -> None:
    def play(saga: Saga) -> Steps:
        try:
            yield from several(saga, "a", "b", "c")
        except Stopped:
            return (yield from saga.compensate())

    rehearsal = rehearse(play, cancellable=True, undo_a=[AWAY, AWAY])
    rehearsal.slow = {"b": 10}
    for after_s in (5, 12):
        rehearsal.event("cancel", {"by": "Ana", "reason": ""}, after_s=after_s)

    assert rehearsal.run() is True
    assert undone(rehearsal) == ["b", "a", "a", "a"]


def test_a_long_saga_still_fits_into_what_is_kept_of_its_status() -> None:
    names = [f"a_step_with_a_rather_long_name_{number:03}" for number in range(100)]

    def steps(saga: Saga) -> Steps:
        for name in names:
            yield from saga.step(name, name, {})

    play = rehearse(steps)
    play.run()

    last = play.statuses[-1]
    assert max(len(json.dumps(status).encode("utf-16")) for status in play.statuses) < 16 * 1024
    assert last["earlier_steps"] + len(last["steps"]) == 100
    assert last["steps"][-1]["name"] == names[-1]
