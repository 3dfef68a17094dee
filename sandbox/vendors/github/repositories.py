"""Repositories with one line of commits each: made by whoever tells a story, compared by whoever asks."""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.github.answers import missing, paged
from sandbox.vendors.github.shapes import commit_shown, repository_shown
from sandbox.vendors.store import Collection, Document

ONE = "/repos/{owner}/{repository}"


class Repositories:
    """commits: by their names. url: of the vendor."""

    def __init__(
        self, kept: Collection, commits: Collection, counters: Collection, url: Callable[[], str]
    ) -> None:
        self._kept, self._commits, self._counters, self.url = kept, commits, counters, url

    def operations(self) -> Sequence[Operation]:
        return [Operation("compare_commits", "GET", ONE + "/compare/{basehead}", self._compare)]

    def controls(self) -> Sequence[Operation]:
        return [Operation("push", "POST", "/pushes", self._push)]

    def ensure(self, full_name: object) -> Document:
        """The repository of this name, made with a first commit where there is none."""
        owner, _, name = str(full_name or "").partition("/")
        if not owner or not name:
            raise wrong("repository is named owner/name")
        found = self._kept.get(f"{owner}/{name}".lower())
        if found is not None:
            return found
        made: Document = {
            "id": self._counters.next_number("repository", 800_001),
            "full_name": f"{owner}/{name}",
            "head": "",
        }
        self._kept.put(made["full_name"].lower(), made)
        self.commit(made, "Begin")
        return self.ensure(full_name)

    def of(self, request: web.Request) -> Document:
        """The repository a request names, in any case. Raises: Refusal, 404."""
        named = f"{request.match_info['owner']}/{request.match_info['repository']}"
        note(request, repository=named)
        found = self._kept.get(named.lower())
        if found is None:
            raise missing()
        return found

    def commit(self, repository: Document, message: str, ago_s: float = 0.0) -> Document:
        """A new commit on top of the repository's branch."""
        key = repository["full_name"].lower()
        here = self._kept.get(key) or repository
        made = {
            "sha": secrets.token_hex(20),
            "repository": key,
            "parent": here["head"],
            "message": message,
            "at_ms": now_ms() - round(ago_s * 1000),
        }
        self._commits.put(made["sha"], made)
        self._kept.put(key, {**here, "head": made["sha"]})
        return made

    def head(self, repository: Document) -> str:
        return str((self._kept.get(repository["full_name"].lower()) or repository)["head"])

    def history(self, sha: str) -> list[Document]:
        """The commit and those below it, newest first."""
        found = []
        while one := self._commits.get(sha):
            found.append(one)
            sha = one["parent"]
        return found

    def shown(self, repository: Document) -> dict[str, Any]:
        return repository_shown(self.url(), repository)

    async def _push(self, request: web.Request) -> web.Response:
        """{"repository", "message"?, "commits"? (how many), "ago_minutes"?} -> {"shas": oldest first}."""
        body = await object_body(request, wrong)
        repository, count = self.ensure(body.get("repository")), max(1, int(body.get("commits", 1)))
        ago_s = float(body.get("ago_minutes", 60)) * MINUTE_MS / 1000
        made = [self.commit(repository, str(body.get("message", "Change")), ago_s) for _ in range(count)]
        return reply({"shas": [one["sha"] for one in made]})

    async def _compare(self, request: web.Request) -> web.Response:
        """basehead: "<commit>...<commit>", or the branch's name. Oldest first."""
        repository = self.of(request)
        base, head = (self._named(repository, one) for one in self._ends(request))
        ahead = self._between(base, head)
        behind = self._between(head, base)
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"

        def whole(page: list[Document]) -> object:
            return {
                "url": f"{self.url()}{request.rel_url.path}",
                "status": status,
                "ahead_by": len(ahead),
                "behind_by": len(behind),
                "total_commits": len(ahead),
                "commits": [commit_shown(self.url(), repository, one) for one in page],
                "files": [],
            }

        return paged(request, self.url(), ahead, whole)

    def _ends(self, request: web.Request) -> tuple[str, str]:
        base, separator, head = request.match_info["basehead"].partition("...")
        if not separator:
            raise missing()
        return base, head

    def _named(self, repository: Document, name: str) -> str:
        sha = self.head(repository) if name == "main" else name.lower()
        found = self._commits.get(sha)
        if found is None or found["repository"] != repository["full_name"].lower():
            raise missing()
        return sha

    def _between(self, base: str, head: str) -> list[Document]:
        """The commits that `head` has and `base` has not, oldest first."""
        known = {one["sha"] for one in self.history(base)}
        return [one for one in reversed(self.history(head)) if one["sha"] not in known]
