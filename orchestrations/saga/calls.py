"""Calling activities: their outcomes as data, and when to call again."""

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from durabletask import task

Value = dict[str, Any]
Steps = Generator[task.Task[Any], Any, Any]


def outcome_of(scheduled: task.Task[Any]) -> Steps:
    """Wait for an activity; one that crashed counts as refused, with what is known of why."""
    try:
        return (yield scheduled)
    except task.TaskFailedError as error:
        return {"status": "refused", "reason": f"{error.details.error_type}: {error.details.message}"}


def resume(line: Steps, waited: task.Task[Any]) -> task.Task[Any]:
    """Give a generator what it waited for, as durabletask would."""
    return line.throw(waited.get_exception()) if waited.is_failed else line.send(waited.get_result())


def is_final(outcome: Value | None) -> bool:
    return outcome is not None and outcome["status"] in ("done", "refused")


def again_at(now: datetime, policy: Mapping[str, Any], outcome: Value, tries: int) -> datetime:
    """When to try again after so many tries: pauses double, up to the policy's longest or what the vendor asks."""
    pause_s = min(policy["retry_first_s"] * 2 ** (tries - 1), policy["retry_max_s"])
    return now + timedelta(seconds=max(pause_s, outcome.get("retry_after_s") or 0))
