"""Pipeline runs: read, started once per key, stopped.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/pipelines/runs and .../build/timeline
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import area
from shared.clients.azure_devops.run_reading import RunReading, runs_path
from shared.clients.azure_devops.run_shapes import (
    KEY_VARIABLE,
    Run,
    StartedRun,
    choose_last_good,
    failed_stage,
    is_good,
    parse_run,
)
from shared.clients.http import nothing
from shared.clients.idempotency import find_or_create, retrying
from shared.errors import VendorRefused

_CANDIDATES = 25


class Runs(RunReading):
    """`client.runs`."""

    async def list(self, project: str, pipeline_id: int) -> list[Run]:
        """The pipeline's runs, newest first (Azure DevOps keeps the last 10,000)."""
        return await retrying(lambda: self._listed("runs", project, pipeline_id))

    async def get(self, project: str, pipeline_id: int, run_id: int) -> Run:
        """One run with its commit."""
        return await retrying(lambda: self._get("run", project, pipeline_id, run_id))

    async def deploys(self, project: str, run: Run) -> bool:
        """Whether a run that `get` gave put its commit into operation, rather than stop, start, scale or destroy."""
        return await retrying(lambda: self._deploys("deploys", project, run))

    async def last_good(self, project: str, pipeline_id: int, before_run_id: int) -> Run | None:
        """The run to go back to when the one of before_run_id is the suspect; see `choose_last_good`.

        Runs that stopped, started or scaled are passed over: they put no commit into operation.
        """
        operation = "last_good_run"

        async def work() -> Run | None:
            suspect = await self._get(operation, project, pipeline_id, before_run_id)
            listed = await self._listed(operation, project, pipeline_id)
            good = [run for run in listed if run["run_id"] < before_run_id and run["result"] == "succeeded"]
            seen: list[Run] = []
            for run in good[:_CANDIDATES]:
                candidate = await self._get(operation, project, pipeline_id, run["run_id"])
                if not is_good(candidate, suspect) or not await self._deploys(operation, project, candidate):
                    continue
                seen.append(candidate)
                if candidate["commit"] != suspect["commit"]:
                    break
            return choose_last_good(seen, suspect)

        return await retrying(work)

    async def start(
        self,
        project: str,
        pipeline_id: int,
        key: str,
        ref_name: str,
        commit: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> StartedRun:
        """Start one run per key, however often we are called.

        ref_name: "refs/heads/main". commit: 40 hexadecimal digits, reachable from it; None: its head.
        parameters: the values of the pipeline's run-time parameters.
        The key travels as the variable KEY_VARIABLE, and is looked for in the runs of LOOK_BACK.
        """
        operation = "start_run"
        source = {"refName": ref_name} | ({"version": commit} if commit else {})
        body: dict[str, Any] = {
            "resources": {"repositories": {"self": source}},
            "variables": {KEY_VARIABLE: {"value": key, "isSecret": False}},
        }
        if parameters:
            body["templateParameters"] = dict(parameters)

        async def write() -> Run:
            path = runs_path(project, pipeline_id)
            return await self._call(operation, "POST", path, json=body, parse=parse_run)

        run, outcome = await find_or_create(
            lambda: self._with_key(operation, project, pipeline_id, key), write
        )
        return {**run, "outcome": outcome}

    async def accepts(
        self,
        project: str,
        pipeline_id: int,
        ref_name: str,
        commit: str | None,
        parameters: Mapping[str, str],
    ) -> bool:
        """Whether the pipeline of that commit takes these run-time parameters: a preview, which starts nothing."""
        source = {"refName": ref_name} | ({"version": commit} if commit else {})
        body: dict[str, Any] = {"previewRun": True, "resources": {"repositories": {"self": source}}}
        if parameters:
            body["templateParameters"] = dict(parameters)

        async def look() -> bool:
            path = runs_path(project, pipeline_id)
            try:
                await self._call(
                    "preview_run",
                    "POST",
                    path,
                    json=body,
                    writes=False,
                    parse=lambda answer: answer["finalYaml"],
                )
            except VendorRefused as error:
                if error.status != HTTPStatus.BAD_REQUEST:
                    raise
                return False
            return True

        return await retrying(look)

    async def find_started(
        self, project: str, pipeline_id: int, key: str, since: datetime | None = None
    ) -> Run | None:
        """The run that `start` made with this key since then (within LOOK_BACK), if it made one."""
        return await retrying(lambda: self._with_key("find_started_run", project, pipeline_id, key, since))

    async def failed_stage(self, project: str, run_id: int) -> str:
        """The YAML name of the first stage that failed; "" where none did, or the run had no stages."""
        path = area(project, f"build/builds/{int(run_id)}/timeline")
        return await retrying(lambda: self._call("failed_stage", "GET", path, parse=failed_stage))

    async def cancel(self, project: str, run_id: int) -> None:
        """Have the run stop; one that has ended, or is gone, is left as it is.

        It stops by itself a little later: ask `get` for its end.
        """
        operation, path = "cancel_run", area(project, f"build/builds/{int(run_id)}")

        async def has_ended() -> bool:
            status = await unless_absent(
                self._call(operation, "GET", path, parse=lambda body: str(body["status"]))
            )
            return status in {None, "completed", "cancelling"}

        async def work() -> None:
            if await has_ended():
                return
            try:
                await self._call(operation, "PATCH", path, json={"status": "cancelling"}, parse=nothing)
            except VendorRefused:
                if not await has_ended():
                    raise

        await retrying(work)
