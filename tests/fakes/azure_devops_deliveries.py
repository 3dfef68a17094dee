"""What the fake Azure DevOps tells of deliveries: builds, environments' records, pull requests."""

import re
from typing import Any

import httpx

from tests.fakes.azure_devops_git import listed
from tests.fakes.vendor import answer, body_of

PERSON = {"id": "d6245f20-2af8-44f4-9451-8107cb2767db", "displayName": "Normal Paulk"}


class DeliveriesRoom:
    """runs: of the organisation. records: by environment. pull_requests: as the API shows them, with "_commits".

    pipelines_of: pipelines by repository id. work_items_of: ids by pull request. reasons: of builds, by run.
    """

    def __init__(self, runs: dict[int, dict[str, Any]]) -> None:
        self._runs = runs
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.pull_requests: list[dict[str, Any]] = []
        self.pipelines_of: dict[str, list[int]] = {}
        self.work_items_of: dict[int, list[int]] = {}
        self.default_branches: dict[str, str] = {}
        self.reasons: dict[int, str] = {}

    def deployed(self, environment: str, run_id: int, result: str = "succeeded", **fields: Any) -> None:
        """A job of the run deployed to the environment."""
        record = {
            "id": len(self.records) + 1,
            "owner": {"id": run_id},
            "stageName": "deploy",
            "jobName": "deploy",
            "result": result,
            "startTime": "2026-11-20T10:05:00.1234567Z",
            "finishTime": "2026-11-20T10:08:00.1234567Z",
        }
        self.records.setdefault(environment, []).insert(0, record | fields)

    def build(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run as a build."""
        return {
            "id": run["id"],
            "startTime": run["createdDate"],
            "finishTime": run.get("finishedDate"),
            "result": run.get("result"),
            "templateParameters": run["templateParameters"],
            "definition": {"id": run["pipeline"]["id"]},
            "requestedFor": PERSON,
            "reason": self.reasons.get(run["id"], "individualCI"),
        }

    def respond(self, request: httpx.Request, path: str) -> httpx.Response | None:
        params = request.url.params
        if path == "distributedtask/environments" and "name" not in params:
            return listed([{"id": number, "name": name} for number, name in enumerate(self.records, 1)])
        if found := re.fullmatch(r"distributedtask/environments/(\d+)/environmentdeploymentrecords", path):
            return listed(list(self.records.values())[int(found[1]) - 1])
        if path == "build/builds":
            return self._builds(params)
        if path == "build/definitions" and "repositoryId" in params:
            return listed([{"id": one} for one in self.pipelines_of.get(params["repositoryId"], [])])
        if path == "build/definitions" and "definitionIds" in params:
            ids = {int(one) for one in params["definitionIds"].split(",")}
            found_in = {pipe: name for name, pipes in self.pipelines_of.items() for pipe in pipes}
            return listed(
                [{"id": one, "repository": {"id": found_in[one].upper()}} for one in ids if one in found_in]
            )
        if path == "git/pullrequests":
            return self._completed(params)
        if found := re.fullmatch(r"git/repositories/([^/]+)/pullrequestquery", path):
            return self._query(found[1], body_of(request)["queries"][0]["items"])
        if found := re.fullmatch(r"git/repositories/[^/]+/pullRequests/(\d+)/(commits|workitems)", path):
            return self._of_pull_request(int(found[1]), found[2])
        if (found := re.fullmatch(r"git/repositories/([^/]+)", path)) and found[1] in self.default_branches:
            return answer({"id": found[1], "defaultBranch": self.default_branches[found[1]]})
        return None

    def _builds(self, params: httpx.QueryParams) -> httpx.Response:
        assert params["queryOrder"] == "finishTimeAscending"
        wanted = {int(one) for one in params["definitions"].split(",")}
        ended = [run for run in self._runs.values() if run["pipeline"]["id"] in wanted and run.get("result")]
        later = [run for run in ended if run["finishedDate"] >= params["minTime"]]
        later.sort(key=lambda run: run["finishedDate"])
        return listed([self.build(run) for run in later[: int(params["$top"])]])

    def _completed(self, params: httpx.QueryParams) -> httpx.Response:
        assert params["searchCriteria.queryTimeRangeType"] == "closed"
        found = [one for one in self.pull_requests if one["closedDate"] >= params["searchCriteria.minTime"]]
        found.sort(key=lambda one: one["closedDate"], reverse=True)
        skip = int(params["$skip"])
        return listed([_shown(one) for one in found[skip : skip + int(params["$top"])]])

    def _query(self, repository_id: str, commits: list[str]) -> httpx.Response:
        found = {
            commit: [
                _shown(one)
                for one in self.pull_requests
                if one["lastMergeCommit"]["commitId"] == commit and one["repository"]["id"] == repository_id
            ]
            for commit in commits
        }
        return answer({"results": [{commit: ones for commit, ones in found.items() if ones}]})

    def _of_pull_request(self, number: int, what: str) -> httpx.Response:
        if what == "workitems":
            return listed([{"id": str(one)} for one in self.work_items_of.get(number, [])])
        ours = [one for one in self.pull_requests if one["pullRequestId"] == number]
        return listed(ours[0].get("_commits", []) if ours else [])


def _shown(pull_request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pull_request.items() if not name.startswith("_")}
