"""Timer triggers.

One run at a time for each function; an exception is logged and the schedule goes on. Azure keeps the
schedule's status in Blob and makes up for a run missed while no host was up; this host keeps it in memory and
does not.
"""

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import Any

from azure.functions.meta import Datum

from sandbox.host.index import Function
from sandbox.host.invoke import Invoker
from sandbox.host.ncrontab import Schedule, parse_schedule

_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_log = logging.getLogger("Host.Timers")


class Timer:
    """One timer function and its schedule."""

    def __init__(self, function: Function, invoker: Invoker) -> None:
        """Raises: ValueError when the schedule cannot be read."""
        self._function, self._invoker = function, invoker
        self._schedule: Schedule = parse_schedule(str(function.trigger["schedule"]))
        self._last = _NEVER
        self._next = self._schedule.next(datetime.now(UTC))
        self._one_at_a_time = asyncio.Lock()

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the schedule until stopping is set."""
        if self._function.trigger.get("runOnStartup"):
            await self.fire()
        while not stopping.is_set():
            due = self._next
            try:
                async with asyncio.timeout(max(0.0, (due - datetime.now(UTC)).total_seconds())):
                    await stopping.wait()
            except TimeoutError:
                await self.fire()
                self._next = self._schedule.next(max(due, datetime.now(UTC)))

    async def fire(self) -> None:
        """Run the function now; what it raises is in the log, not here."""
        async with self._one_at_a_time:
            status = Datum(json.dumps(self._status()), "json")
            try:
                await self._invoker.run(self._function, status)
            except Exception:
                _log.warning("timer %s failed; its schedule goes on", self._function.name)
            self._last = datetime.now(UTC)

    def _status(self) -> dict[str, Any]:
        return {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": self._last.isoformat(),
                "Next": self._next.isoformat(),
                "LastUpdated": self._last.isoformat(),
            },
            "IsPastDue": False,
        }
