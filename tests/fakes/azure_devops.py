"""An Azure DevOps organisation in memory. As in life, lists of runs hold neither commit nor variables."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.fakes.azure_devops_boards import BoardsRoom
from tests.fakes.azure_devops_deliveries import DeliveriesRoom
from tests.fakes.azure_devops_git import GitRooms
from tests.fakes.azure_devops_pipelines import PipelineRooms
from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://dev.azure.test/contoso"
TOKEN = "a-personal-access-token"
PREVIEWS = {
    "pipelinepermissions": "7.1-preview.1",
    "distributedtask": "7.1-preview.1",
    "build/changes": "7.1-preview.2",
}
"""Areas that are not released, and the version of each."""


class FakeAzureDevOps(FakeVendor):
    """runs by id. pipeline_id: of the pipeline there is from the start. git, pipelines, boards: the other rooms.

    takes: the run-time parameters and the values each allows, None where any will do.
    """

    def __init__(self, project: str = "Payments", pipeline_id: int = 7) -> None:
        super().__init__()
        self.project, self.pipeline_id = project, pipeline_id
        self.path = f"/contoso/{project}/_apis/pipelines/{pipeline_id}/runs"
        self.runs: dict[int, dict[str, Any]] = {}
        self.timelines: dict[int, list[dict[str, Any]]] = {}
        self.settable = True
        self.takes: dict[str, set[str]] | None = None
        self.credentials = {"Basic OmEtcGVyc29uYWwtYWNjZXNzLXRva2Vu"}
        self.git = GitRooms(f"{URL}/{project}")
        self.pipelines = PipelineRooms(f"{URL}/{project}")
        self.boards = BoardsRoom(f"{URL}/{project}")
        self.deliveries = DeliveriesRoom(self.runs)

    def add_run(
        self,
        run_id: int,
        commit: str = "a" * 40,
        result: str | None = "succeeded",
        ref_name: str = "refs/heads/main",
        variables: dict[str, Any] | None = None,
        created: datetime | None = None,
        pipeline_id: int | None = None,
        repository_id: str = "",
    ) -> dict[str, Any]:
        place = {"repository": {"id": repository_id, "type": "azureReposGit"}} if repository_id else {}
        run = {
            "id": run_id,
            "name": f"20261121.{run_id}",
            "state": "completed" if result else "inProgress",
            "createdDate": (created or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
            "_links": {"web": {"href": f"{URL}/_build/results?buildId={run_id}"}},
            "pipeline": {"id": pipeline_id or self.pipeline_id},
            "resources": {"repositories": {"self": {**place, "refName": ref_name, "version": commit}}},
            "variables": variables or {},
            "templateParameters": {},
        }
        if result:
            run |= {"result": result, "finishedDate": run["createdDate"]}
        self.runs[run_id] = run
        return run

    def end_run(self, run_id: int, result: str, failed_stage: str = "") -> None:
        """The run has ended; where it failed, at this stage."""
        self.runs[run_id] |= {"state": "completed", "result": result}
        self.runs[run_id]["finishedDate"] = self.runs[run_id]["createdDate"]
        names = ["build", "deploy"] if failed_stage in {"", "build", "deploy"} else ["build", failed_stage]
        self.timelines[run_id] = [
            {
                "type": "Stage",
                "name": name.title(),
                "identifier": name,
                "order": order,
                "result": "failed" if name == failed_stage else "succeeded",
            }
            for order, name in enumerate(names, 1)
        ]

    def with_key(self, key: str) -> list[int]:
        return [
            run_id
            for run_id, run in self.runs.items()
            if run["variables"].get("VALUEFLOW_KEY", {}).get("value") == key
        ]

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") not in self.credentials:
            return httpx.Response(203, text="<html>Sign in</html>")
        preview = next((version for area, version in PREVIEWS.items() if area in request.url.path), "7.1")
        assert request.url.params["api-version"] == preview
        path = request.url.path
        if path == "/contoso/_apis/projects":
            return answer({"count": 0, "value": []})
        if path == f"/contoso/_apis/projects/{self.project}":
            return answer({"id": "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "state": "wellFormed"})
        inside = path.removeprefix(f"/contoso/{self.project}/_apis/")
        for room in (
            self.deliveries.respond,
            self._runs_room,
            self.git.respond,
            self.pipelines.respond,
            self.boards.respond,
        ):
            if inside != path and (found := room(request, inside)) is not None:
                return found
        return missing(path)

    def _runs_room(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if found := re.fullmatch(r"pipelines/(\d+)/runs(?:/(\d+))?", path):
            return self._run_answer(request, int(found[1]), found[2])
        if path == "build/changes":
            return self._changes(request)
        if found := re.fullmatch(r"build/builds/(\d+)(/timeline)?", path):
            run = self.runs.get(int(found[1]))
            if run is None:
                return missing(path)
            return self._timeline(run) if found[2] else self._build(request, run)
        return None

    def _run_answer(self, request: httpx.Request, pipeline_id: int, run_id: str | None) -> httpx.Response:
        mine = {key: run for key, run in self.runs.items() if run["pipeline"]["id"] == pipeline_id}
        if request.method == "POST":
            return self._start(body_of(request), pipeline_id)
        if run_id is None:
            listed = [
                {name: value for name, value in run.items() if name not in {"resources", "variables"}}
                for run in mine.values()
            ]
            return answer({"count": len(listed), "value": listed})
        return answer(mine[int(run_id)]) if int(run_id) in mine else missing(request.url.path)

    def _start(self, body: dict[str, Any], pipeline_id: int) -> httpx.Response:
        for name, value in body.get("templateParameters", {}).items():
            if self.takes is not None and value not in self.takes.get(name, ()):
                return answer({"message": f"The '{name}' parameter value '{value}' is not allowed."}, 400)
        if body.get("previewRun"):
            return answer({"finalYaml": "stages: []"})
        if body.get("variables") and not self.settable:
            names = ", ".join(body["variables"])
            return answer({"message": f"You can't set the following variables ({names})."}, 400)
        repository = body["resources"]["repositories"]["self"]
        run = self.add_run(
            max(self.runs, default=0) + 1,
            repository.get("version", "f" * 40),
            None,
            repository["refName"],
            body.get("variables"),
            pipeline_id=pipeline_id,
        )
        run["templateParameters"] = body.get("templateParameters", {})
        return answer(run)

    def _build(self, request: httpx.Request, run: dict[str, Any]) -> httpx.Response:
        if request.method == "PATCH":
            assert body_of(request) == {"status": "cancelling"}
            if run["state"] == "completed":
                return answer({"message": "TF400736: the build has ended"}, 400)
            self.end_run(run["id"], "canceled")
        status = "completed" if run["state"] == "completed" else "inProgress"
        return answer(self.deliveries.build(run) | {"status": status})

    def _changes(self, request: httpx.Request) -> httpx.Response:
        """The commits of the later run's repository after the earlier one's, newest first."""
        params = request.url.params
        later, earlier = (
            self.runs[int(params[name])]["resources"]["repositories"]["self"]["version"]
            for name in ("toBuildId", "fromBuildId")
        )
        found = []
        while later and later != earlier:
            commit = next((one for (_, key), one in self.git.commits.items() if key == later), None)
            if commit is None:
                break
            found.append(
                {
                    "id": later,
                    "message": commit["comment"],
                    "author": {"displayName": "Ana Souza"},
                    "timestamp": "2026-11-21T12:00:00Z",
                    "type": "TfsGit",
                }
            )
            later = next(iter(commit["parents"]), None)
        return answer({"count": len(found), "value": found[: int(params["$top"])]})

    def _timeline(self, run: Mapping[str, Any]) -> httpx.Response:
        records = self.timelines.get(run["id"])
        return answer({"records": records}) if records is not None else httpx.Response(204)


def missing(path: str) -> httpx.Response:
    """404 as Azure DevOps words it."""
    return answer({"$id": "1", "message": f"TF1234: There is nothing at {path}."}, 404)
