"""What can be observed of a platform: the app's answers, and what the vendors hold."""

from typing import Any

import httpx

from sandbox.platform.story import World
from shared.clients.azure_devops import KEY_VARIABLE

type Operation = dict[str, Any]


class Observed:
    """The platform in this world, as an operator sees it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._token = ""

    async def operation(self, operation_id: str) -> Operation | None:
        """The operation as GET /api/operations/{id} tells it; None where there is none."""
        answer = await self.ask("GET", f"/api/operations/{operation_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        found: Operation = answer.json()
        return found

    async def operations(self) -> list[Operation]:
        answer = await self.ask("GET", "/api/operations")
        answer.raise_for_status()
        found: list[Operation] = answer.json()["operations"]
        return found

    async def ask(self, method: str, path: str) -> httpx.Response:
        """Call the app as an operator. Raises: httpx.HTTPError where it is away."""
        self._token = self._token or await self.world.token()
        url = self.world.document["app"]["url"] + path
        return await self.world.http.request(
            method, url, headers={"Authorization": f"Bearer {self._token}"}, timeout=30.0
        )

    async def incidents(self, operation_id: str) -> list[dict[str, Any]]:
        """ServiceNow's incidents of this correlation id."""
        rows = (await self.world.state("servicenow")).get("incident", [])
        return [row for row in rows if row["correlation_id"] == operation_id]

    async def runs(self, operation_id: str) -> list[dict[str, Any]]:
        """Azure DevOps' runs that this operation started."""
        rows = (await self.world.state("azure_devops")).get("run", [])
        keys = [(run, run["variables"].get(KEY_VARIABLE, {}).get("value", "")) for run in rows]
        return [run for run, key in keys if key.startswith(f"{operation_id}/")]

    async def cards(self) -> list[dict[str, Any]]:
        """What was posted to the channel, oldest first."""
        return (await self.world.state("teams")).get("card", [])

    async def notification(self, problem_id: str) -> str:
        """The body of the problem's first notification."""
        sent = (await self.world.state("dynatrace")).get("notification", [])
        bodies = [each["body"] for each in sent if each["problem_id"] == problem_id]
        return str(bodies[0])
