"""GitHub in memory, as its REST API documents it: lists newest first, in pages that say where the next one is."""

import re
from collections.abc import Sequence
from typing import Any

import httpx

from tests.fakes.vendor import FakeVendor, answer

URL = "https://api.github.test"
TOKEN = "github_pat_a-fine-grained-one"
REPOSITORY = "contoso/checkout"
_ID = 9


class FakeGitHub(FakeVendor):
    """One repository. deployments, runs, pull_requests: as the API shows them. statuses: by deployment, oldest first.

    commits_of: by pull request. line: the branch's commits, oldest first. next_page: of every list, where it is set.
    """

    def __init__(self) -> None:
        super().__init__()
        self.deployments: list[dict[str, Any]] = []
        self.statuses: dict[int, list[dict[str, Any]]] = {}
        self.runs: list[dict[str, Any]] = []
        self.pull_requests: list[dict[str, Any]] = []
        self.commits_of: dict[int, list[dict[str, Any]]] = {}
        self.line: list[dict[str, Any]] = []
        self.next_page = ""

    def deploy(self, number: int, commit: str, at: str, *states: str, **fields: Any) -> None:
        """A deployment and its statuses, all at this time."""
        shown = {
            "id": number,
            "sha": commit,
            "ref": "main",
            "task": "deploy",
            "environment": "production",
            "creator": {"login": "bruno-lima", "id": 21031067},
            "created_at": at,
            "updated_at": at,
            "url": f"{URL}/repos/{REPOSITORY}/deployments/{number}",
            "production_environment": False,
        }
        self.deployments.insert(0, shown | fields)
        self.statuses[number] = [
            {"id": number * 10 + place, "state": state, "environment": "", "target_url": "", "created_at": at}
            for place, state in enumerate(states)
        ]

    def run(self, number: int, commit: str, at: str, conclusion: str = "success", **fields: Any) -> None:
        """A run of the deploying workflow that ended at this time."""
        shown = {
            "id": number,
            "run_number": number,
            "run_attempt": 1,
            "path": ".github/workflows/deploy.yml",
            "head_sha": commit,
            "event": "push",
            "status": "completed",
            "conclusion": conclusion,
            "created_at": at,
            "run_started_at": at,
            "updated_at": at,
            "html_url": f"https://github.test/{REPOSITORY}/actions/runs/{number}",
        }
        self.runs.insert(0, shown | fields)

    def merge(self, number: int, commit: str, at: str, *commits: str, **fields: Any) -> None:
        """A pull request that was merged at this time."""
        repository = {"id": _ID, "full_name": "Contoso/Checkout", "default_branch": "main"}
        shown = {
            "number": number,
            "state": "closed",
            "title": "Keep baskets for a week",
            "body": None,
            "merged_at": at,
            "updated_at": at,
            "merge_commit_sha": commit,
            "head": {"ref": "change", "sha": (commits or ("1" * 40,))[-1]},
            "base": {"ref": "main", "repo": repository},
        }
        self.pull_requests.insert(0, shown | fields)
        self.commits_of[number] = [a_commit(one) for one in commits]

    def respond(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return answer({"message": "Bad credentials"}, 401)
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        path = request.url.path
        if path == "/rate_limit":
            return answer({"resources": {"core": {"limit": 5000, "remaining": 4999}}})
        for here in (f"/repos/{REPOSITORY}/", f"/repositories/{_ID}/"):
            if path.startswith(here) and (found := self._of_repository(request, path.removeprefix(here))):
                return found
        return answer({"message": "Not Found", "status": "404"}, 404)

    def _of_repository(self, request: httpx.Request, path: str) -> httpx.Response | None:
        params = request.url.params
        if path == "deployments":
            wanted = params.get("environment")
            return self._paged(
                request, path, [one for one in self.deployments if wanted in (None, one["environment"])]
            )
        if found := re.fullmatch(r"deployments/(\d+)/statuses", path):
            return self._paged(request, path, self.statuses[int(found[1])][::-1])
        if path == "actions/workflows/deploy.yml/runs":
            wanted, since = params.get("status"), params.get("created", ">=").removeprefix(">=")
            runs = [
                one
                for one in self.runs
                if wanted in (None, one["status"], one["conclusion"]) and one["created_at"] >= since
            ]
            return self._paged(request, path, runs, "workflow_runs")
        if path == "pulls":
            assert (params["state"], params["sort"], params["direction"]) == ("closed", "updated", "desc")
            shown = sorted(self.pull_requests, key=lambda one: str(one["updated_at"]), reverse=True)
            return self._paged(request, path, shown)
        if found := re.fullmatch(r"pulls/(\d+)(/commits)?", path):
            commits = self.commits_of[int(found[1])]
            if found[2]:
                return self._paged(request, path, commits[:250])
            return answer({"number": int(found[1]), "commits": len(commits)})
        if found := re.fullmatch(r"compare/(\w+)\.\.\.(\w+)", path):
            return self._compare(request, path, found[1], found[2])
        return None

    def _compare(self, request: httpx.Request, path: str, base: str, head: str) -> httpx.Response | None:
        names = [one["sha"] for one in self.line]
        if base not in names or head not in names:
            return None
        between = self.line[names.index(base) + 1 : names.index(head) + 1]
        return self._paged(request, path, between, "commits")

    def _paged(
        self, request: httpx.Request, path: str, items: Sequence[dict[str, Any]], name: str = ""
    ) -> httpx.Response:
        """The next page's address has the repository's number, as GitHub's do."""
        size, page = int(request.url.params.get("per_page", 30)), int(request.url.params.get("page", 1))
        shown = list(items[(page - 1) * size : page * size])
        following = request.url.copy_set_param("page", page + 1).copy_with(path=f"/repositories/{_ID}/{path}")
        address = self.next_page or str(following)
        more = bool(self.next_page) or page * size < len(items)
        headers = {"Link": f'<{address}>; rel="next", <{URL}/last>; rel="last"'} if more else {}
        body = {"total_count": len(items), name: shown} if name else shown
        return httpx.Response(200, json=body, headers=headers)


def a_commit(sha: str, message: str = "Change", at: str = "2026-11-19T09:00:00Z") -> dict[str, Any]:
    """A commit, as lists and comparisons show it."""
    author = {"name": "Bruno Lima", "email": "bruno.lima@example.com", "date": at}
    return {"sha": sha, "commit": {"author": author, "committer": author, "message": message}}


def numbered(first: int, count: int) -> list[dict[str, Any]]:
    """So many commits in a row, oldest first; the nth is `sha_of(n)`."""
    return [a_commit(sha_of(number)) for number in range(first, first + count)]


def sha_of(number: int) -> str:
    return f"{number:040x}"
