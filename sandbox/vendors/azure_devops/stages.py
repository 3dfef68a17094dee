"""The stages of a run, which follow each other: when each begins and ends, and how. Pure.

A stage: {"name", "start_ms", "finish_ms", "result"}; the times are None for one that does not begin. Everything is
decided when the run starts; what time it is says how far it has come.
"""

from collections.abc import Collection, Sequence
from typing import Any

STAGES = ("build", "test", "scan", "deploy")
DEPLOY = STAGES[-1]

type Stage = dict[str, Any]


def plan(start_ms: int, total_ms: int, result: str, fails_at: str, skipped: Collection[str]) -> list[Stage]:
    """The stages of a run that takes total_ms when nothing fails and nothing is skipped.

    result: succeeded, failed or canceled; the latter two at the stage fails_at (at the last one where that is
    skipped), after which none begins.
    """
    wanted = [name for name in STAGES if name not in skipped]
    last = fails_at if fails_at in wanted else next(iter(wanted[::-1]), "")
    planned: list[Stage] = []
    for name in STAGES:
        if name not in wanted:
            planned.append(_skipped(name))
            continue
        finish_ms = start_ms + total_ms // len(STAGES)
        ending = result if name == last else "succeeded"
        planned.append({"name": name, "start_ms": start_ms, "finish_ms": finish_ms, "result": ending})
        start_ms = finish_ms
        if ending != "succeeded":
            wanted = []
    return planned


def begun(stages: Sequence[Stage], name: str) -> Stage | None:
    """The stage of this name, if it begins at some time."""
    return next((stage for stage in stages if stage["name"] == name and stage["start_ms"] is not None), None)


def end_ms(stages: Sequence[Stage], default_ms: int) -> int:
    """When the last of them ends."""
    return max((stage["finish_ms"] for stage in stages if stage["finish_ms"] is not None), default=default_ms)


def delayed(stages: Sequence[Stage], now_ms: int) -> list[Stage]:
    """The same, the deployment beginning not before now."""
    return [_later(stage, now_ms) if stage["name"] == DEPLOY else stage for stage in stages]


def cut(stages: Sequence[Stage], now_ms: int, waiting: bool) -> list[Stage]:
    """The same, ended now: what is under way is cancelled, what has not begun is skipped.

    waiting: the deployment has not begun, whatever the time.
    """
    return [
        _skipped(stage["name"]) if waiting and stage["name"] == DEPLOY else _cut(stage, now_ms)
        for stage in stages
    ]


def _skipped(name: str) -> Stage:
    return {"name": name, "start_ms": None, "finish_ms": None, "result": "skipped"}


def _later(stage: Stage, now_ms: int) -> Stage:
    late_ms = max(0, now_ms - stage["start_ms"])
    return {
        **stage,
        "start_ms": stage["start_ms"] + late_ms,
        "finish_ms": stage["finish_ms"] + late_ms,
    }


def _cut(stage: Stage, now_ms: int) -> Stage:
    if stage["start_ms"] is None or stage["finish_ms"] <= now_ms:
        return stage
    if stage["start_ms"] > now_ms:
        return _skipped(stage["name"])
    return {**stage, "finish_ms": now_ms, "result": "canceled"}
