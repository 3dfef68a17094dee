"""Pipelines: found, made from a YAML file of a repository, deleted; what they may use is in `permissions`.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/pipelines/pipelines and .../build/definitions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import area
from shared.clients.azure_devops.permissions import Permissions
from shared.clients.http import Params, nothing
from shared.clients.idempotency import find_or_create, retrying

ROOT_FOLDER = "\\"


class Pipeline(TypedDict):
    """One pipeline. folder: such as "\\" or "\\services". url: of its page."""

    pipeline_id: int
    name: str
    folder: str
    url: str
    repository_id: str


class Pipelines(Permissions):
    """`client.pipelines`."""

    async def find(self, project: str, name: str, folder: str = ROOT_FOLDER) -> Pipeline | None:
        """The pipeline of this name in this folder, in any case; None where there is none."""
        return await retrying(lambda: self._named("find_pipeline", project, name, folder))

    async def create(
        self,
        project: str,
        name: str,
        folder: str,
        repository_id: str,
        yaml_path: str = "/azure-pipelines.yml",
    ) -> Pipeline:
        """The pipeline of this name in this folder, made where it is missing; it does not say which of the two.

        Who must know looks with `find` before the first call of this. One that is there may be of another
        repository.
        """
        operation = "create_pipeline"
        body = {
            "name": name,
            "folder": folder,
            "configuration": {
                "type": "yaml",
                "path": yaml_path,
                "repository": {"id": repository_id, "type": "azureReposGit"},
            },
        }

        async def write() -> Pipeline:
            path = area(project, "pipelines")
            return await self._call(
                operation, "POST", path, json=body, parse=lambda made: _parse_made(made, repository_id)
            )

        pipeline, _ = await find_or_create(lambda: self._named(operation, project, name, folder), write)
        return pipeline

    async def delete(self, project: str, pipeline_id: int) -> bool:
        """Delete it with its runs; False where it is not there (any more).

        Its build definition is what can be deleted, which is the same thing under the same number.
        """
        path = area(project, f"build/definitions/{int(pipeline_id)}")

        async def gone() -> bool:
            await self._call("delete_pipeline", "DELETE", path, parse=nothing)
            return True

        return await retrying(lambda: unless_absent(gone())) or False

    async def _named(self, operation: str, project: str, name: str, folder: str) -> Pipeline | None:
        """Out of the definitions: those can be asked for by name, and they tell their repository."""
        params: Params = {"name": name, "path": folder, "includeAllProperties": "true"}
        found = await self._call(
            operation,
            "GET",
            area(project, "build/definitions"),
            params=params,
            parse=lambda body: [_parse(one) for one in body["value"]],
        )
        wanted = (name.casefold(), folder.casefold())
        return next(
            (one for one in found if (one["name"].casefold(), one["folder"].casefold()) == wanted), None
        )


def _parse(body: Mapping[str, Any]) -> Pipeline:
    """A BuildDefinition."""
    return {
        "pipeline_id": int(body["id"]),
        "name": body["name"],
        "folder": body["path"],
        "url": body["_links"]["web"]["href"],
        "repository_id": ((body.get("repository") or {}).get("id") or "").lower(),
    }


def _parse_made(body: Mapping[str, Any], repository_id: str) -> Pipeline:
    """A Pipeline, which does not tell its repository."""
    return {
        "pipeline_id": int(body["id"]),
        "name": body["name"],
        "folder": body["folder"],
        "url": body["_links"]["web"]["href"],
        "repository_id": repository_id,
    }
