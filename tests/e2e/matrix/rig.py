"""What people and programs do with the app while things break: ask, approve, cancel, try again, look."""

import asyncio
from typing import Any

import httpx

from sandbox.platform.seed import PROJECT
from sandbox.platform.story import World
from sandbox.platform.waiting import PATIENCE_S, until
from tests.e2e.matrix.breaking import RUN_SECONDS, Breaking
from tests.e2e.matrix.cases import APPROVAL, CANCELLED, DECOMMISSIONED, EMPTY, EXISTING, Case
from tests.e2e.matrix.platform import Place

Operation = dict[str, Any]


class Rig:
    """One platform. breaking: how to break it. requester, admin: headers of who asks and of who may do more."""

    def __init__(self, place: Place, world: World, requester: dict[str, str], admin: dict[str, str]) -> None:
        self.world, self.breaking = world, Breaking(place, world)
        self._place, self._requester, self._admin = place, requester, admin
        self._app: str = world.document["app"]["url"]

    @classmethod
    async def on(cls, place: Place, world: World) -> "Rig":
        tokens = [await world.token(name) for name in ("backstage", "operator")]
        requester, admin = [{"Authorization": f"Bearer {token}"} for token in tokens]
        return cls(place, world, requester, admin)

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
            await self.breaking.kill_worker(case)
            await asyncio.gather(first, return_exceptions=True)
        answer = await until("the request is taken", post, lambda found: found.status_code == 202)
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
            operation = await until(
                "it waits for an approval",
                lambda: self._operation(operation_id),
                lambda found: found["approval"] and _step(found, "await_decision"),
            )
            decision = {"decision": "approve", "action_hash": operation["approval"]["action_hash"]}
            address = f"{self._app}/api/approvals/{operation_id}"
            answer = await self.world.http.post(address, json=decision, headers=self._admin)
            assert answer.status_code == 202, answer.text
        if ends == CANCELLED:
            await until(
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
        self._place.ended.add(operation_id)
        return await self.settled(operation_id)

    async def settled(self, operation_id: str, within_s: float = PATIENCE_S) -> Operation:
        """The same of one whose end is no event of a service."""
        return await until(
            f"{operation_id} ends",
            lambda: self._operation(operation_id),
            lambda found: found["state"] != "running",
            within_s,
        )

    async def retry_compensation(self, operation_id: str) -> str:
        """Ask for the rest to be undone, as an administrator; the id of the operation that does it."""
        address = f"{self._app}/api/operations/{operation_id}/retry-compensation"
        answer = await self.world.http.post(address, headers=self._admin)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["operation_id"])

    async def call(
        self, method: str, path: str, body: object = None, *, admin: bool = False
    ) -> httpx.Response:
        """Ask the app, as a pipeline does or as who runs it. Raises: httpx.HTTPError where it is away."""
        headers = self._admin if admin else self._requester
        return await self.world.http.request(
            method, f"{self._app}{path}", json=body, headers=headers, timeout=60
        )

    async def _operation(self, operation_id: str) -> Operation:
        address = f"{self._app}/api/operations/{operation_id}"
        answer = await self.world.http.get(address, headers=self._requester)
        found: Operation = answer.raise_for_status().json()
        return found


def _step(operation: Operation, name: str) -> bool:
    return any(step["name"] == name for step in operation["steps"])
