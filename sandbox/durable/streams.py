"""One connected worker: how much it takes at a time, which names, and what waits to be sent to it."""

import asyncio
from collections import deque

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Kind

_UNSTATED_LIMIT = 100

Filters = dict[Kind, dict[str, set[str]]]
"""For each kind, the names taken and their versions; no versions: any."""


class Stream:
    """A GetWorkItems call. free: how many more of each kind the worker has room for."""

    def __init__(self, request: pb.GetWorkItemsRequest) -> None:
        self.free = {
            Kind.ORCHESTRATION: request.maxConcurrentOrchestrationWorkItems or _UNSTATED_LIMIT,
            Kind.ACTIVITY: request.maxConcurrentActivityWorkItems or _UNSTATED_LIMIT,
            Kind.ENTITY: request.maxConcurrentEntityWorkItems or _UNSTATED_LIMIT,
        }
        self._filters = _filters(request.workItemFilters) if request.HasField("workItemFilters") else None
        self._outbox: deque[bytes] = deque()
        self._filled = asyncio.Event()

    def takes(self, kind: Kind, name: str, version: str) -> bool:
        """Whether the worker wants such work. One that names nothing wants everything."""
        if self._filters is None:
            return True
        versions = self._filters[kind].get(name)
        return versions is not None and (not versions or version in versions)

    def push(self, message: bytes) -> None:
        """Send a WorkItem's bytes, in order."""
        self._outbox.append(message)
        self._filled.set()

    async def next(self) -> bytes:
        """The next message, when there is one."""
        while not self._outbox:
            self._filled.clear()
            await self._filled.wait()
        return self._outbox.popleft()


def _filters(request: pb.WorkItemFilters) -> Filters:
    taken: Filters = {kind: {} for kind in Kind}
    for orchestration in request.orchestrations:
        taken[Kind.ORCHESTRATION].setdefault(orchestration.name, set()).update(orchestration.versions)
    for activity in request.activities:
        taken[Kind.ACTIVITY].setdefault(activity.name, set()).update(activity.versions)
    for entity in request.entities:
        taken[Kind.ENTITY].setdefault(entity.name, set())
    return taken
