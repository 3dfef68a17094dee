"""What a pipeline may use: service connections and environments, and the permission to.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/approvalsandchecks/pipeline-permissions,
.../serviceendpoint/endpoints and .../environments/environments
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import Connection, area
from shared.clients.http import Params, nothing, segment
from shared.clients.idempotency import retrying

PREVIEW = "7.1-preview.1"
"""These APIs are called so in 7.1."""


class ResourceName(TypedDict):
    """endpoint: a service connection. environment: one of the pipelines' environments."""

    type: Literal["endpoint", "environment"]
    name: str


class Resource(ResourceName):
    """id: as the permissions want it, a text for both types."""

    id: str


class Permissions:
    """The half of `client.pipelines` about resources."""

    def __init__(self, connection: Connection) -> None:
        self._call, self._refused = connection.call, connection.refused

    async def resources(self, project: str, names: Sequence[ResourceName]) -> list[Resource]:
        """The project's resources of these names, in their order.

        Raises: VendorRefused naming all that are missing, beside what all methods raise.
        """
        operation = "resources"

        async def work() -> list[Resource]:
            found = [await self._resource(operation, project, name) for name in names]
            missing = [
                f"{name['type']} {name['name']}"
                for name, one in zip(names, found, strict=True)
                if one is None
            ]
            if missing:
                raise self._refused(operation, f"the project lacks {', '.join(missing)}", 404)
            return [one for one in found if one is not None]

        return await retrying(work)

    async def authorized(
        self, project: str, pipeline_id: int, resources: Sequence[Resource]
    ) -> list[Resource]:
        """Those of the resources that this pipeline, or every pipeline, may use already."""

        async def may_use(resource: Resource) -> bool:
            path = area(
                project, f"pipelines/pipelinepermissions/{resource['type']}/{segment(resource['id'])}"
            )

            def read(body: Mapping[str, Any]) -> bool:
                granted = {int(one["id"]) for one in body.get("pipelines") or [] if one["authorized"]}
                return bool((body.get("allPipelines") or {}).get("authorized")) or pipeline_id in granted

            return await self._call("authorized", "GET", path, parse=read, version=PREVIEW)

        async def work() -> list[Resource]:
            return [resource for resource in resources if await may_use(resource)]

        return await retrying(work)

    async def authorize(self, project: str, pipeline_id: int, resources: Sequence[Resource]) -> None:
        """Let the pipeline use the resources; doing it twice is doing it once."""
        await retrying(lambda: self._set("authorize", project, pipeline_id, resources, granted=True))

    async def revoke(self, project: str, pipeline_id: int, resources: Sequence[Resource]) -> None:
        """Let it no longer; of a pipeline that is gone there is nothing to take."""
        await retrying(
            lambda: unless_absent(self._set("revoke", project, pipeline_id, resources, granted=False))
        )

    async def _set(
        self,
        operation: str,
        project: str,
        pipeline_id: int,
        resources: Sequence[Resource],
        *,
        granted: bool,
    ) -> None:
        if not resources:
            return
        pipelines = [{"id": int(pipeline_id), "authorized": granted}]
        body = [
            {"resource": {"type": one["type"], "id": one["id"]}, "pipelines": pipelines} for one in resources
        ]
        path = area(project, "pipelines/pipelinepermissions")
        await self._call(operation, "PATCH", path, json=body, parse=nothing, version=PREVIEW)

    async def _resource(self, operation: str, project: str, name: ResourceName) -> Resource | None:
        if name["type"] == "endpoint":
            path, params, version = "serviceendpoint/endpoints", {"endpointNames": name["name"]}, "7.1"
        else:
            path, params, version = "distributedtask/environments", {"name": name["name"]}, PREVIEW

        def read(body: Mapping[str, Any]) -> Resource | None:
            same = name["name"].casefold()
            ids = [str(one["id"]) for one in body["value"] if one["name"].casefold() == same]
            return {**name, "id": ids[0]} if ids else None

        query: Params = params
        return await self._call(
            operation, "GET", area(project, path), params=query, parse=read, version=version
        )
