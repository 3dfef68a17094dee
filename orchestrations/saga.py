"""The one saga engine: steps that are retried while a vendor is away, each visible while it happens.

An orchestrator makes one Saga and calls its steps with `yield from`. A step is an activity with the idempotency
key `<instance id>/<step>`, so that doing it again finds what an earlier try made. Steps, links and what people
must see are published as the orchestration's custom status, which GET /api/operations/{id} shows.

The policy is data in the orchestration's input (orchestrators read no settings): retry_first_s, retry_max_s,
retry_for_s, all in seconds.
"""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from durabletask import task

Value = dict[str, Any]
Steps = Generator[task.Task[Any], Any, Any]


class StepFailed(Exception):  # raised and caught inside one orchestrator, never crosses a boundary
    """A step will not succeed: refused, or its vendor stayed away for too long."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step, self.reason = step, reason


class Saga:
    """The steps of one orchestration, in their order, with their times."""

    def __init__(self, context: task.OrchestrationContext, kind: str, policy: Mapping[str, Any]) -> None:
        self._context, self._policy = context, policy
        self._status: dict[str, Any] = {"kind": kind, "outcome": None, "steps": [], "links": {}}

    @property
    def steps(self) -> list[dict[str, Any]]:
        """The steps so far: {"name", "state", "started_at", "ended_at", "result", "detail"}."""
        return [dict(step) for step in self._status["steps"]]

    def show(self, **facts: Any) -> None:
        """Publish facts beside the steps; a link goes into `links` by `link`."""
        self._status.update(facts)
        self._publish()

    def link(self, name: str, url: str) -> None:
        self._status["links"][name] = url
        self._publish()

    def step(
        self,
        name: str,
        activity: str,
        payload: Mapping[str, Any],
        *,
        for_s: float | None = None,
        repeatable: bool = True,
    ) -> Steps:
        """Do one activity until it is done. Returns its value.

        for_s: how long to go on trying, the policy's retry_for_s when not given.
        repeatable: False for what cannot be looked up and must not be done twice: an unknown outcome then fails.

        Raises: StepFailed when it is refused or its vendor stays away for too long.
        """
        step = self._begin(name)
        for_s = self._policy["retry_for_s"] if for_s is None else for_s
        give_up_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        tries = 0
        while True:
            outcome = yield from self._call(activity, name, payload)
            if outcome["status"] == "done":
                self._end(step, "done", result=outcome["value"].get("result", ""))
                return outcome["value"]
            tries += 1
            again_at = self._again_at(outcome, tries)
            final = outcome["status"] == "refused" or (outcome["status"] == "unknown" and not repeatable)
            if final or again_at > give_up_at:
                self._end(step, "failed", detail=outcome["reason"])
                raise StepFailed(name, outcome["reason"])
            step.update(state="waiting", detail=_short(outcome["reason"]))
            self._publish()
            yield self._context.create_timer(again_at)

    def attempt_all(
        self, activities: Mapping[str, tuple[str, Mapping[str, Any]]], *, for_s: float = 0
    ) -> Steps:
        """Do several activities side by side. Returns {name: outcome}; none of them fails the saga.

        for_s: how long those whose vendors are away are tried again, together.
        """
        steps = {name: self._begin(name) for name in activities}
        outcomes: dict[str, Value] = {}
        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        tries = 0
        while True:
            waiting = [name for name in activities if not _is_final(outcomes.get(name))]
            running = {
                name: self._schedule(activities[name][0], name, activities[name][1]) for name in waiting
            }
            for name, scheduled in running.items():
                outcomes[name] = yield from _outcome_of(scheduled)
            tries += 1
            away = [outcomes[name] for name in activities if not _is_final(outcomes[name])]
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
    ) -> Steps:
        """Look again and again until `until` holds. Returns the last value seen, None when there was none.

        A vendor that is away is looked at again; the caller judges a value that came too late or never.
        """
        step = self._begin(name)
        end_at = self._context.current_utc_datetime + timedelta(seconds=for_s)
        last: Value | None = None
        while True:
            outcome = yield from self._call(activity, name, payload)
            last = outcome["value"] if outcome["status"] == "done" else last
            if outcome["status"] == "done" and until(outcome["value"]):
                self._end(step, "done")
                return last
            again_at = self._context.current_utc_datetime + timedelta(seconds=every_s)
            if outcome["status"] == "refused" or again_at > end_at:
                self._end(step, "failed", detail=outcome.get("reason", "not in time"))
                return last
            yield self._context.create_timer(again_at)

    def begin_wait(self, name: str) -> dict[str, Any]:
        """A step that waits for people or events; finish it with `end_wait`."""
        step = self._begin(name)
        step["state"] = "waiting"
        self._publish()
        return step

    def end_wait(self, step: dict[str, Any], result: str) -> None:
        self._end(step, "done", result=result)

    def _call(self, activity: str, name: str, payload: Mapping[str, Any]) -> Steps:
        return (yield from _outcome_of(self._schedule(activity, name, payload)))

    def _schedule(self, activity: str, name: str, payload: Mapping[str, Any]) -> task.Task[Any]:
        return self._context.call_activity(
            activity, input={"key": f"{self._context.instance_id}/{name}", **payload}
        )

    def _again_at(self, outcome: Value, tries: int) -> datetime:
        pause_s = min(self._policy["retry_first_s"] * 2 ** (tries - 1), self._policy["retry_max_s"])
        pause_s = max(pause_s, outcome.get("retry_after_s") or 0)
        return self._context.current_utc_datetime + timedelta(seconds=pause_s)

    def _begin(self, name: str) -> dict[str, Any]:
        step = {"name": name, "state": "running", "started_at": self._now(), "ended_at": None}
        self._status["steps"].append(step)
        self._publish()
        return step

    def _end(self, step: dict[str, Any], state: str, *, result: str = "", detail: str = "") -> None:
        step.pop("detail", None)
        step.update(state=state, ended_at=self._now())
        step.update({key: value for key, value in (("result", result), ("detail", _short(detail))) if value})
        self._publish()

    def _now(self) -> str:
        return self._context.current_utc_datetime.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def _publish(self) -> None:
        self._context.set_custom_status(self._status)


def _outcome_of(scheduled: task.Task[Any]) -> Steps:
    """Wait for an activity; one that crashed counts as refused, with what is known of why."""
    try:
        return (yield scheduled)
    except task.TaskFailedError as error:
        return {"status": "refused", "reason": f"{error.details.error_type}: {error.details.message}"}


def _is_final(outcome: Value | None) -> bool:
    return outcome is not None and outcome["status"] in ("done", "refused")


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
