"""Runs of workflows, as the vendor shows them.

Vendor's page: https://docs.github.com/rest/actions/workflow-runs
"""

from __future__ import annotations

from datetime import UTC, datetime

from shared.clients.github.connection import Connection, repository_path
from shared.clients.github.deployments import LOOK_BACK, MOST_PAGES
from shared.clients.github.listing import Read, Shown, first_changed, number, read_until
from shared.clients.http import segment

MOST_RUNS = 200
"""Runs one look takes of a workflow."""
_PAGES_BACK, _RUNS = 2, "workflow_runs"


class Workflows:
    """`client.workflows`. workflow: its file, such as ".github/workflows/deploy.yml"."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def runs_since(self, repository: str, workflow: str, since: datetime) -> Read[Shown]:
        """Runs that ended since then and were made at most LOOK_BACK before; of one run again, the last attempt."""
        began = (since - LOOK_BACK).astimezone(UTC)
        pages = self._connection.pages(
            "workflow_runs",
            _path(repository, workflow),
            params={"status": "completed", "created": f">={began:%Y-%m-%dT%H:%M:%SZ}"},
            most=MOST_PAGES,
            name=_RUNS,
        )
        listed, is_whole = await read_until(pages, MOST_PAGES, lambda _: False)
        return Read(*first_changed(listed, since, MOST_RUNS), is_whole)

    async def previous_commit(self, repository: str, workflow: str, run_id: int) -> str | None:
        """The commit of the newest run of this workflow before it that succeeded; None: there is none.

        On whatever branch: what runs of one workflow deploy follows one another.
        """
        path = _path(repository, workflow)
        pages = self._connection.pages(
            "previous_run", path, params={"status": "success"}, most=_PAGES_BACK, name=_RUNS
        )
        async for page in pages:
            for one in page:
                if 0 < number(one) < run_id:
                    return str(one.get("head_sha") or "") or None
        return None


def _path(repository: str, workflow: str) -> str:
    return repository_path(repository, f"actions/workflows/{segment(workflow.rpartition('/')[2])}/runs")
