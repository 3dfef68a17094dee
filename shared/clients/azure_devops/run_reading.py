"""How runs are read, for the room `runs`."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.at_once import for_each
from shared.clients.azure_devops.connection import Connection, area
from shared.clients.azure_devops.run_shapes import LOOK_BACK, Run, deploys, parse_run, when

_AT_ONCE = 8


class RunReading:
    """One request at a time, without retries: those wrap look and write together."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def _with_key(
        self, operation: str, project: str, pipeline_id: int, key: str, since: datetime | None = None
    ) -> Run | None:
        """The oldest run since then (LOOK_BACK) with this key. Lists hold no variables, so each such run is read."""
        since = since or datetime.now(UTC) - LOOK_BACK
        listed = await self._listed(operation, project, pipeline_id)
        recent = [run for run in listed if when(run["created_at"]) >= since]
        read_runs = await for_each(
            lambda run: self._get(operation, project, pipeline_id, run["run_id"]), recent, _AT_ONCE
        )
        ours = [run for run in read_runs if run["key"] == key]
        return min(ours, key=lambda run: run["run_id"], default=None)

    async def _listed(self, operation: str, project: str, pipeline_id: int) -> list[Run]:
        listed = await self._call(
            operation,
            "GET",
            runs_path(project, pipeline_id),
            parse=lambda body: [parse_run(run) for run in body["value"]],
        )
        return sorted(listed, key=lambda run: run["run_id"], reverse=True)

    async def _get(self, operation: str, project: str, pipeline_id: int, run_id: int) -> Run:
        path = f"{runs_path(project, pipeline_id)}/{int(run_id)}"
        return await self._call(operation, "GET", path, parse=parse_run)

    async def _deploys(self, operation: str, project: str, run: Run) -> bool:
        """Whether this run, read alone, was a deployment. Where it does not tell, its build does."""
        if "deploys" in run:
            return run["deploys"]
        given = await self._call(
            operation,
            "GET",
            area(project, f"build/builds/{int(run['run_id'])}"),
            parse=lambda body: dict(body.get("templateParameters") or {}),
        )
        return deploys(given, run["key"])


def runs_path(project: str, pipeline_id: int) -> str:
    """The address of a pipeline's runs."""
    return area(project, f"pipelines/{int(pipeline_id)}/runs")
