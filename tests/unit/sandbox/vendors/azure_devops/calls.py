"""How the tests of this folder speak to the simulated Azure DevOps."""

import asyncio
import time
from typing import Any

import httpx

from tests.unit.sandbox.vendors.rig import DEADLINE_S, Rig

SHOP = "/contoso/shop/_apis"
GIT = f"{SHOP}/git/repositories"
NO_COMMIT = "0" * 40
MAIN = "refs/heads/main"
YAML = {"/azure-pipelines.yml": "stages: []\n"}


async def ado(rig: Rig, method: str, path: str, **options: Any) -> httpx.Response:
    """A request with the API version."""
    params = {"api-version": "7.1", **options.pop("params", {})}
    return await rig.call("azure_devops", method, path, params=params, **options)


async def done(rig: Rig, method: str, path: str, **options: Any) -> Any:
    """A request that must succeed -> its JSON."""
    answer = await ado(rig, method, path, **options)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def repository(rig: Rig, name: str = "orders") -> str:
    """A new, empty repository of the shop."""
    await rig.control("azure_devops", "POST", "/projects", {"name": "shop"})
    return str((await done(rig, "POST", GIT, json={"name": name}))["id"])


def pushed(
    files: dict[str, str], old: str = NO_COMMIT, name: str = MAIN, comment: str = "Begin", kind: str = "add"
) -> dict[str, Any]:
    """A push of one commit that adds (or edits) files."""
    changes = [
        {
            "changeType": kind,
            "item": {"path": path},
            "newContent": {"content": text, "contentType": "rawtext"},
        }
        for path, text in files.items()
    ]
    author = {"name": "Ana Souza", "email": "ana@contoso.test"}
    return {
        "refUpdates": [{"name": name, "oldObjectId": old}],
        "commits": [{"comment": comment, "author": author, "changes": changes}],
    }


async def push(rig: Rig, repository_id: str, files: dict[str, str] = YAML, **options: str) -> str:
    """Push; the new commit's id."""
    body = pushed(files, **options)
    return str(
        (await done(rig, "POST", f"{GIT}/{repository_id}/pushes", json=body))["commits"][0]["commitId"]
    )


async def new_pipeline(rig: Rig, repository_id: str, name: str = "orders") -> int:
    """A pipeline made through the API."""
    source = {"id": repository_id, "type": "azureReposGit"}
    configuration = {"type": "yaml", "path": "/azure-pipelines.yml", "repository": source}
    body = {"name": name, "folder": "\\", "configuration": configuration}
    return int((await done(rig, "POST", f"{SHOP}/pipelines", json=body))["id"])


async def service(rig: Rig, run_seconds: float = 0) -> tuple[str, int]:
    """A repository with a YAML file and its pipeline."""
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": run_seconds})
    repository_id = await repository(rig)
    await push(rig, repository_id)
    return repository_id, await new_pipeline(rig, repository_id)


async def allow(rig: Rig, pipeline_id: int, environment: str = "development", allowed: bool = True) -> None:
    """Let the pipeline use what the environment needs, or no longer."""
    endpoints = await done(rig, "GET", f"{SHOP}/serviceendpoint/endpoints")
    environments = await done(rig, "GET", f"{SHOP}/distributedtask/environments")
    named = [("endpoint", one) for one in endpoints["value"] if one["name"] == f"azure-{environment}"]
    named += [("environment", one) for one in environments["value"] if one["name"] == environment]
    body = [
        {
            "resource": {"type": kind, "id": str(one["id"])},
            "pipelines": [{"id": pipeline_id, "authorized": allowed}],
        }
        for kind, one in named
    ]
    await done(rig, "PATCH", f"{SHOP}/pipelines/pipelinepermissions", json=body)


async def start(rig: Rig, pipeline_id: int, **parameters: str) -> int:
    """Start a run with template parameters; its id."""
    path = f"{SHOP}/pipelines/{pipeline_id}/runs"
    return int((await done(rig, "POST", path, json={"templateParameters": parameters}))["id"])


async def ended(rig: Rig, pipeline_id: int, run_id: int) -> str:
    """How the run ends."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        run = await done(rig, "GET", f"{SHOP}/pipelines/{pipeline_id}/runs/{run_id}")
        if run["state"] == "completed":
            return str(run["result"])
        await asyncio.sleep(0.01)
    raise AssertionError("the run did not end")


async def stages(rig: Rig, run_id: int) -> dict[str, tuple[str, str | None]]:
    """State and result of each stage, as the timeline tells."""
    timeline = await done(rig, "GET", f"{SHOP}/build/builds/{run_id}/timeline")
    return {
        one["identifier"]: (one["state"], one["result"])
        for one in timeline["records"]
        if one["type"] == "Stage"
    }
