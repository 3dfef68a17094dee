"""Runs: they take their time and end by themselves, in a process that was restarted meanwhile, too.

A run's course is decided when it starts (`stages`, `finish_ms`, `result`); its state is a question of what time it
is. Only a run whose pipeline may not use what it deploys with waits at that stage until it may. Once
the end has come, a timer tells `on_finished`, or whoever asks first does.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sandbox.vendors.azure_devops.run_config import RunConfig
from sandbox.vendors.azure_devops.stages import DEPLOY, begun, cut, delayed, end_ms, plan
from sandbox.vendors.clock import day, now_ms
from sandbox.vendors.store import Collection, Document

NEVER_MS = 253_402_300_799_000
"""The end of a run that waits: the last second that can be written as a date."""
_FIRST_ID = 101


class Runs:
    """in_background: runs the timers. on_finished: called at least once per run that has ended.

    missing: what a run's pipeline may not use and it needs.
    """

    def __init__(
        self,
        kept: Collection,
        counters: Collection,
        config: RunConfig,
        in_background: Callable[[Coroutine[Any, Any, None]], None],
        on_finished: Callable[[Document], None],
        missing: Callable[[Mapping[str, Any]], list[str]],
        on_begun: Callable[[Document], None] = lambda run: None,
    ) -> None:
        self._on_begun = on_begun
        self._kept, self._counters, self._config = kept, counters, config
        self._in_background, self._on_finished, self._missing = in_background, on_finished, missing

    def start(self) -> None:
        """Set the timers of the runs that were under way when the process ended."""
        for run in self._kept.all():
            if not run["settled"]:
                self._in_background(self._settle(run["id"]))

    def get(self, run_id: object) -> Document | None:
        run = self._kept.get(str(run_id))
        return self._now(run) if run else None

    def newest(self) -> list[Document]:
        return sorted((self._now(run) for run in self._kept.all()), key=lambda run: run["id"], reverse=True)

    def begin(self, run: Mapping[str, Any], pipeline: str) -> Document:
        """Start a run now. run: what it runs, as `add` takes it. pipeline: its name."""
        action, now = run["template_parameters"].get("action", "apply"), now_ms()
        seconds, result, fails_at = self._config.take(pipeline, action)
        stages = plan(now, round(seconds * 1000), result, fails_at, run["stages_to_skip"])
        waits_for = self._missing(run) if begun(stages, DEPLOY) else []
        finish = NEVER_MS if waits_for else end_ms(stages, now)
        course = {"reason": "manual", "stages": stages, "waits_for": waits_for}
        made = self.add({**run, **course}, now, finish, result, settled=False)
        self._in_background(self._settle(made["id"]))
        self._on_begun(made)
        return made

    def add(
        self, run: Mapping[str, Any], created_ms: int, finish_ms: int, result: str, settled: bool
    ) -> Document:
        """Put a run. settled: its end has no effects any more."""
        run_id = self._counters.next_number("run", _FIRST_ID)
        today = day(created_ms)
        revision = self._counters.next_number(f"run_name/{run['pipeline_id']}/{today}", 1)
        made = {
            "id": run_id,
            "name": f"{today}.{revision}",
            "variables": {},
            "template_parameters": {},
            "stages_to_skip": [],
            "stages": plan(created_ms, finish_ms - created_ms, result, DEPLOY, ()),
            "waits_for": [],
            "tags": [],
            **run,
            "created_ms": created_ms,
            "finish_ms": finish_ms,
            "result": result,
            "settled": settled,
        }
        return self._kept.put(str(run_id), made)

    def tag(self, run: Document, tags: list[str]) -> Document:
        return self._kept.put(str(run["id"]), {**run, "tags": sorted(set(tags))})

    def granted(self, pipeline_id: int) -> None:
        """The pipeline may use more now: what waited for that goes on."""
        for run in self._kept.all():
            if run["pipeline_id"] != pipeline_id or not run.get("waits_for") or run["settled"]:
                continue
            missing, stages = self._missing(run), run["stages"]
            if not missing:
                stages = delayed(stages, now_ms())
            finish = NEVER_MS if missing else end_ms(stages, now_ms())
            changed = {**run, "waits_for": missing, "stages": stages, "finish_ms": finish}
            self._kept.put(str(run["id"]), changed)
            self._in_background(self._settle(run["id"]))

    def cancel(self, run: Document) -> Document:
        """End a run that is under way, now."""
        now = now_ms()
        stages = cut(run.get("stages", []), now, waiting=bool(run.get("waits_for")))
        ended = {**run, "stages": stages, "waits_for": [], "finish_ms": now, "result": "canceled"}
        return self._end(ended)

    def forget(self, pipeline_id: int) -> None:
        """The pipeline is gone, and its runs with it."""
        for key, run in list(self._kept.documents.items()):
            if run["pipeline_id"] == pipeline_id:
                self._kept.delete(key)

    async def _settle(self, run_id: int) -> None:
        if (run := self.get(run_id)) and not run.get("waits_for"):
            await asyncio.sleep(max(0.0, (run["finish_ms"] - now_ms()) / 1000))
        # Read anew: it may have been tagged, cancelled or deleted meanwhile.
        self.get(run_id)

    def _now(self, run: Document) -> Document:
        """The run; one whose end has come has had its effects before anybody sees that."""
        return self._end(run) if is_finished(run) and not run["settled"] else run

    def _end(self, run: Document) -> Document:
        self._on_finished(run)
        return self._kept.put(str(run["id"]), {**run, "settled": True})


def is_finished(run: Mapping[str, Any]) -> bool:
    return now_ms() >= int(run["finish_ms"])
