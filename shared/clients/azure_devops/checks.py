"""Checks that wait for a callback: "Invoke REST API" in Azure Pipelines, which ends when it is told how.

Vendor's page: https://learn.microsoft.com/azure/devops/pipelines/process/invoke-checks
"""

from __future__ import annotations

from http import HTTPStatus

from shared.clients.azure_devops.connection import Connection, area
from shared.clients.http import nothing, segment
from shared.clients.idempotency import retrying
from shared.errors import VendorRefused

_VERSION = "2.0-preview.1"
_OVER = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


class Checks:
    """`client.checks`. The ids are those that Azure Pipelines hands to the check; no address is taken from anybody."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def complete(
        self, project_id: str, hub_name: str, plan_id: str, job_id: str, task_id: str, *, passed: bool
    ) -> None:
        """End the check; one that is over already is left as it ended."""
        path = area(project_id, f"distributedtask/hubs/{segment(hub_name)}/plans/{segment(plan_id)}/events")
        event = {
            "name": "TaskCompleted",
            "taskId": task_id,
            "jobId": job_id,
            "result": "succeeded" if passed else "failed",
        }

        async def work() -> None:
            try:
                await self._call(
                    "complete_check", "POST", path, json=event, parse=nothing, writes=False, version=_VERSION
                )
            except VendorRefused as error:
                if error.status not in _OVER:
                    raise

        await retrying(work)
