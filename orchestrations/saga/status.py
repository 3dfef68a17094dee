"""What a saga publishes while it runs: its steps, its compensations, its links, and what else people must see."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from durabletask import task

Value = dict[str, Any]

SETTLED = frozenset({"undone", "left"})
"""States of compensations that need no further work."""

_SHORT = 200
_FEW = 20
"""So many steps always have room beside the other facts: nobody needs to measure."""
_ROOM = 8000
"""Characters of JSON: Durable Functions keeps 16 KB of UTF-16."""


class Status:
    """The orchestration's custom status, as GET /api/operations/{id} reads it."""

    def __init__(self, context: task.OrchestrationContext, kind: str, *, cancellable: bool) -> None:
        self._context = context
        self._facts: Value = {"kind": kind, "outcome": None, "steps": [], "links": {}}
        if cancellable:
            self._facts |= {"compensations": [], "cancellable": True}

    @property
    def steps(self) -> list[Value]:
        """The steps so far: {"name", "state", "started_at", "ended_at", "result", "detail"}."""
        return [dict(step) for step in self._facts["steps"]]

    @property
    def records(self) -> list[Value]:
        """The recorded compensations themselves: who changes one publishes it."""
        found: list[Value] = self._facts.get("compensations", [])
        return found

    def show(self, **facts: Any) -> None:
        """Publish facts beside the steps."""
        self._facts.update(facts)
        self.publish()

    def link(self, name: str, url: str) -> None:
        self._facts["links"][name] = url
        self.publish()

    def unlink(self, names: Iterable[str]) -> None:
        """Take links away that lead nowhere any more."""
        for name in names:
            self._facts["links"].pop(name, None)
        self.publish()

    def begin(self, name: str) -> Value:
        """A step that runs from now on."""
        step = {"name": name, "state": "running", "started_at": self.now(), "ended_at": None}
        self._facts["steps"].append(step)
        self.publish()
        return step

    def begin_again(self, entry: Value) -> None:
        """A recorded compensation that runs from now on."""
        entry.update(state="running", started_at=self.now())
        self.publish()

    def wait(self, entry: Value, why: str = "") -> None:
        """It waits: for people, or for a vendor that is away."""
        entry.update(state="waiting", **({"detail": _short(why)} if why else {}))
        self.publish()

    def end(self, entry: Value, state: str, *, result: str = "", detail: str = "") -> None:
        entry.pop("detail", None)
        entry.update(state=state, ended_at=self.now())
        entry.update({key: value for key, value in (("result", result), ("detail", _short(detail))) if value})
        self.publish()

    def record(self, record: Mapping[str, Any]) -> Value:
        """Keep a compensation; it is published with the step that begins next."""
        kept = dict(record)
        self._facts.setdefault("compensations", []).append(kept)
        return kept

    def now(self) -> str:
        return self._context.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def publish(self) -> None:
        self._context.set_custom_status(_fitting(self._facts))


def _fitting(facts: Value) -> Value:
    """The facts; where they are too long without the steps that were done first, which are then only counted."""
    if len(facts["steps"]) <= _FEW:
        return facts
    excess = len(json.dumps(facts)) - _ROOM
    if excess <= 0:
        return facts
    kept = list(facts["steps"])
    for step in facts["steps"]:
        if excess <= 0:
            break
        if step["state"] == "done":
            kept.remove(step)
            excess -= len(json.dumps(step)) + len(", ")
    return {**facts, "steps": kept, "earlier_steps": len(facts["steps"]) - len(kept)}


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
