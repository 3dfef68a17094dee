"""A pull request, or a push, as a change that reached the branch which is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.domain.delivery import work_items
from shared.domain.delivery.azure_devops_changes import change_reported
from shared.domain.delivery.deliveries import MOST_COMMITS, ChangeMerged, Commit
from shared.domain.delivery.delivery_matching import Service
from shared.domain.delivery.delivery_reports import AZURE_DEVOPS, PUSH, Report, instant, part, reverted, sha

if TYPE_CHECKING:
    from shared.clients.azure_devops import AzureDevOpsClient
    from shared.delivery.github import GitHubFacts

_HEADS = "refs/heads/"
_MOST_WORK_ITEMS = 50


class ChangeFacts:
    """All methods raise VendorUnavailable and VendorRefused of azure_devops, VendorUnavailable of github."""

    def __init__(self, azure_devops: AzureDevOpsClient, github: GitHubFacts) -> None:
        self._azure_devops, self._github = azure_devops, github

    async def of(self, report: Report, service: Service) -> ChangeMerged | None:
        """The change; None where it went to another branch than the one that is deployed."""
        if report["source"] != AZURE_DEVOPS:
            if not _is_default(report["told"]):
                return None
            return _change(await self._github.of_change(report), service)
        project = str(service["azure_devops"]["project"])
        repository_id = report["place"]["repository_id"]
        if report["kind"] == PUSH:
            # The end of a pull request is a push, too: they are one change.
            found = await self._azure_devops.deployments.pull_request_of(
                project, repository_id, report["told"]["commit"]
            )
            if found is None:
                return _change(report, service)
            whole, _ = change_reported(found, report["hook"], report["place"]["organisation"], project)
            whole["told"]["default_branch"] = report["told"]["default_branch"]
            if whole["reason"]:
                return _change(report, service)
            report = {**whole, "place": {**whole["place"], "repository_id": repository_id}}
        told = report["told"]
        default = told["default_branch"] or await self._azure_devops.deployments.default_branch(
            project, repository_id
        )
        if not _is_default({**told, "default_branch": default}):
            return None
        return await self._with_commits(project, repository_id, report, service)

    async def _with_commits(
        self, project: str, repository_id: str, report: Report, service: Service
    ) -> ChangeMerged:
        number, rooms = int(report["told"]["pull_request"]), self._azure_devops
        found = await rooms.deployments.commits_of(project, repository_id, number, MOST_COMMITS + 1)
        change = _change(report, service)
        change["commits"], change["more_commits"] = commits_of(found), max(0, len(found) - MOST_COMMITS)
        change["reverts"] = change["reverts"] or next(
            (name for one in found if (name := reverted(one.get("comment")))), None
        )
        items = await rooms.deployments.work_items_of(project, repository_id, number)
        change["work_items"] = [f"{AZURE_DEVOPS}:{item}" for item in items[:_MOST_WORK_ITEMS]]
        change["planned"] = await self._planned(project, items[:_MOST_WORK_ITEMS])
        return change

    async def _planned(self, project: str, items: list[int]) -> bool | None:
        """False where one of its work items was not planned, None where none of them tells."""
        if not items:
            return None
        read = await self._azure_devops.boards.changed.read(project, items, work_items.FIELDS)
        said = {
            work_items.planned(
                str(one["fields"].get("System.WorkItemType") or ""), work_items.tags_of(one["fields"])
            )
            for one in read
        }
        return False if False in said else True if True in said else None


def _change(report: Report, service: Service) -> ChangeMerged:
    place, told = report["place"], report["told"]
    repository = place["repository_id"] if report["source"] == AZURE_DEVOPS else place["repository"]
    named = "/".join(name for name in (place["project"], place["repository"]) if name)
    commits: list[Commit] = told["commits"]
    return {
        "change_id": f"{report['source']}:{repository}:{told.get('pull_request') or told['commit']}",
        "service": str(service["name"]),
        "repository": named,
        "pull_request": told.get("pull_request"),
        "commit": told["commit"],
        "commits": commits,
        "more_commits": told["more_commits"],
        "merged_at": told["merged_at"],
        "title": told["title"],
        "reverts": told["reverts"],
        "work_items": [],
        "planned": None,
        "source": report["source"],
    }


def commits_of(found: list[dict[str, Any]]) -> list[Commit]:
    """Commits as Azure DevOps lists them of a pull request; whose they are is not read."""
    return [
        {"sha": name, "committed_at": instant(part(one, "author", "date"))}
        for one in found[:MOST_COMMITS]
        if (name := sha(one.get("commitId")))
    ]


def _is_default(told: Mapping[str, Any]) -> bool:
    """Whether it reached the branch that is deployed; where nobody knows that branch, it did."""
    branch, default = (str(told[name]).removeprefix(_HEADS) for name in ("branch", "default_branch"))
    return not default or branch == default
