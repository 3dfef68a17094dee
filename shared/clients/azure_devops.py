"""Azure DevOps, the builder: pipeline runs, read and started, through REST 7.1.

The activities call it. Vendor's page: https://learn.microsoft.com/rest/api/azure/devops/pipelines/runs
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from shared.clients.http import Params, call, http_client, segment
from shared.clients.idempotency import Result, find_or_create, retrying

if TYPE_CHECKING:
    import httpx

VENDOR = "azure_devops"
SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
KEY_VARIABLE = "VALUEFLOW_KEY"
"""The run variable that carries the idempotency key.

Assumption: the pipeline lets it be set at queue time. Where the organisation or the project limits such
variables, define it on the pipeline and tick "Let users override this value when running this pipeline".
"""
LOOK_BACK = timedelta(hours=24)
"""How old a run of ours can be when we look for it: far longer than any step is retried."""

_VERSION: Params = {"api-version": "7.1"}
_AT_ONCE = 8
_CANDIDATES = 25


class Run(TypedDict):
    """One pipeline run. result: succeeded, failed, canceled; None until state is completed. Times: ISO 8601.

    commit, ref_name, key: None in what `runs` lists, since Azure DevOps tells them only run by run.
    """

    run_id: int
    name: str
    state: str
    result: str | None
    created_at: str
    finished_at: str | None
    url: str
    commit: str | None
    ref_name: str | None
    key: str | None


class StartedRun(Run):
    """`outcome`, since a run's own result is called result."""

    outcome: Result


def azure_devops_client(
    url: str, token: str = "", credential: Any = None, transport: httpx.AsyncBaseTransport | None = None
) -> AzureDevOpsClient:
    """url: the organisation's, for example https://dev.azure.com/contoso.

    token: a personal access token; when empty, credential: an identity of azure.identity.aio.
    """
    http = http_client(url, transport=transport)
    if token:
        http.headers["Authorization"] = "Basic " + base64.b64encode(f":{token}".encode()).decode()
    else:
        from shared.clients.auth import entra_id

        http.auth = entra_id(credential, VENDOR, SCOPE)
    return AzureDevOpsClient(http)


class AzureDevOpsClient:
    """The part of Azure DevOps' REST API 7.1 this app uses.

    http: a client with base_url, auth and timeout (seconds) already set.
    All methods raise VendorUnavailable (try later) and VendorRefused (do not).
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._call = partial(call, http, VENDOR, params=_VERSION)
        self.aclose = http.aclose

    async def runs(self, project: str, pipeline_id: int) -> list[Run]:
        """The pipeline's runs, newest first (Azure DevOps keeps the last 10,000)."""
        return await retrying(lambda: self._runs("runs", project, pipeline_id))

    async def run(self, project: str, pipeline_id: int, run_id: int) -> Run:
        """One run with its commit."""
        return await retrying(lambda: self._run("run", project, pipeline_id, run_id))

    async def last_good_run(self, project: str, pipeline_id: int, before_run_id: int) -> Run | None:
        """The run to go back to when the one of before_run_id is the suspect; see `choose_last_good`."""
        operation = "last_good_run"

        async def work() -> Run | None:
            suspect = await self._run(operation, project, pipeline_id, before_run_id)
            listed = await self._runs(operation, project, pipeline_id)
            good = [run for run in listed if run["run_id"] < before_run_id and run["result"] == "succeeded"]
            seen: list[Run] = []
            for run in good[:_CANDIDATES]:
                seen.append(await self._run(operation, project, pipeline_id, run["run_id"]))
                if _is_good(seen[-1], suspect) and seen[-1]["commit"] != suspect["commit"]:
                    break
            return choose_last_good(seen, suspect)

        return await retrying(work)

    async def start_run(
        self, project: str, pipeline_id: int, key: str, ref_name: str, commit: str
    ) -> StartedRun:
        """Start one run per key, however often we are called.

        ref_name: "refs/heads/main". commit: 40 hexadecimal digits, reachable from it.
        The key travels as the variable KEY_VARIABLE, and is looked for in the runs of LOOK_BACK.
        """
        operation = "start_run"
        body = {
            "resources": {"repositories": {"self": {"refName": ref_name, "version": commit}}},
            "variables": {KEY_VARIABLE: {"value": key, "isSecret": False}},
        }

        async def look() -> Run | None:
            return await self._run_of(operation, project, pipeline_id, key)

        async def write() -> Run:
            return await self._call(
                operation, "POST", _path(project, pipeline_id), json=body, parse=_parse_run
            )

        run, outcome = await find_or_create(look, write)
        return {**run, "outcome": outcome}

    async def ping(self) -> None:
        """One cheap read, one try: raises when Azure DevOps does not answer or does not accept us."""
        params: Params = {**_VERSION, "$top": 1}
        await self._call("ping", "GET", "/_apis/projects", params=params, parse=lambda body: body["value"])

    async def _run_of(self, operation: str, project: str, pipeline_id: int, key: str) -> Run | None:
        """The oldest recent run with this key. Lists hold no variables, so each recent run is read."""
        since = datetime.now(UTC) - LOOK_BACK
        listed = await self._runs(operation, project, pipeline_id)
        recent = [run for run in listed if _when(run["created_at"]) >= since]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def read(run: Run) -> Run:
            async with limit:
                return await self._run(operation, project, pipeline_id, run["run_id"])

        read_runs = await asyncio.gather(*map(read, recent), return_exceptions=True)
        for failure in read_runs:
            if isinstance(failure, BaseException):
                raise failure
        ours = [run for run in read_runs if not isinstance(run, BaseException) and run["key"] == key]
        return min(ours, key=lambda run: run["run_id"], default=None)

    async def _runs(self, operation: str, project: str, pipeline_id: int) -> list[Run]:
        listed = await self._call(
            operation,
            "GET",
            _path(project, pipeline_id),
            parse=lambda body: [_parse_run(run) for run in body["value"]],
        )
        return sorted(listed, key=lambda run: run["run_id"], reverse=True)

    async def _run(self, operation: str, project: str, pipeline_id: int, run_id: int) -> Run:
        path = f"{_path(project, pipeline_id)}/{int(run_id)}"
        return await self._call(operation, "GET", path, parse=_parse_run)


def choose_last_good(runs: Sequence[Run], suspect: Run) -> Run | None:
    """Which run to go back to: the newest good one before the suspect, on its branch, with another commit.

    Where all have the suspect's own commit (it was rebuilt, or what broke is not in the code), the newest
    that succeeded before it. None where nothing did. Run ids grow with time.
    """
    good = sorted(
        (run for run in runs if _is_good(run, suspect)), key=lambda run: run["run_id"], reverse=True
    )
    other = [run for run in good if run["commit"] != suspect["commit"]]
    return next(iter(other or good), None)


def _is_good(run: Run, suspect: Run) -> bool:
    same_branch = run["ref_name"] == suspect["ref_name"]
    return run["result"] == "succeeded" and run["run_id"] < suspect["run_id"] and same_branch


def _path(project: str, pipeline_id: int) -> str:
    return f"/{segment(project)}/_apis/pipelines/{int(pipeline_id)}/runs"


def _when(iso: str) -> datetime:
    time = datetime.fromisoformat(iso)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _parse_run(body: Mapping[str, Any]) -> Run:
    repository = ((body.get("resources") or {}).get("repositories") or {}).get("self") or {}
    variable = (body.get("variables") or {}).get(KEY_VARIABLE) or {}
    _when(body["createdDate"])
    return {
        "run_id": int(body["id"]),
        "name": body["name"],
        "state": body["state"],
        "result": body.get("result"),
        "created_at": body["createdDate"],
        "finished_at": body.get("finishedDate"),
        "url": body["_links"]["web"]["href"],
        "commit": repository.get("version"),
        "ref_name": repository.get("refName"),
        "key": variable.get("value"),
    }
