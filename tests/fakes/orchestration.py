"""Rehearse an orchestrator without a backend: activities are functions, time is virtual, events come when told.

The orchestrator is the real generator with durabletask's own task objects; only what moves them is fake.
"""

import heapq
import itertools
import json
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from durabletask import task

Outcome = dict[str, Any]
Activity = Callable[[dict[str, Any]], Outcome]

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def done(**value: Any) -> Outcome:
    return {"status": "done", "value": value}


class Crash(Exception):
    """Raised by an activity to be one that crashed."""


class Rehearsal:
    """One run of an orchestrator. `calls` is what it asked for, in order; `statuses` what it published.

    slow: seconds that activities take; all others answer at once.
    """

    def __init__(
        self,
        orchestrator: Any,
        request: dict[str, Any],
        activities: Mapping[str, Activity],
        instance_id: str = "op-1",
    ) -> None:
        self.instance_id = instance_id
        self.current_utc_datetime = START
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[dict[str, Any]] = []
        self.slow: dict[str, float] = {}
        self._activities = activities
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._waiting: dict[str, deque[task.CancellableTask[Any]]] = defaultdict(deque)
        self._buffered: dict[str, deque[Any]] = defaultdict(deque)
        function = orchestrator._function.get_user_function()
        self._generator = getattr(function, "orchestrator_function", function)(self, request)

    # What an orchestrator sees.

    def call_activity(self, name: str, *, input: dict[str, Any]) -> task.Task[Any]:
        self.calls.append((name, _as_json(input)))
        scheduled: task.CompletableTask[Any] = task.CompletableTask()
        if name in self.slow:
            at = self.current_utc_datetime + timedelta(seconds=self.slow[name])
            self._plan(at, lambda: self._do(scheduled, name, input))
        else:
            self._do(scheduled, name, input)
        return scheduled

    def _do(self, scheduled: task.CompletableTask[Any], name: str, payload: dict[str, Any]) -> None:
        try:
            scheduled.complete(_as_json(self._activities[name](_as_json(payload))))
        except Crash as crash:
            scheduled.fail(str(crash), crash)

    def create_timer(self, fire_at: datetime | timedelta) -> task.TimerTask:
        at = fire_at if isinstance(fire_at, datetime) else self.current_utc_datetime + fire_at
        timer = task.TimerTask()
        self._plan(at, lambda: None if timer.is_complete else timer.complete(None))
        return timer

    def wait_for_external_event(self, name: str) -> task.CancellableTask[Any]:
        waiting: task.CancellableTask[Any] = task.CancellableTask()
        if self._buffered[name]:
            waiting.complete(self._buffered[name].popleft())
        else:
            self._waiting[name].append(waiting)
            waiting.set_cancel_handler(lambda: self._waiting[name].remove(waiting))
        return waiting

    def set_custom_status(self, status: dict[str, Any]) -> None:
        self.statuses.append(_as_json(status))

    # What a test does.

    def event(self, name: str, data: Any, *, after_s: float) -> None:
        """Have an external event arrive."""
        self._plan(START + timedelta(seconds=after_s), lambda: self._raise_event(name, data))

    def run(self) -> Any:
        """Run to the end; returns the orchestrator's result or raises its error."""
        result: Any = None
        error: Exception | None = None
        try:
            while True:
                pending = self._generator.throw(error) if error else self._generator.send(result)
                self._run_until(pending)
                error = pending.get_exception() if pending.is_failed else None
                result = None if error else pending.get_result()
        except StopIteration as stop:
            return stop.value

    @property
    def elapsed_s(self) -> float:
        return (self.current_utc_datetime - START).total_seconds()

    @property
    def activity_names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def payloads(self, name: str) -> list[dict[str, Any]]:
        return [payload for called, payload in self.calls if called == name]

    def _raise_event(self, name: str, data: Any) -> None:
        if self._waiting[name]:
            self._waiting[name].popleft().complete(data)
        else:
            self._buffered[name].append(data)

    def _plan(self, at: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), action))

    def _run_until(self, pending: task.Task[Any]) -> None:
        while not pending.is_complete:
            if not self._agenda:
                raise AssertionError("the orchestrator waits for something that will never come")
            at, _, action = heapq.heappop(self._agenda)
            self.current_utc_datetime = max(self.current_utc_datetime, at)
            action()


def _as_json(value: Any) -> Any:
    """What the other side of a durable boundary gets of it."""
    return json.loads(json.dumps(value))
