"""Pull requests that were completed: put by whoever tells a story, listed, and found by the commit they made."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.contents import DEFAULT_BRANCH, Author, Contents
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.clock import from_iso, iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection, Document

_DEFAULT_TOP = 101


class PullRequests:
    """url: of the service, without the organisation. on_completed: told of a pull request, as hooks show it."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        contents: Contents,
        kept: Collection,
        counters: Collection,
        on_completed: Callable[[Document, dict[str, Any]], None],
    ) -> None:
        self._projects, self._repositories, self._contents = projects, repositories, contents
        self._kept, self._counters, self._on_completed = kept, counters, on_completed

    def operations(self) -> Sequence[Operation]:
        repository = f"{BASE}/git/repositories" + "/{repository}"
        one = repository + "/pullRequests/{pull_request}"
        return [
            Operation("list_pull_requests", "GET", f"{BASE}/git/pullrequests", self._list),
            Operation("get_pull_request", "GET", repository + "/pullrequests/{pull_request}", self._get),
            Operation("query_pull_requests", "POST", repository + "/pullrequestquery", self._query),
            Operation("list_pull_request_commits", "GET", one + "/commits", self._commits),
            Operation("list_pull_request_work_items", "GET", one + "/workitems", self._work_items),
        ]

    def controls(self) -> Sequence[Operation]:
        return [Operation("add_pull_request", "POST", "/pull_requests", self._add)]

    async def _add(self, request: web.Request) -> web.Response:
        """{"project", "repository", "title"?, "commits"? (how many), "files"?, "told"?} -> what was merged.

        files: what it makes of files, by path. told: false: no hook.
        """
        body = await object_body(request, wrong)
        project = self._projects.find(str(body.get("project", "")))
        if project is None:
            raise wrong("project names no project")
        repository = self._repositories.ensure(project, str(body.get("repository") or project["name"]))
        number_of = self._counters.next_number("pull_request", 1)
        title, now = str(body.get("title", "Change")), now_ms()
        count = max(1, int(body.get("commits", 1)))
        parent = self._contents.head(repository["id"], DEFAULT_BRANCH)
        files = (self._contents.files(repository["id"], parent) if parent else None) or {}
        changed = {path: str(content).encode() for path, content in dict(body.get("files") or {}).items()}
        source, merged = secrets.token_hex(20), secrets.token_hex(20)
        for commit_id in (source, merged):
            self._contents.record(
                repository["id"], parent, files | changed, title, Author("Bruno Lima"), now, commit_id
            )
        self._contents.point(repository["id"], DEFAULT_BRANCH, merged)
        self._repositories.filled(repository, DEFAULT_BRANCH)
        made = {
            "id": number_of,
            "project_id": project["id"],
            "repository_id": repository["id"],
            "title": title,
            "merged": merged,
            "source": source,
            "target": parent,
            "closed_ms": now,
            "commits": [
                {"id": source if n == 0 else secrets.token_hex(20), "at_ms": now - 3600_000 - n}
                for n in range(count)
            ],
        }
        self._kept.put(str(number_of), made)
        shown = self._shown(made)
        if body.get("told", True):
            self._on_completed(project, shown)
        return reply(shown, HTTPStatus.CREATED)

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first. searchCriteria.status: completed alone. minTime: of closing."""
        project, query = self._projects.of(request), request.query
        by_closing = query.get("searchCriteria.queryTimeRangeType", "created") == "closed"
        if query.get("searchCriteria.status", "active") != "completed" or not by_closing:
            return listed([])
        since = from_iso(query.get("searchCriteria.minTime", "1970-01-01T00:00:00Z").replace("Z", "+00:00"))
        found = [
            one
            for one in self._kept.all()
            if one["project_id"] == project["id"] and one["closed_ms"] >= since
        ]
        found.sort(key=lambda one: one["closed_ms"], reverse=True)
        skip, top = number(request, "$skip", 0), number(request, "$top", _DEFAULT_TOP)
        return listed([self._shown(one) for one in found[skip : skip + top]])

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(self._of(request)))

    async def _query(self, request: web.Request) -> web.Response:
        """{"queries": [{"type": "lastMergeCommit", "items": [commit]}]} -> {"results": [{commit: [...]}]}."""
        repository = self._repository(request)
        body = await object_body(request, unreadable)
        results = [self._by_commit(repository, one) for one in body.get("queries") or []]
        return reply({"queries": body.get("queries"), "results": results})

    def _by_commit(self, repository: Document, query: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self._kept.all():
            if one["repository_id"] == repository["id"] and one["merged"] in query.get("items", []):
                found.setdefault(one["merged"], []).append(self._shown(one))
        return found

    async def _commits(self, request: web.Request) -> web.Response:
        found = self._of(request)["commits"]
        return listed(
            [
                {
                    "commitId": one["id"],
                    "author": {"name": "Bruno Lima", "date": iso(one["at_ms"])},
                    "comment": "Change",
                }
                for one in found[: number(request, "$top", 100)]
            ]
        )

    async def _work_items(self, request: web.Request) -> web.Response:
        self._of(request)
        return listed([])

    def _repository(self, request: web.Request) -> Document:
        """By its id or its name. Raises: Refusal, 404."""
        return self._repositories.opened(request)[1]

    def _of(self, request: web.Request) -> Document:
        repository = self._repository(request)
        found = self._kept.get(request.match_info["pull_request"])
        if found is None or found["repository_id"] != repository["id"]:
            message = "TF401180: The requested pull request was not found."
            raise refuse(HTTPStatus.NOT_FOUND, message, "GitPullRequestNotFoundException")
        return found

    def _shown(self, one: Document) -> dict[str, Any]:
        """GitPullRequest."""
        repository = self._repositories.get(one["repository_id"]) or {}
        project = self._projects.find(one["project_id"]) or {}
        ends = {"lastMergeSourceCommit": one.get("source"), "lastMergeTargetCommit": one.get("target")}
        return {
            "repository": {
                "id": one["repository_id"],
                "name": repository.get("name", ""),
                "project": {"id": one["project_id"], "name": project.get("name", "")},
            },
            "pullRequestId": one["id"],
            "status": "completed",
            "creationDate": iso(one["closed_ms"] - 3600_000),
            "closedDate": iso(one["closed_ms"]),
            "title": one["title"],
            "sourceRefName": "refs/heads/change",
            "targetRefName": DEFAULT_BRANCH,
            "mergeStatus": "succeeded",
            "lastMergeCommit": {"commitId": one["merged"]},
            **{name: {"commitId": commit_id} for name, commit_id in ends.items() if commit_id},
        }
