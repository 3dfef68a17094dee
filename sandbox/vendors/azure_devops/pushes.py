"""Pushes: commits with their files onto a branch, if it still is where the caller believes it to be."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, refuse, unreadable
from sandbox.vendors.azure_devops.changes import apply_changes
from sandbox.vendors.azure_devops.commits import Commits
from sandbox.vendors.azure_devops.contents import NO_COMMIT, Author, Contents
from sandbox.vendors.azure_devops.repositories import ONE, Repositories
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection, Document


class Pushes:
    """protected: as of `Branches`. counters: where the numbers of pushes come from."""

    def __init__(
        self,
        repositories: Repositories,
        contents: Contents,
        commits: Commits,
        counters: Collection,
        protected: Callable[[str, str], bool],
    ) -> None:
        self._repositories, self._contents, self._commits = repositories, contents, commits
        self._counters, self._protected = counters, protected

    def operations(self) -> Sequence[Operation]:
        return [Operation("create_push", "POST", f"{ONE}/pushes", self._create)]

    async def _create(self, request: web.Request) -> web.Response:
        """{"refUpdates": [{"name", "oldObjectId"}], "commits": [{"comment", "author", "changes"}]} -> GitPush."""
        project, repository = self._repositories.opened(request)
        body = await object_body(request, unreadable)
        name, old = _update(body)
        self._check(repository, name, old)
        commits = body.get("commits")
        if not isinstance(commits, list) or not commits:
            raise unreadable("a push needs commits")
        made = self._record(repository, None if old == NO_COMMIT else old, commits)
        self._contents.point(repository["id"], name, made[-1]["commit_id"])
        self._repositories.filled(repository, name)
        shown = self._repositories.shown(request, project, repository)
        push_id = self._counters.next_number("push", 1)
        note(request, repository_id=repository["id"], ref=name, commit=made[-1]["commit_id"])
        update = {"repositoryId": repository["id"], "name": name, "oldObjectId": old}
        pushed = {
            "commits": [
                _without_page(self._commits.shown(request, project, repository, one)) for one in made
            ],
            "refUpdates": [{**update, "newObjectId": made[-1]["commit_id"]}],
            "repository": shown,
            "pushedBy": PERSON,
            "pushId": push_id,
            "date": iso(made[-1]["at_ms"]),
            "url": f"{shown['url']}/pushes/{push_id}",
        }
        return reply(pushed, HTTPStatus.CREATED)

    def _check(self, repository: Document, name: str, old: str) -> None:
        """Raises: Refusal, where the branch is elsewhere (409) or kept by policies (403)."""
        head = self._contents.head(repository["id"], name)
        if (head or NO_COMMIT) != old:
            message = (
                f"TF401028: The reference '{name}' has already been updated by another client, so you cannot "
                "update it. Please try again."
            )
            raise refuse(HTTPStatus.CONFLICT, message, "GitReferenceStaleException")
        if head and self._protected(repository["id"], name):
            message = (
                "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this "
                "branch."
            )
            raise refuse(HTTPStatus.FORBIDDEN, message, "GitPushRejectedException")

    def _record(self, repository: Document, parent: str | None, commits: Sequence[object]) -> list[Document]:
        """All commits, or none. Raises: Refusal, 400."""
        files = (self._contents.files(repository["id"], parent) if parent else None) or {}
        steps = []
        for commit in commits:
            if not isinstance(commit, dict) or not isinstance(commit.get("comment"), str):
                raise unreadable("a commit needs a comment")
            files = apply_changes(files, commit.get("changes"))
            steps.append((files, commit["comment"], _author(commit.get("author"))))
        made: list[Document] = []
        for after, comment, author in steps:
            made.append(self._contents.record(repository["id"], parent, after, comment, author, now_ms()))
            parent = made[-1]["commit_id"]
        return made


def _update(body: Mapping[str, Any]) -> tuple[str, str]:
    """The branch and where it is believed to be. Raises: Refusal, 400."""
    updates = body.get("refUpdates")
    if not isinstance(updates, list) or len(updates) != 1 or not isinstance(updates[0], dict):
        raise unreadable("a push needs one refUpdate")
    name, old = updates[0].get("name"), updates[0].get("oldObjectId")
    if not isinstance(name, str) or not name.startswith("refs/heads/") or not isinstance(old, str):
        raise unreadable("a refUpdate needs the name of a branch and an oldObjectId")
    return name, old.lower()


def _author(given: object) -> Author:
    known = given if isinstance(given, dict) else {}
    name, email = known.get("name"), known.get("email")
    return Author(str(name or PERSON["displayName"]), str(email or PERSON["uniqueName"]))


def _without_page(commit: dict[str, Any]) -> dict[str, Any]:
    """As a push tells it."""
    return {name: value for name, value in commit.items() if name not in {"remoteUrl", "changeCounts"}}
