"""One connected worker: how much it takes at a time, and which names."""

from collections.abc import Callable

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Kind

_UNSTATED_LIMIT = 100

Filters = dict[Kind, dict[str, set[str]]]
"""For each kind, the names taken and their versions; no versions: any."""


class Stream:
    """A GetWorkItems call. free: how many more of each kind the worker has room for.

    send: sends it a WorkItem's bytes.
    """

    def __init__(self, request: pb.GetWorkItemsRequest, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.free = {
            Kind.ORCHESTRATION: request.maxConcurrentOrchestrationWorkItems or _UNSTATED_LIMIT,
            Kind.ACTIVITY: request.maxConcurrentActivityWorkItems or _UNSTATED_LIMIT,
            Kind.ENTITY: request.maxConcurrentEntityWorkItems or _UNSTATED_LIMIT,
        }
        self._filters = _filters(request.workItemFilters) if request.HasField("workItemFilters") else None

    def takes(self, kind: Kind, name: str, version: str) -> bool:
        """Whether the worker wants such work. One that names nothing wants everything."""
        if self._filters is None:
            return True
        versions = self._filters[kind].get(name)
        return versions is not None and (not versions or version in versions)


def _filters(request: pb.WorkItemFilters) -> Filters:
    taken: Filters = {kind: {} for kind in Kind}
    for orchestration in request.orchestrations:
        taken[Kind.ORCHESTRATION].setdefault(orchestration.name, set()).update(orchestration.versions)
    for activity in request.activities:
        taken[Kind.ACTIVITY].setdefault(activity.name, set()).update(activity.versions)
    for entity in request.entities:
        taken[Kind.ENTITY].setdefault(entity.name, set())
    return taken
