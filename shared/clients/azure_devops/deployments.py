"""What was deployed, and what was merged: runs with what they were given, environments' records, pull requests.

Reads only, each retried. Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/build/builds/list,
.../environments/environmentdeploymentrecords/list, .../git/pull-requests and .../git/pull-request-query/get
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import area
from shared.clients.azure_devops.contents import repository_path
from shared.clients.azure_devops.permissions import PREVIEW
from shared.clients.azure_devops.run_reading import RunReading
from shared.clients.azure_devops.run_shapes import Run, deploys, is_good
from shared.clients.http import Params, segment
from shared.clients.idempotency import retrying

MOST_LISTED = 200
_CANDIDATES, _MOST_ENVIRONMENTS, _RECORDS = 25, 20, 50
_ENVIRONMENT = "environment"
"""The run-time parameter that names the environment, as golden paths have it."""


class DeployingRun(TypedDict):
    """A run with what its build tells. environment: its parameter, "" where there is none. who: an id, or ""."""

    run: Run
    deploys: bool
    environment: str
    started_at: str | None
    who: str
    reason: str
    stages: list[dict[str, Any]]


class EnvironmentRecord(TypedDict):
    """What a run did to an environment, all its jobs together. result: as a run's; None while under way."""

    environment: str
    started_at: str | None
    finished_at: str | None
    result: str | None


class ListedRun(TypedDict):
    """A run out of a list of builds."""

    run_id: int
    pipeline_id: int
    result: str
    finished_at: str
    project: NotRequired[str]


class Deployments(RunReading):
    """`client.deployments`."""

    async def run(self, project: str, pipeline_id: int, run_id: int) -> DeployingRun | None:
        """The run of this pipeline of this project; None where there is none."""
        return await retrying(lambda: unless_absent(self._run("deploying_run", project, pipeline_id, run_id)))

    async def previous(self, project: str, pipeline_id: int, of: DeployingRun) -> Run | None:
        """The newest run before it that succeeded on its branch and deployed to the same environment."""

        async def work() -> Run | None:
            operation = "previous_run"
            listed = await self._listed(operation, project, pipeline_id)
            good = [
                one for one in listed if one["result"] == "succeeded" and one["run_id"] < of["run"]["run_id"]
            ]
            for one in good[:_CANDIDATES]:
                found = await self._run(operation, project, pipeline_id, one["run_id"], stages=False)
                same_place = found["environment"].casefold() == of["environment"].casefold()
                if found["deploys"] and same_place and is_good(found["run"], of["run"]):
                    return found["run"]
            return None

        return await retrying(work)

    async def records(self, project: str, run_id: int) -> list[EnvironmentRecord]:
        """What the run did to each environment of the project; [] where the project has none, or it did nothing."""

        async def work() -> list[EnvironmentRecord]:
            path = area(project, "distributedtask/environments")
            params: Params = {"$top": _MOST_ENVIRONMENTS}
            environments = await unless_absent(
                self._call("environments", "GET", path, params=params, parse=_values, version=PREVIEW)
            )
            found = []
            for one in environments or []:
                records = await unless_absent(
                    self._call(
                        "environment_records",
                        "GET",
                        f"{path}/{int(one['id'])}/environmentdeploymentrecords",
                        params={"top": _RECORDS},
                        parse=_values,
                        version=PREVIEW,
                    )
                )
                mine = [each for each in records or [] if (each.get("owner") or {}).get("id") == run_id]
                if together := _together(one["name"], mine):
                    found.append(together)
            return found

        return await retrying(work)

    async def runs_since(
        self, project: str, since: datetime, pipeline_ids: list[int], most: int = MOST_LISTED
    ) -> list[ListedRun]:
        """Runs of these pipelines that ended since then, oldest end first, `most` of them."""
        params: Params = {
            "definitions": ",".join(map(str, pipeline_ids)),
            "minTime": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "statusFilter": "completed",
            "queryOrder": "finishTimeAscending",
            "$top": most,
        }
        path = area(project, "build/builds")
        return await retrying(
            lambda: self._call(
                "runs_since", "GET", path, params=params, parse=lambda b: list(map(_listed, b["value"]))
            )
        )

    async def pull_requests_since(
        self, project: str, since: datetime, skip: int = 0, most: int = MOST_LISTED
    ) -> list[dict[str, Any]]:
        """Pull requests of the project that were completed since then, newest first, as the vendor shows them."""
        params: Params = {
            "searchCriteria.status": "completed",
            "searchCriteria.minTime": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "searchCriteria.queryTimeRangeType": "closed",
            "$top": most,
            "$skip": skip,
        }
        path = area(project, "git/pullrequests")
        return await retrying(
            lambda: self._call("pull_requests_since", "GET", path, params=params, parse=_values)
        )

    async def pull_request_of(self, project: str, repository_id: str, commit: str) -> dict[str, Any] | None:
        """The pull request whose merge made this commit; None: it was pushed, or there is no such repository."""
        return (await self.pull_requests_of(project, repository_id, [commit])).get(commit)

    async def pull_requests_of(
        self, project: str, repository_id: str, commits: list[str]
    ) -> dict[str, dict[str, Any]]:
        """The pull requests whose merges made these commits, by commit; {} where there is no such repository."""
        body = {"queries": [{"type": "lastMergeCommit", "items": commits}]}
        path = repository_path(project, repository_id, "pullrequestquery")

        def parse(told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
            return {commit: dict(found[0]) for by in told["results"] for commit, found in by.items() if found}

        found = await retrying(
            lambda: unless_absent(
                self._call("pull_request_of", "POST", path, json=body, writes=False, parse=parse)
            )
        )
        return found or {}

    async def commits_of(
        self, project: str, repository_id: str, pull_request: int, most: int
    ) -> list[dict[str, Any]]:
        """The commits of a pull request, newest first, `most` of them; [] where it is gone."""
        path = repository_path(project, repository_id, f"pullRequests/{int(pull_request)}/commits")
        found = await retrying(
            lambda: unless_absent(self._call("commits_of", "GET", path, params={"$top": most}, parse=_values))
        )
        return (found or [])[:most]

    async def work_items_of(self, project: str, repository_id: str, pull_request: int) -> list[int]:
        """The work items a pull request is linked to."""
        path = repository_path(project, repository_id, f"pullRequests/{int(pull_request)}/workitems")
        found = await retrying(lambda: unless_absent(self._call("work_items_of", "GET", path, parse=_values)))
        return [int(one["id"]) for one in found or []]

    async def default_branch(self, project: str, repository_id: str) -> str:
        """Such as "refs/heads/main"; "" where there is no such repository, or nothing in it."""
        path = area(project, f"git/repositories/{segment(repository_id)}")
        found = await retrying(
            lambda: unless_absent(
                self._call(
                    "default_branch", "GET", path, parse=lambda body: str(body.get("defaultBranch") or "")
                )
            )
        )
        return found or ""

    async def pipelines_of(self, project: str, repository_id: str) -> list[int]:
        """The pipelines that are made from this repository."""
        params: Params = {"repositoryId": repository_id, "repositoryType": "TfsGit"}
        path = area(project, "build/definitions")
        found = await retrying(
            lambda: unless_absent(self._call("pipelines_of", "GET", path, params=params, parse=_values))
        )
        return [int(one["id"]) for one in found or []]

    async def repositories_of(self, project: str, pipeline_ids: list[int]) -> list[str]:
        """The ids of the repositories these pipelines are made from, in lower case."""
        params: Params = {
            "definitionIds": ",".join(map(str, pipeline_ids)),
            "includeAllProperties": "true",
        }
        path = area(project, "build/definitions")
        found = await retrying(
            lambda: self._call("repositories_of", "GET", path, params=params, parse=_values)
        )
        ids = [str((one.get("repository") or {}).get("id") or "").lower() for one in found]
        return [one for one in ids if one]

    async def _run(
        self, operation: str, project: str, pipeline_id: int, run_id: int, *, stages: bool = True
    ) -> DeployingRun:
        run = await self._get(operation, project, pipeline_id, run_id)
        path = area(project, f"build/builds/{int(run_id)}")
        build = await self._call(operation, "GET", path, parse=lambda body: dict(body))
        given = dict(build.get("templateParameters") or {})
        timeline = None
        if stages and run["result"] not in {None, "succeeded"}:
            timeline = await self._call(operation, "GET", f"{path}/timeline", parse=lambda body: body)
        return {
            "run": run,
            "deploys": deploys(given, run["key"]),
            "environment": str(given.get(_ENVIRONMENT) or ""),
            "started_at": build.get("startTime") or run["created_at"],
            "who": str((build.get("requestedFor") or {}).get("id") or ""),
            "reason": str(build.get("reason") or ""),
            "stages": [one for one in (timeline or {}).get("records") or [] if one.get("type") == "Stage"],
        }


def _values(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(one) for one in body["value"]]


def _listed(body: Mapping[str, Any]) -> ListedRun:
    return {
        "run_id": int(body["id"]),
        "pipeline_id": int(body["definition"]["id"]),
        "result": str(body.get("result") or ""),
        "finished_at": str(body["finishTime"]),
    }


def _together(environment: str, records: list[dict[str, Any]]) -> EnvironmentRecord | None:
    """One record of those of each job's last attempt; None where every job was skipped."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted(records, key=lambda each: (each.get("stageAttempt") or 1, each.get("jobAttempt") or 1)):
        last[one.get("stageName") or "", one.get("jobName") or ""] = one
    done = [one for one in last.values() if str(one.get("result") or "").lower() != "skipped"]
    if not done:
        return None
    results = {str(one.get("result") or "").lower() for one in done}
    under_way = any(not one.get("finishTime") for one in done)
    result = next((name for name, said in _WORST if results & said), "succeeded")
    return {
        "environment": environment,
        "started_at": min((one["startTime"] for one in done if one.get("startTime")), default=None),
        "finished_at": None if under_way else max(one["finishTime"] for one in done),
        "result": None if under_way else result,
    }


_WORST = (("failed", {"failed", "abandoned"}), ("canceled", {"canceled"}))
