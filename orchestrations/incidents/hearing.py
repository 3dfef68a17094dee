"""The problems of one incident: the one it began with, those that join it, and which of them are over.

They come as external events from functions/incidents/problems.py, at least once and in any order:
`problem_joined` {"problem", "identity", "reason"} and `problem_resolved` {"identity"} (none: the first problem).
"""

from collections.abc import Mapping
from typing import Any

from durabletask import task

from shared.domain.incident import correlation, problems

JOINED = "problem_joined"
RESOLVED = "problem_resolved"


class Hearing:
    """What was heard so far. Waiting for the events is the caller's; `hear` takes in what has come."""

    def __init__(self, context: task.OrchestrationContext, problem: Mapping[str, Any]) -> None:
        self._context, self._first = context, correlation.identity(problem)
        self._resolved_ids = {self._first} if problem["state"] == problems.RESOLVED else set()
        self.joined: dict[str, Mapping[str, Any]] = {}
        self._waits = {name: context.wait_for_external_event(name) for name in (JOINED, RESOLVED)}

    @property
    def all_resolved(self) -> bool:
        """Whether every problem of the incident is over."""
        return self._resolved_ids >= {self._first, *self.joined}

    @property
    def others_resolved(self) -> bool:
        """Whether every problem that joined is over."""
        return self._resolved_ids >= set(self.joined)

    def events(self) -> Mapping[str, task.Task[Any]]:
        """What to wait for."""
        return self._waits

    def hear(self) -> list[Mapping[str, Any]]:
        """Take in all that has come. Returns the problems that joined just now."""
        new: list[Mapping[str, Any]] = []
        while (waited := self._waits[JOINED]).is_complete:
            told = waited.get_result()
            if told["identity"] != self._first and told["identity"] not in self.joined:
                self.joined[told["identity"]] = told
                new.append(told)
            if told["problem"]["state"] == problems.RESOLVED:
                self._resolved_ids.add(told["identity"])
            self._waits[JOINED] = self._context.wait_for_external_event(JOINED)
        while (waited := self._waits[RESOLVED]).is_complete:
            self._resolved_ids.add((waited.get_result() or {}).get("identity", self._first))
            self._waits[RESOLVED] = self._context.wait_for_external_event(RESOLVED)
        return new
