"""What breaks: vendors that misbehave to order, taps on our own stores, a worker that is killed at a moment."""

import os
import signal
from typing import Any

from sandbox.platform.story import World, read_document
from sandbox.platform.waiting import until
from tests.e2e.matrix.cases import (
    CANCELLED,
    CUT,
    ENDS,
    FAULTS,
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST,
    REFUSED,
    REGISTER_REFUSED,
    RUN_FAILS,
    STAYS,
    Call,
    Case,
)
from tests.e2e.matrix.platform import Place
from tests.e2e.matrix.snapshot import VENDORS
from tests.e2e.matrix.tap import Tap, Trap

RUN_SECONDS, LONG_RUN_SECONDS = 0.3, 8.0
_MEETING_S = 5.0

_TRAPS: dict[str, dict[str, Any]] = {
    KILLED_BEFORE: {"passes": False},
    KILLED_AFTER: {"passes": True},
    REFUSED: {"passes": False, "answers": 403},
    ENDS: {"passes": False, "answers": 503, "times": 5},
    STAYS: {"passes": False, "answers": 500, "times": None},
    CUT: {"passes": False},
    LOST: {"passes": True},
}
"""What a tap does, where FAULTS says what a simulated vendor does."""


class Breaking:
    """What can be broken on one platform. The newest fault ordered is the one that is looked after."""

    def __init__(self, place: Place, world: World) -> None:
        self._place, self._world = place, world
        self._trap: Trap | None = None
        self._seen = 0

    async def heal(self) -> None:
        """No faults, no traps, no failing runs."""
        self._place.blob.clear()
        self._place.servicebus.clear()
        for vendor in VENDORS:
            await self._world.control(vendor, "DELETE", "faults")
        config = {"run_seconds": RUN_SECONDS, "next_result": "succeeded", "fail": []}
        await self._world.control("azure_devops", "PUT", "config", config)

    async def prepare_end(self, ends: str, service: str) -> None:
        """Make sure that the saga cannot go on to its end."""
        if ends == RUN_FAILS:
            fail = [{"pipeline": service, "stage": "deploy", "action": "apply"}]
            await self._world.control("azure_devops", "PUT", "config", {"fail": fail})
        if ends == REGISTER_REFUSED:
            words = f"PUT /valueflow/valueflow/registry/services/{service}.json".encode()
            self._place.blob.set(Trap((words,), passes=True, answers=403))
        if ends == CANCELLED:
            await self._world.control("azure_devops", "PUT", "config", {"run_seconds": LONG_RUN_SECONDS})

    async def spoil(self, call: Call) -> None:
        """Have a compensation fail once, where the case wants it."""
        vendor, operation = call.spoils
        if vendor:
            refusal = {"operation": operation, **FAULTS[REFUSED]}
            await self._world.control(vendor, "PUT", "faults", [refusal])

    async def order(self, case: Case, service: str) -> None:
        """Order the case's fault."""
        call = case.call
        if tap := self._tap(call):
            words = call.operation.format(name=service).encode()
            # A request to Blob begins with its line; a message holds its words somewhere.
            apart = words.split() if call.vendor == "servicebus" else [words]
            self._trap = Trap(tuple(apart), skip=call.skip, **_TRAPS[case.fault])
            if case.fault in (CUT, LOST):
                self._trap.released.set()
            tap.set(self._trap)
            return
        self._trap = None
        journal = await self._world.journal(call.vendor, call.operation)
        self._seen = journal[-1]["id"] if journal else 0
        wanted = {**FAULTS[case.fault], "operation": call.operation, "skip": call.skip}
        there = await self._world.control(call.vendor, "GET", "faults")
        await self._world.control(call.vendor, "PUT", "faults", [*there, wanted])

    async def was_met(self, case: Case) -> None:
        """Wait until the fault is over; fails where it was never suffered."""
        call = case.call

        async def suffered() -> bool:
            if self._trap is not None:
                return self._trap.caught.is_set()
            journal = await self._world.journal(call.vendor, call.operation)
            kind = FAULTS[case.fault]["kind"]
            return any(one["fault"] == kind for one in journal if one["id"] > self._seen)

        # A vendor that works late writes down late what it did.
        await until("the fault was met", suffered, bool, within_s=_MEETING_S)

    async def kill_worker(self, case: Case) -> None:
        """SIGKILL to the Functions host while the call waits: it is frozen first, to be sure that it still does."""
        await until("the call is there", lambda: self._is_caught(case), bool)
        pid = read_document(self._place.state)["processes"]["host"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await self._is_caught(case), "the call ended before the worker could be killed"
        finally:
            os.kill(pid, signal.SIGKILL)

    def _tap(self, call: Call) -> Tap | None:
        return {"blob": self._place.blob, "servicebus": self._place.servicebus}.get(call.vendor)

    async def _is_caught(self, case: Case) -> bool:
        if self._trap is not None:
            return self._trap.caught.is_set() and self._trap.still_waits()
        wanted = {"operation": case.call.operation, "fault": FAULTS[case.fault]["kind"]}
        return wanted in await self._world.control(case.call.vendor, "GET", "waiting")
