"""Pull requests that were merged: made by whoever tells a story, listed, with their commits."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.github.answers import missing, paged
from sandbox.vendors.github.deployments import Tell
from sandbox.vendors.github.repositories import ONE, Repositories
from sandbox.vendors.github.shapes import BRANCH, commit_shown, pull_request_shown
from sandbox.vendors.store import Collection, Document

_MOST_COMMITS = 250
_HOUR_S = 3600.0


class PullRequests:
    def __init__(
        self, repositories: Repositories, kept: Collection, counters: Collection, tell: Tell
    ) -> None:
        self._repositories, self._kept, self._counters, self._tell = repositories, kept, counters, tell

    def operations(self) -> Sequence[Operation]:
        one = ONE + "/pulls/{number}"
        return [
            Operation("list_pull_requests", "GET", ONE + "/pulls", self._list),
            Operation("get_pull_request", "GET", one, self._get),
            Operation("list_pull_request_commits", "GET", one + "/commits", self._commits),
        ]

    def controls(self) -> Sequence[Operation]:
        return [Operation("merge_pull_request", "POST", "/pull_requests", self._merge)]

    async def _merge(self, request: web.Request) -> web.Response:
        """{"repository", "title"?, "body"?, "commits"? (how many), "told"? (false: no webhook)} -> what was merged."""
        body = await object_body(request, wrong)
        repository = self._repositories.ensure(body.get("repository"))
        count, before = max(1, int(body.get("commits", 1))), self._repositories.head(repository)
        title = str(body.get("title", "Change"))
        commits = [self._repositories.commit(repository, title, _HOUR_S) for _ in range(count)]
        made = {
            "number": self._counters.next_number("pull_request", 1),
            "repository": repository["full_name"].lower(),
            "title": title,
            "body": str(body.get("body", "")),
            "base": BRANCH,
            "before": before,
            "shas": [one["sha"] for one in commits],
            "merged": self._repositories.commit(repository, f"Merge: {title}")["sha"],
            "merged_ms": now_ms(),
        }
        self._kept.put(f"{made['repository']}#{made['number']}", made)
        whole = self._whole(repository, made)
        if body.get("told", True):
            self._tell(
                "pull_request", "closed", {"number": made["number"], "pull_request": whole}, repository
            )
        return reply(whole)

    async def _list(self, request: web.Request) -> web.Response:
        """The latest change first. state: all here are closed."""
        repository = self._repositories.of(request)
        ours = [one for one in self._kept.all() if one["repository"] == repository["full_name"].lower()]
        found = [] if request.query.get("state", "open") == "open" else ours
        found.sort(key=lambda one: one["merged_ms"], reverse=request.query.get("direction", "desc") == "desc")
        url = self._repositories.url()
        return paged(request, url, [pull_request_shown(url, repository, one) for one in found])

    async def _get(self, request: web.Request) -> web.Response:
        repository, found = self._of(request)
        return reply(self._whole(repository, found))

    async def _commits(self, request: web.Request) -> web.Response:
        """Oldest first, 250 at most."""
        repository, found = self._of(request)
        url = self._repositories.url()
        history = self._repositories.history(found["shas"][-1])[: len(found["shas"])]
        shown = [commit_shown(url, repository, one) for one in reversed(history)]
        return paged(request, url, shown[:_MOST_COMMITS])

    def _of(self, request: web.Request) -> tuple[Document, Document]:
        repository = self._repositories.of(request)
        found = self._kept.get(f"{repository['full_name'].lower()}#{request.match_info['number']}")
        if found is None:
            raise missing()
        return repository, found

    def _whole(self, repository: Document, pull_request: Document) -> dict[str, Any]:
        shown = pull_request_shown(self._repositories.url(), repository, pull_request)
        return {**shown, "merged": True, "merged_by": None, "commits": len(pull_request["shas"])}
