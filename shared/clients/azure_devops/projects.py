"""Projects: whether one is there. Making them is the organisation's own business."""

from __future__ import annotations

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import Connection
from shared.clients.http import segment
from shared.clients.idempotency import retrying


class Projects:
    """`client.projects`."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def exists(self, project: str) -> bool:
        """Whether there is a project of this name (or id) that we may see and that is ready for use."""

        async def work() -> bool | None:
            path = f"/_apis/projects/{segment(project)}"
            return await unless_absent(self._call("project", "GET", path, parse=_is_ready))

        return await retrying(work) or False


def _is_ready(body: dict[str, str]) -> bool:
    return bool(body["id"]) and body.get("state", "wellFormed") == "wellFormed"
