"""Lines of steps that run side by side inside one orchestrator."""

from collections.abc import Callable, Mapping
from typing import Any

from durabletask import task

from orchestrations.saga.calls import Steps, resume
from orchestrations.saga.ends import StepFailed, Stopped


class Lines:
    """current: the line that is being advanced, "" outside of all. halted: whether lines are to stop."""

    def __init__(self) -> None:
        self.current, self.halted = "", False
        self._settling: list[task.Task[Any]] = []

    def settle(self, timer: task.Task[Any]) -> Steps:
        """Wait, and let nobody stop it: a write of ours may still be at work."""
        self._settling.append(timer)
        yield timer
        self._settling.remove(timer)

    def side_by_side(self, lines: Mapping[str, Steps]) -> Steps:
        """Advance several lines of steps together. Returns {name: what the line returned}.

        When one fails, the others finish the call they are in and stop; then that failure is raised.
        """
        values: dict[str, Any] = {}
        pending: dict[str, task.Task[Any]] = {}
        failures: list[Exception] = []
        outer = self.current

        def advance(name: str, move: Callable[[], task.Task[Any]]) -> None:
            self.current = name
            try:
                pending[name] = move()
            except StopIteration as stop:
                values[name] = stop.value
                pending.pop(name, None)
            except (StepFailed, Stopped) as failure:
                failures.append(failure)
                pending.pop(name, None)
            self.current, self.halted = outer, bool(failures)

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
                    advance(name, lambda line=lines[name], waited=waited: resume(line, waited))
        self.halted = False
        if failures:
            raise next((each for each in failures if isinstance(each, StepFailed)), failures[0])
        return values

    def _can_stop(self, pending: task.Task[Any]) -> bool:
        """Whether a line only waits: no call of it is under way, and none may still be at work."""
        waits = isinstance(pending, task.TimerTask | task.WhenAnyTask)
        return waits and not any(pending is settling for settling in self._settling)
