"""Runs: they take their time and end by themselves, in a process that was restarted meanwhile, too.

A run's end is decided when it starts (`finish_ms`, `result`); its state is a question of what time it is. A timer
tells `on_finished` once that moment has come, whether or not anybody asks.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from sandbox.vendors.clock import day, now_ms
from sandbox.vendors.store import Collection, Document

RUN_SECONDS = 4.0
_FIRST_ID = 101


class Runs:
    """in_background: runs the timers. on_finished: called at least once per run that has ended."""

    def __init__(
        self,
        kept: Collection,
        counters: Collection,
        config: Collection,
        in_background: Callable[[Coroutine[Any, Any, None]], None],
        on_finished: Callable[[Document], None],
    ) -> None:
        self._kept, self._counters, self._config = kept, counters, config
        self._in_background, self._on_finished = in_background, on_finished

    def start(self) -> None:
        """Set the timers of the runs that were under way when the process ended."""
        for run in self._kept.all():
            if not run["settled"]:
                self._in_background(self._settle(run["id"]))

    def config(self) -> Document:
        return {"run_seconds": RUN_SECONDS, "next_result": "succeeded"} | (self._config.get("config") or {})

    def configure(self, changes: Mapping[str, Any]) -> Document:
        """run_seconds: how long runs take. next_result: how the next one, and only that, ends."""
        return self._config.put("config", {**self.config(), **changes})

    def get(self, run_id: object) -> Document | None:
        return self._kept.get(str(run_id))

    def newest(self) -> list[Document]:
        return sorted(self._kept.all(), key=lambda run: run["id"], reverse=True)

    def begin(self, run: Mapping[str, Any]) -> Document:
        """Start a run now. run: what it runs, as `add` takes it."""
        config, now = self.config(), now_ms()
        if config["next_result"] != "succeeded":
            self.configure({"next_result": "succeeded"})
        finish = now + round(config["run_seconds"] * 1000)
        made = self.add({**run, "reason": "manual"}, now, finish, config["next_result"], settled=False)
        self._in_background(self._settle(made["id"]))
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

    async def _settle(self, run_id: int) -> None:
        if run := self.get(run_id):
            await asyncio.sleep(max(0.0, (run["finish_ms"] - now_ms()) / 1000))
        # Read anew: it may have been tagged meanwhile.
        if run := self.get(run_id):
            self._on_finished(run)
            self._kept.put(str(run_id), {**run, "settled": True})


def is_finished(run: Mapping[str, Any]) -> bool:
    return now_ms() >= int(run["finish_ms"])
