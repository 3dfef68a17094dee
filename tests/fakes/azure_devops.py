"""An Azure DevOps organisation in memory: pipeline runs. As in life, lists hold neither commit nor variables."""

from datetime import UTC, datetime
from typing import Any

import httpx

from tests.fakes.vendor import FakeVendor, answer, body_of

URL = "https://dev.azure.test/contoso"
TOKEN = "a-personal-access-token"


class FakeAzureDevOps(FakeVendor):
    """runs by id, of the one pipeline there is."""

    def __init__(self, project: str = "Payments", pipeline_id: int = 7) -> None:
        super().__init__()
        self.path = f"/contoso/{project}/_apis/pipelines/{pipeline_id}/runs"
        self.runs: dict[int, dict[str, Any]] = {}
        self.settable = True
        self.credentials = {"Basic OmEtcGVyc29uYWwtYWNjZXNzLXRva2Vu"}

    def add_run(
        self,
        run_id: int,
        commit: str = "a" * 40,
        result: str | None = "succeeded",
        ref_name: str = "refs/heads/main",
        variables: dict[str, Any] | None = None,
        created: datetime | None = None,
    ) -> dict[str, Any]:
        run = {
            "id": run_id,
            "name": f"20261121.{run_id}",
            "state": "completed" if result else "inProgress",
            "createdDate": (created or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
            "_links": {"web": {"href": f"{URL}/_build/results?buildId={run_id}"}},
            "resources": {"repositories": {"self": {"refName": ref_name, "version": commit}}},
            "variables": variables or {},
        }
        if result:
            run |= {"result": result, "finishedDate": run["createdDate"]}
        self.runs[run_id] = run
        return run

    def with_key(self, key: str) -> list[int]:
        return [
            run_id
            for run_id, run in self.runs.items()
            if run["variables"].get("VALUEFLOW_KEY", {}).get("value") == key
        ]

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") not in self.credentials:
            return httpx.Response(203, text="<html>Sign in</html>")
        assert request.url.params["api-version"] == "7.1"
        path = request.url.path
        if path == "/contoso/_apis/projects":
            return answer({"count": 0, "value": []})
        if path == self.path and request.method == "POST":
            return self._start(body_of(request))
        if path == self.path:
            listed = [
                {name: value for name, value in run.items() if name not in {"resources", "variables"}}
                for run in self.runs.values()
            ]
            return answer({"count": len(listed), "value": listed})
        run_id = path.removeprefix(self.path + "/")
        if run_id.isdecimal() and int(run_id) in self.runs:
            return answer(self.runs[int(run_id)])
        return answer({"$id": "1", "message": f"TF1234: There is nothing at {path}."}, 404)

    def _start(self, body: dict[str, Any]) -> httpx.Response:
        if body.get("variables") and not self.settable:
            names = ", ".join(body["variables"])
            return answer({"message": f"You can't set the following variables ({names})."}, 400)
        repository = body["resources"]["repositories"]["self"]
        run = self.add_run(
            max(self.runs, default=0) + 1,
            repository["version"],
            None,
            repository["refName"],
            body.get("variables"),
        )
        return answer(run)
