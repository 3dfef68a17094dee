"""One case on a platform that runs: break something at a moment, let the saga end, see what there is."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from sandbox.platform.seed import PROJECT
from sandbox.platform.story import World, read_document
from tests.e2e.matrix.cases import (
    APPROVAL,
    CANCELLED,
    CUT,
    DECOMMISSIONED,
    EMPTY,
    ENDS,
    EXISTING,
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
_PATIENCE_S, _MEETING_S = 90.0, 5.0
_LOOK_EVERY_S = 0.05

Operation = dict[str, Any]

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


class Rig:
    """One platform. requester, admin: headers of who asks and of who may do more."""

    def __init__(self, place: Place, world: World, requester: dict[str, str], admin: dict[str, str]) -> None:
        self.place, self.world = place, world
        self._requester, self._admin = requester, admin
        self._app: str = world.document["app"]["url"]
        self._trap: Trap | None = None
        self._seen: dict[str, int] = {}

    @classmethod
    async def on(cls, place: Place, world: World) -> "Rig":
        tokens = [await world.token(name) for name in ("backstage", "operator")]
        requester, admin = [{"Authorization": f"Bearer {token}"} for token in tokens]
        return cls(place, world, requester, admin)

    async def heal(self) -> None:
        """No faults, no traps, no failing runs."""
        self.place.blob.clear()
        self.place.servicebus.clear()
        for vendor in VENDORS:
            await self.world.control(vendor, "DELETE", "faults")
        config = {"run_seconds": RUN_SECONDS, "next_result": "succeeded", "fail": []}
        await self.world.control("azure_devops", "PUT", "config", config)

    async def prepare_end(self, ends: str, service: str) -> None:
        """Make sure that the saga cannot go on to its end."""
        if ends == RUN_FAILS:
            fail = [{"pipeline": service, "stage": "deploy", "action": "apply"}]
            await self.world.control("azure_devops", "PUT", "config", {"fail": fail})
        if ends == REGISTER_REFUSED:
            words = f"PUT /valueflow/valueflow/registry/services/{service}.json".encode()
            self.place.blob.set(Trap((words,), passes=True, answers=403))
        if ends == CANCELLED:
            await self.world.control("azure_devops", "PUT", "config", {"run_seconds": LONG_RUN_SECONDS})

    async def spoil(self, call: Call) -> None:
        """Have a compensation fail once, where the case wants it."""
        vendor, operation = call.spoils
        if vendor:
            refusal = {"operation": operation, **FAULTS[REFUSED]}
            await self.world.control(vendor, "PUT", "faults", [refusal])

    async def break_(self, case: Case, service: str) -> None:
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
        journal = await self.world.journal(call.vendor, call.operation)
        self._seen = {call.vendor: journal[-1]["id"] if journal else 0}
        wanted = {**FAULTS[case.fault], "operation": call.operation, "skip": call.skip}
        there = await self.world.control(call.vendor, "GET", "faults")
        await self.world.control(call.vendor, "PUT", "faults", [*there, wanted])

    async def was_met(self, case: Case) -> None:
        """Wait until the fault is over; fails where it was never suffered."""
        call = case.call

        async def suffered() -> bool:
            if self._trap is not None:
                return self._trap.caught.is_set()
            journal = await self.world.journal(call.vendor, call.operation)
            kind = FAULTS[case.fault]["kind"]
            return any(one["fault"] == kind for one in journal if one["id"] > self._seen[call.vendor])

        # A vendor that works late writes down late what it did.
        await self._until("the fault was met", suffered, bool, within_s=_MEETING_S)

    async def kill_worker(self, case: Case) -> None:
        """SIGKILL to the Functions host while the call waits: it is frozen first, to be sure that it still does."""
        await self._until("the call is there", lambda: self._is_caught(case), bool)
        pid = read_document(self.place.state)["processes"]["host"]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            assert await self._is_caught(case), "the call ended before the worker could be killed"
        finally:
            os.kill(pid, signal.SIGKILL)

    async def ask(self, case: Case | None, world: str, service: str) -> str:
        """POST the request, again where the worker died over it; the operation's id."""
        body: dict[str, Any] = {
            "name": service,
            "description": "Receives orders",
            "project": PROJECT,
            "product": "Loja Online",
            "owner": "time-pedidos",
            "cost_center": "BR-4711",
            "tier": 3,
            "data_classification": "internal",
        }
        if world == APPROVAL:
            body["environment"] = "production"
        if world in (EXISTING, EMPTY):
            body["adopt_existing"] = True
        address = f"{self._app}/api/golden-paths/python-function/services"

        async def post() -> httpx.Response:
            return await self.world.http.post(address, json=body, headers=self._requester, timeout=60)

        if case is not None and case.call.step == "start":
            first = asyncio.create_task(post())
            await self.kill_worker(case)
            await asyncio.gather(first, return_exceptions=True)
        answer = await self._until("the request is taken", post, lambda found: found.status_code == 202)
        return str(answer.json()["operation_id"])

    async def ask_to_end(self, service: str) -> str:
        """DELETE the service; the operation's id."""
        address = f"{self._app}/api/services/{service}"
        answer = await self.world.http.delete(address, headers=self._requester)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["operation_id"])

    async def attend(self, world: str, ends: str, operation_id: str) -> None:
        """Do what people do meanwhile."""
        if world == APPROVAL or ends == DECOMMISSIONED:
            operation = await self._until(
                "it waits for an approval",
                lambda: self._operation(operation_id),
                lambda found: found["approval"] and _step(found, "await_decision"),
            )
            decision = {"decision": "approve", "action_hash": operation["approval"]["action_hash"]}
            address = f"{self._app}/api/approvals/{operation_id}"
            answer = await self.world.http.post(address, json=decision, headers=self._admin)
            assert answer.status_code == 202, answer.text
        if ends == CANCELLED:
            await self._until(
                "the first run is awaited",
                lambda: self._operation(operation_id),
                lambda found: _step(found, "await_first_run"),
            )
            # The run that destroys is a quick one again.
            await self.world.control("azure_devops", "PUT", "config", {"run_seconds": RUN_SECONDS})
            address = f"{self._app}/api/operations/{operation_id}/cancel"
            answer = await self.world.http.post(address, json={"reason": "Matrix"}, headers=self._requester)
            assert answer.status_code == 202, answer.text

    async def ended(self, operation_id: str) -> Operation:
        """The operation, once it has ended."""
        self.place.ended.add(operation_id)
        return await self._until(
            f"{operation_id} ends",
            lambda: self._operation(operation_id),
            lambda found: found["state"] != "running",
        )

    async def retry_compensation(self, operation_id: str) -> str:
        """Ask for the rest to be undone, as an administrator; the id of the operation that does it."""
        address = f"{self._app}/api/operations/{operation_id}/retry-compensation"
        answer = await self.world.http.post(address, headers=self._admin)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["operation_id"])

    def _tap(self, call: Call) -> Tap | None:
        return {"blob": self.place.blob, "servicebus": self.place.servicebus}.get(call.vendor)

    async def _is_caught(self, case: Case) -> bool:
        if self._trap is not None:
            return self._trap.caught.is_set() and self._trap.still_waits()
        wanted = {"operation": case.call.operation, "fault": FAULTS[case.fault]["kind"]}
        return wanted in await self.world.control(case.call.vendor, "GET", "waiting")

    async def _operation(self, operation_id: str) -> Operation:
        address = f"{self._app}/api/operations/{operation_id}"
        answer = await self.world.http.get(address, headers=self._requester)
        found: Operation = answer.raise_for_status().json()
        return found

    async def _until[T](
        self,
        what: str,
        look: Callable[[], Awaitable[T]],
        good: Callable[[T], object],
        within_s: float = _PATIENCE_S,
    ) -> T:
        """Look until it is good; a worker that is away is looked for again."""
        end = time.monotonic() + within_s
        last: object = "no answer"
        while time.monotonic() < end:
            try:
                found = await look()
            except httpx.HTTPError as error:
                last = type(error).__name__
            else:
                if good(found):
                    return found
                last = found
            await asyncio.sleep(_LOOK_EVERY_S)
        raise AssertionError(f"not within {within_s:g} s: {what}; last seen: {str(last)[:1500]}")


def _step(operation: Operation, name: str) -> bool:
    return any(step["name"] == name for step in operation["steps"])
