"""The one saga engine: steps that are retried while a vendor is away, each visible while it happens, each undoable.

An orchestrator makes one Saga and calls its steps with `yield from`. A step is an activity with the idempotency
key `<instance id>/<step>`, so that doing it again finds what an earlier try made. Its compensation is recorded
before it is called; `compensate` undoes what is recorded, newest first. Steps, compensations, links and what
people must see are published as the orchestration's custom status, which GET /api/operations/{id} shows.

The policy is data in the orchestration's input (orchestrators read no settings): retry_first_s, retry_max_s,
retry_for_s, all in seconds.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from durabletask import task

Value = dict[str, Any]
Steps = Generator[task.Task[Any], Any, Any]

CANCEL = "cancel"
"""External event that stops a saga: {"by": person's name, "reason"}."""


class StepFailed(Exception):  # raised and caught inside one orchestrator, never crosses a boundary
    """A step will not succeed: refused, or its vendor stayed away for too long."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step, self.reason = step, reason


class Stopped(Exception):
    """The saga begins no further step: somebody cancelled it, or a step beside this one failed."""


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
        self._status: dict[str, Any] = {"kind": kind, "outcome": None, "steps": [], "links": {}}
        self.cancelled: task.Task[Any] | None = (
            context.wait_for_external_event(CANCEL) if cancellable else None
        )
        self._line, self._halted = "", False
        self._settling: list[task.Task[Any]] = []
        if cancellable:
            self._status |= {"compensations": [], "cancellable": True}

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps so far: {"name", "state", "started_at", "ended_at", "result", "detail"}."""
        return [dict(step) for step in self._status["steps"]]

    @property
    def compensations(self) -> list[dict[str, Any]]:
        """What is recorded: {"name", "of", "line", "key", "payload", "made", "state", "started_at", "ended_at", ...}.

        state: recorded, running, waiting, undone, left (adopted, or not ours), failed.
        """
        return [dict(record) for record in self._status.get("compensations", [])]

    def show(self, **facts: Any) -> None:
        """Publish facts beside the steps; a link goes into `links` by `link`."""
        self._status.update(facts)
        self._publish()

    def link(self, name: str, url: str) -> None:
        self._status["links"][name] = url
        self._publish()

    def unlink(self, names: Iterable[str]) -> None:
        """Take links away that lead nowhere any more."""
        for name in names:
            self._status["links"].pop(name, None)
        self._publish()

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
        record = self._record(name, key, undo) if undo else None
        step = self._begin(name)
        outcome = yield from self._persist(step, activity, {"key": key, **payload}, for_s, repeatable)
        if outcome["status"] != "done":
            self._end(step, "failed", detail=outcome["reason"])
            raise StepFailed(name, outcome["reason"])
        if record is not None:
            adopted = outcome["value"].get("result") == "adopted"
            record.update(made=outcome["value"], state="left" if adopted else "recorded")
        self._end(step, "done", result=outcome["value"].get("result", ""))
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
        steps = {name: self._begin(name) for name in activities}
        outcomes: dict[str, Value] = {}

        def is_over(name: str) -> bool:
            outcome = outcomes.get(name)
            return _is_final(outcome) or bool(outcome and outcome["status"] == "unknown" and name in once)

        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        tries = 0
        while True:
            waiting = [name for name in activities if not is_over(name)]
            running = {
                name: self._schedule(activities[name][0], {"key": self._key(name), **activities[name][1]})
                for name in waiting
            }
            for name, scheduled in running.items():
                outcomes[name] = yield from _outcome_of(scheduled)
            tries += 1
            away = [outcomes[name] for name in activities if not is_over(name)]
            again_at = max((self._again_at(outcome, tries) for outcome in away), default=end_at)
            if not away or again_at >= end_at:
                break
            yield self._context.create_timer(again_at)
        for name, step in steps.items():
            done = outcomes[name]["status"] == "done"
            self._end(step, "done" if done else "failed", detail=outcomes[name].get("reason", ""))
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
        step = self._begin(name)
        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        last: Value | None = None
        while True:
            outcome = yield from _outcome_of(self._schedule(activity, {"key": self._key(name), **payload}))
            last = outcome["value"] if outcome["status"] == "done" else last
            if outcome["status"] == "done" and until(outcome["value"]):
                self._end(step, "done" if good(outcome["value"]) else "failed")
                return last
            again_at = self._context.current_utc_datetime + timedelta(seconds=every_s)
            if outcome["status"] == "refused" or again_at > end_at:
                self._end(step, "failed", detail=outcome.get("reason", "not in time"))
                return last
            yield from self._pause(step, again_at)

    def side_by_side(self, lines: Mapping[str, Steps]) -> Steps:
        """Advance several lines of steps together. Returns {name: what the line returned}.

        When one fails, the others finish the call they are in and stop; then that failure is raised.
        Compensations recorded inside a line are undone line by line, side by side again.
        """
        values: dict[str, Any] = {}
        pending: dict[str, task.Task[Any]] = {}
        failures: list[Exception] = []
        outer = self._line

        def advance(name: str, move: Callable[[], task.Task[Any]]) -> None:
            self._line = name
            try:
                pending[name] = move()
            except StopIteration as stop:
                values[name] = stop.value
                pending.pop(name, None)
            except (StepFailed, Stopped) as failure:
                failures.append(failure)
                pending.pop(name, None)
            self._line, self._halted = outer, bool(failures)

        for name, line in lines.items():
            advance(name, line.__next__)
        while pending:
            for name in [name for name in pending if failures and self._can_stop(pending[name])]:
                advance(name, lambda stopped=lines[name]: stopped.throw(Stopped()))
            if not pending:
                break
            yield task.when_any(list(pending.values()))
            for name, waited in list(pending.items()):
                if waited.is_complete:
                    advance(name, lambda line=lines[name], waited=waited: _resume(line, waited))
        self._halted = False
        if failures:
            raise next((each for each in failures if isinstance(each, StepFailed)), failures[0])
        return values

    def commit(self) -> None:
        """From here on nothing is undone and nobody can cancel."""
        self.cancelled = None
        self._status |= {"compensations": [], "cancellable": False}
        self._publish()

    def resume(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Take over what another saga had to leave undone."""
        self._status["compensations"] = [{**record, "state": "recorded"} for record in records]

    def compensate(self, *, attempt: int = 1) -> Steps:
        """Undo all that is recorded, newest first. Returns whether everything is undone or left to whom it belongs.

        Lines that ran side by side are undone so. A compensation that fails keeps what was recorded before it, since
        that may be needed to try again; the lines beside it are undone all the same.
        attempt: how often these were tried, counting this time; activities get it in their payload.
        """
        self.cancelled, self._halted = None, False
        self.show(cancellable=False)
        records = [each for each in reversed(self._status["compensations"]) if each["state"] not in SETTLED]
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
        step = self._begin(name)
        step["state"] = "waiting"
        self._publish()
        return step

    def end_wait(self, step: dict[str, Any], result: str) -> None:
        self._end(step, "done", result=result)

    def _undo(self, records: list[Value], attempt: int) -> Steps:
        """Undo these in their order until one fails. Returns whether all are undone."""
        for record in records:
            record.update(state="running", started_at=self._now())
            self._publish()
            payload = {
                "key": record["key"],
                "attempt": attempt,
                "made": record["made"],
                **record["payload"],
            }
            outcome = yield from self._persist(record, record["name"], payload, None, True)
            if outcome["status"] != "done":
                self._end(record, "failed", detail=outcome["reason"])
                return False
            result = outcome["value"].get("result", "")
            self._end(record, "left" if result == "left" else "undone", result=result)
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
            outcome = yield from _outcome_of(self._schedule(activity, payload))
            if _is_final(outcome):
                return outcome
            tries += 1
            again_at = self._again_at(outcome, tries)
            entry.update(state="waiting", detail=_short(outcome["reason"]))
            self._publish()
            unknown = outcome["status"] == "unknown"
            if (unknown and not repeatable) or (again_at > give_up_at and not unknown):
                return outcome
            yield from self._pause(entry, again_at, settling=unknown)
            if again_at > give_up_at:
                return outcome

    def _pause(self, entry: Value, until: datetime, *, settling: bool = False) -> Steps:
        """Let time pass; a cancellation ends it, unless a write of ours may still be at work.

        Raises: Stopped, after which the entry counts as failed.
        """
        timer = self._context.create_timer(until)
        try:
            if settling:
                self._settling.append(timer)
                yield timer
                self._settling.remove(timer)
            elif self.cancelled is not None:
                yield task.when_any([timer, self.cancelled])
            else:
                yield timer
            self._check()
        except Stopped:
            self._end(entry, "stopped")
            raise

    def _check(self) -> None:
        if self._halted or (self.cancelled is not None and self.cancelled.is_complete):
            raise Stopped

    def _can_stop(self, pending: task.Task[Any]) -> bool:
        """Whether a line only waits: no call of it is under way, and none may still be at work."""
        waits = isinstance(pending, task.TimerTask | task.WhenAnyTask)
        return waits and not any(pending is settling for settling in self._settling)

    def _record(self, step: str, key: str, undo: Undo) -> Value:
        record = {
            "name": undo.name,
            "of": step,
            "line": self._line,
            "key": key,
            "payload": dict(undo.payload),
            "made": None,
            "state": "recorded",
        }
        self._status.setdefault("compensations", []).append(record)
        return record

    def _key(self, name: str) -> str:
        return f"{self._context.instance_id}/{name}"

    def _schedule(self, activity: str, payload: Mapping[str, Any]) -> task.Task[Any]:
        return self._context.call_activity(activity, input=payload)

    def _again_at(self, outcome: Value, tries: int) -> datetime:
        pause_s = min(self._policy["retry_first_s"] * 2 ** (tries - 1), self._policy["retry_max_s"])
        pause_s = max(pause_s, outcome.get("retry_after_s") or 0)
        return self._context.current_utc_datetime + timedelta(seconds=pause_s)

    def _begin(self, name: str) -> dict[str, Any]:
        step = {"name": name, "state": "running", "started_at": self._now(), "ended_at": None}
        self._status["steps"].append(step)
        self._publish()
        return step

    def _end(self, entry: dict[str, Any], state: str, *, result: str = "", detail: str = "") -> None:
        entry.pop("detail", None)
        entry.update(state=state, ended_at=self._now())
        entry.update({key: value for key, value in (("result", result), ("detail", _short(detail))) if value})
        self._publish()

    def _now(self) -> str:
        return self._context.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def _publish(self) -> None:
        self._context.set_custom_status(self._status)


SETTLED = frozenset({"undone", "left"})
"""States of compensations that need no further work."""


def _outcome_of(scheduled: task.Task[Any]) -> Steps:
    """Wait for an activity; one that crashed counts as refused, with what is known of why."""
    try:
        return (yield scheduled)
    except task.TaskFailedError as error:
        return {"status": "refused", "reason": f"{error.details.error_type}: {error.details.message}"}


def _resume(line: Steps, waited: task.Task[Any]) -> task.Task[Any]:
    """Give a line what it waited for, as durabletask would."""
    return line.throw(waited.get_exception()) if waited.is_failed else line.send(waited.get_result())


def _is_final(outcome: Value | None) -> bool:
    return outcome is not None and outcome["status"] in ("done", "refused")


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
