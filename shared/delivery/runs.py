"""A run of Azure DevOps as deployments: what its hook did not carry is asked for, and nothing else is believed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shared.delivery.changes import commits_of
from shared.domain.action.actions import ROLL_BACK
from shared.domain.delivery import delivery_matching as matching
from shared.domain.delivery.deliveries import MOST_COMMITS, Commit, Deployment, Result, deployment_id
from shared.domain.delivery.delivery_matching import Service
from shared.domain.delivery.delivery_reports import AZURE_DEVOPS, Report, instant, sha
from shared.domain.delivery.squashes import unfolded
from shared.errors import VendorRefused

if TYPE_CHECKING:
    from shared.action_log import ActionLog
    from shared.clients.azure_devops import AzureDevOpsClient
    from shared.clients.azure_devops.deployments import DeployingRun, EnvironmentRecord
    from shared.clients.azure_devops.run_shapes import Run

log = logging.getLogger(__name__)

_RESULTS: dict[str, Result] = {"succeeded": "succeeded", "failed": "failed", "canceled": "cancelled"}
_PULL = "refs/pull/"
_RUNS, _BEGINS = "start_run", "begin_action"
"""Steps of an operation: that start an action's run, and that begin the action."""
NOT_FINISHED = "not_finished"
_MOST_ASKED, _MOST_SQUASHES = 100, 25
"""Commits that may be squashes, and pull requests whose commits are asked for: each is a request."""


class RunFacts:
    """All methods raise VendorUnavailable and VendorRefused of azure_devops, VendorUnavailable of blob."""

    def __init__(self, azure_devops: AzureDevOpsClient, action_log: ActionLog) -> None:
        self._azure_devops, self._action_log = azure_devops, action_log

    async def of(self, report: Report, service: Service) -> tuple[list[Deployment], str]:
        """The deployments the run is, one for each environment, if it is any; or why nobody can tell."""
        place = service["azure_devops"]
        project, pipeline_id = str(place["project"]), int(place["pipeline_id"])
        run_id, ended = int(report["told"]["run_id"]), report["told"]["state"].lower() == "completed"
        found = await self._azure_devops.deployments.run(project, pipeline_id, run_id)
        if found is None:
            return [], matching.NOT_THERE
        if not found["deploys"]:
            return [], ""
        if ended and found["run"]["state"] != "completed":
            return [], NOT_FINISHED
        if not ended:
            return self._begun(found, service)
        return await self._ended(found, service, project, pipeline_id)

    def _begun(self, found: DeployingRun, service: Service) -> tuple[list[Deployment], str]:
        """What a run that has begun will be; where that cannot be said yet, its end says it."""
        told = found["environment"] or matching.registered_environment(service)
        if not told or (found["run"]["ref_name"] or "").startswith(_PULL):
            return [], ""
        return [_deployment(found, service, matching.environment_name(told))], ""

    async def _ended(
        self, found: DeployingRun, service: Service, project: str, pipeline_id: int
    ) -> tuple[list[Deployment], str]:
        run = found["run"]
        result = _RESULTS.get(run["result"] or "")
        records = await self._azure_devops.deployments.records(project, run["run_id"])
        if not records and (run["ref_name"] or "").startswith(_PULL):
            return [], ""
        if not records and result != "succeeded" and not matching.reached_deployment(found["stages"]):
            return [], ""
        told = found["environment"] or matching.registered_environment(service)
        if not records and not told:
            return [], matching.NO_ENVIRONMENT
        if not records and result is None:
            return [], "unknown_state"
        whole: EnvironmentRecord = {
            "environment": told,
            "started_at": found["started_at"],
            "finished_at": run["finished_at"],
            "result": run["result"],
        }
        before = await self._azure_devops.deployments.previous(project, pipeline_id, found)
        commits = await self._commits(service, before, run)
        how = await self._how(found, str(service["name"]))
        takes_away = before["commit"] if before and before["commit"] != run["commit"] else None
        made = []
        for record in records or [whole]:
            deployment = _deployment(found, service, matching.environment_name(record["environment"]))
            deployment["result"] = _RESULTS.get(record["result"] or run["result"] or "")
            deployment["started_at"] = instant(record["started_at"]) or deployment["started_at"]
            deployment["finished_at"] = instant(record["finished_at"]) or instant(run["finished_at"])
            deployment["commits"], deployment["how"] = commits, how
            deployment["rolls_back"] = takes_away if how == "rollback" else None
            made.append(deployment)
        return made, ""

    async def _commits(self, service: Service, before: Run | None, run: Run) -> list[Commit]:
        """The commits it brought, squashes with what was squashed; none where it is the first, or the same again."""
        if before is None or before["commit"] == run["commit"]:
            return []
        place = service["azure_devops"]
        project, repository_id = str(place["project"]), run.get("repository_id") or place.get("repository_id")
        found = await self._azure_devops.comparing.commits(
            project, before["run_id"], run["run_id"], MOST_COMMITS
        )
        commits: list[Commit] = [
            {"sha": name, "committed_at": instant(one["at"])} for one in found if (name := sha(one["commit"]))
        ]
        if not commits or not repository_id:
            return commits
        return unfolded(commits, await self._pull_requests(project, str(repository_id), commits))[
            :MOST_COMMITS
        ]

    async def _pull_requests(
        self, project: str, repository_id: str, commits: list[Commit]
    ) -> dict[str, list[Commit]]:
        """The commits of the pull requests that became these; none where the repository may not be read."""
        rooms, names = self._azure_devops.deployments, [one["sha"] for one in commits[:_MOST_ASKED]]
        try:
            merged = await rooms.pull_requests_of(project, repository_id, names)
            return {
                commit: commits_of(
                    await rooms.commits_of(project, repository_id, int(one["pullRequestId"]), MOST_COMMITS)
                )
                for commit, one in list(merged.items())[:_MOST_SQUASHES]
                if str(one.get("pullRequestId")).isdecimal()
            }
        except VendorRefused as refused:
            log.warning("what was squashed is not known: %s", refused)
            return {}

    async def _how(self, found: DeployingRun, service: str) -> str:
        key = found["run"]["key"]
        if not key:
            return "manual" if found["reason"].lower() == "manual" else "pipeline"
        operation, _, step = key.partition("/")
        # Another action of the same operation, such as what takes the first one back, begins by another name.
        began = f"{operation}/{step.replace(_RUNS, _BEGINS, 1)}"
        entries = await self._action_log.entries(service)
        kinds = {entry["type"] for entry in entries if entry["key"] == began}
        return "rollback" if ROLL_BACK in kinds else "pipeline"


def _deployment(found: DeployingRun, service: Service, environment: str) -> Deployment:
    """As far as a run that has begun tells it."""
    run = found["run"]
    key = run["key"]
    return {
        "deployment_id": deployment_id(AZURE_DEVOPS, run["run_id"], environment),
        "service": str(service["name"]),
        "environment": environment,
        "version": run["name"],
        "commit": sha(run["commit"]),
        "commits": [],
        "started_at": instant(found["started_at"]),
        "finished_at": None,
        "result": None,
        "how": "pipeline" if key or found["reason"].lower() != "manual" else "manual",
        "rolls_back": None,
        "run_id": str(run["run_id"]),
        "pipeline_id": str(service["azure_devops"]["pipeline_id"]),
        "operation_id": key.partition("/")[0] if key else None,
        "change_number": None,
        "who": found["who"],
        "url": run["url"],
        "source": AZURE_DEVOPS,
    }
