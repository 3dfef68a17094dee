"""Saga: steps that are retried while a vendor is away, each visible while it happens, each undoable.

An orchestrator makes one Saga and calls its steps with `yield from`. A step is an activity with the idempotency
key `<instance id>/<step>`, so that doing it again finds what an earlier try made. Its compensation is recorded
before it is called; `compensate` undoes what is recorded, newest first. Steps, compensations, links and what
people must see are published as the orchestration's custom status, which GET /api/operations/{id} shows.

The policy is data in the orchestration's input (orchestrators read no settings): retry_first_s, retry_max_s,
retry_for_s, all in seconds.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from durabletask import task

from orchestrations.saga.calls import Steps, Value, again_at, is_final, outcome_of
from orchestrations.saga.ends import StepFailed, Stopped
from orchestrations.saga.lines import Lines
from orchestrations.saga.status import SETTLED, Status

CANCEL = "cancel"
"""External event that stops a saga: {"by": person's name, "reason"}."""


class Undo(NamedTuple):
    """A compensation: the activity of this name, with this payload beside the step's key and what the step made.

    It must look before it deletes, since the step may have been done, half done or never begun, and leaves alone
    what is not ours. Named for its effect: `delete_repository`.
    """

    name: str
    payload: Mapping[str, Any]


class Saga:
    """The steps of one orchestration, in their order, with their times.

    cancellable: whether the external event CANCEL stops it, until `commit`.
    """

    def __init__(
        self,
        context: task.OrchestrationContext,
        kind: str,
        policy: Mapping[str, Any],
        *,
        cancellable: bool = False,
    ) -> None:
        self._context, self._policy = context, policy
        self._status, self._lines = Status(context, kind, cancellable=cancellable), Lines()
        self.show, self.link, self.unlink = self._status.show, self._status.link, self._status.unlink
        self.side_by_side = self._lines.side_by_side
        self.cancelled: task.Task[Any] | None = (
            context.wait_for_external_event(CANCEL) if cancellable else None
        )

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps so far: {"name", "state", "started_at", "ended_at", "result", "detail"}."""
        return self._status.steps

    @property
    def compensations(self) -> list[dict[str, Any]]:
        """What is recorded: {"name", "of", "line", "key", "payload", "made", "state", "started_at", "ended_at", ...}.

        state: recorded, running, waiting, undone, left (adopted, or not ours), failed.
        """
        return [dict(record) for record in self._status.records]

    def step(
        self,
        name: str,
        activity: str,
        payload: Mapping[str, Any],
        *,
        undo: Undo | None = None,
        for_s: float | None = None,
        repeatable: bool = True,
    ) -> Steps:
        """Do one activity until it is done. Returns its value.

        undo: recorded before the first call; dropped when the value's "result" is "adopted".
        for_s: how long to go on trying, the policy's retry_for_s when not given.
        repeatable: False for what cannot be looked up and must not be done twice: an unknown outcome then fails.

        Raises: StepFailed when it is refused or its vendor stays away for too long; Stopped.
        """
        self._check()
        key = self._key(name)
        record = self._status.record(self._compensation(name, key, undo)) if undo else None
        step = self._status.begin(name)
        outcome = yield from self._persist(step, activity, {"key": key, **payload}, for_s, repeatable)
        if outcome["status"] != "done":
            self._status.end(step, "failed", detail=outcome["reason"])
            raise StepFailed(name, outcome["reason"])
        if record is not None:
            adopted = outcome["value"].get("result") == "adopted"
            record.update(made=outcome["value"], state="left" if adopted else "recorded")
        self._status.end(step, "done", result=outcome["value"].get("result", ""))
        return outcome["value"]

    def attempt_all(
        self,
        activities: Mapping[str, tuple[str, Mapping[str, Any]]],
        *,
        for_s: float = 0,
        once: Collection[str] = (),
    ) -> Steps:
        """Do several activities side by side. Returns {name: outcome}; none of them fails the saga.

        for_s: how long those whose vendors are away are tried again, together.
        once: those that cannot be looked up: an unknown outcome is their last.
        """
        steps = {name: self._status.begin(name) for name in activities}
        outcomes: dict[str, Value] = {}

        def is_over(name: str) -> bool:
            outcome = outcomes.get(name)
            return is_final(outcome) or bool(outcome and outcome["status"] == "unknown" and name in once)

        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        tries = 0
        while True:
            waiting = [name for name in activities if not is_over(name)]
            running = {
                name: self._schedule(activities[name][0], {"key": self._key(name), **activities[name][1]})
                for name in waiting
            }
            for name, scheduled in running.items():
                outcomes[name] = yield from outcome_of(scheduled)
            tries += 1
            away = [outcomes[name] for name in activities if not is_over(name)]
            next_at = max((self._next_at(outcome, tries) for outcome in away), default=end_at)
            if not away or next_at >= end_at:
                break
            yield self._context.create_timer(next_at)
        for name, step in steps.items():
            done = outcomes[name]["status"] == "done"
            self._status.end(step, "done" if done else "failed", detail=outcomes[name].get("reason", ""))
        return outcomes

    def poll(
        self,
        name: str,
        activity: str,
        payload: Mapping[str, Any],
        *,
        until: Callable[[Value], bool],
        every_s: float,
        for_s: float,
        good: Callable[[Value], bool] = lambda value: True,
    ) -> Steps:
        """Look again and again until `until` holds. Returns the last value seen, None when there was none.

        good: whether what it came to lets the step count as done.
        A vendor that is away is looked at again; the caller judges a value that came too late or never.
        Raises: Stopped.
        """
        self._check()
        step = self._status.begin(name)
        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        last: Value | None = None
        while True:
            outcome = yield from outcome_of(self._schedule(activity, {"key": self._key(name), **payload}))
            last = outcome["value"] if outcome["status"] == "done" else last
            if outcome["status"] == "done" and until(outcome["value"]):
                self._status.end(step, "done" if good(outcome["value"]) else "failed")
                return last
            next_at = self._context.current_utc_datetime + timedelta(seconds=every_s)
            if outcome["status"] == "refused" or next_at > end_at:
                self._status.end(step, "failed", detail=outcome.get("reason", "not in time"))
                return last
            yield from self._pause(step, next_at)

    def commit(self) -> None:
        """From here on nothing is undone and nobody can cancel."""
        self.cancelled = None
        self.show(compensations=[], cancellable=False)

    def resume(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take over what another saga had to leave undone."""
        self.show(compensations=[{**record, "state": "recorded"} for record in records])

    def compensate(self, *, attempt: int = 1) -> Steps:
        """Undo all that is recorded, newest first. Returns whether everything is undone or left to whom it belongs.

        Lines that ran side by side are undone so. A compensation that fails keeps what was recorded before it, since
        that may be needed to try again; the lines beside it are undone all the same.
        attempt: how often these were tried, counting this time; activities get it in their payload.
        """
        self.cancelled, self._lines.halted = None, False
        self.show(cancellable=False)
        records = [each for each in reversed(self._status.records) if each["state"] not in SETTLED]
        for _, group in groupby(records, lambda record: bool(record["line"])):
            lines: dict[str, list[Value]] = {}
            for record in group:
                lines.setdefault(record["line"], []).append(record)
            done = yield from self.side_by_side(
                {name: self._undo(line, attempt) for name, line in lines.items()}
            )
            if not all(done.values()):
                return False
        return True

    def begin_wait(self, name: str) -> dict[str, Any]:
        """A step that waits for people or events; finish it with `end_wait`."""
        step = self._status.begin(name)
        self._status.wait(step)
        return step

    def end_wait(self, step: dict[str, Any], result: str) -> None:
        self._status.end(step, "done", result=result)

    def _undo(self, records: list[Value], attempt: int) -> Steps:
        """Undo these in their order until one fails. Returns whether all are undone."""
        for record in records:
            self._status.begin_again(record)
            payload = {
                "key": record["key"],
                "attempt": attempt,
                "made": record["made"],
                **record["payload"],
            }
            outcome = yield from self._persist(record, record["name"], payload, None, True)
            if outcome["status"] != "done":
                self._status.end(record, "failed", detail=outcome["reason"])
                return False
            result = outcome["value"].get("result", "")
            self._status.end(record, "left" if result == "left" else "undone", result=result)
        return True

    def _persist(
        self, entry: Value, activity: str, payload: Mapping[str, Any], for_s: float | None, repeatable: bool
    ) -> Steps:
        """Call an activity until it is done, refused, or not to be tried again. Returns its last outcome.

        After an unknown outcome the time the vendor may still need is let pass, even when nothing is tried
        again: whoever looks next must see what came of it.
        """
        for_s = self._policy["retry_for_s"] if for_s is None else for_s
        give_up_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        tries = 0
        while True:
            outcome = yield from outcome_of(self._schedule(activity, payload))
            if is_final(outcome):
                return outcome
            tries += 1
            next_at = self._next_at(outcome, tries)
            self._status.wait(entry, outcome["reason"])
            unknown = outcome["status"] == "unknown"
            if (unknown and not repeatable) or (next_at > give_up_at and not unknown):
                return outcome
            yield from self._pause(entry, next_at, settling=unknown)
            if next_at > give_up_at:
                return outcome

    def _pause(self, entry: Value, until: datetime, *, settling: bool = False) -> Steps:
        """Let time pass; a cancellation ends it, unless a write of ours may still be at work.

        Raises: Stopped, after which the entry counts as failed.
        """
        timer = self._context.create_timer(until)
        try:
            if settling:
                yield from self._lines.settle(timer)
            elif self.cancelled is not None:
                yield task.when_any([timer, self.cancelled])
            else:
                yield timer
            self._check()
        except Stopped:
            self._status.end(entry, "stopped")
            raise

    def _check(self) -> None:
        if self._lines.halted or (self.cancelled is not None and self.cancelled.is_complete):
            raise Stopped

    def _compensation(self, step: str, key: str, undo: Undo) -> Value:
        return {
            "name": undo.name,
            "of": step,
            "line": self._lines.current,
            "key": key,
            "payload": dict(undo.payload),
            "made": None,
            "state": "recorded",
        }

    def _key(self, name: str) -> str:
        return f"{self._context.instance_id}/{name}"

    def _schedule(self, activity: str, payload: Mapping[str, Any]) -> task.Task[Any]:
        return self._context.call_activity(activity, input=payload)

    def _next_at(self, outcome: Value, tries: int) -> datetime:
        return again_at(self._context.current_utc_datetime, self._policy, outcome, tries)
