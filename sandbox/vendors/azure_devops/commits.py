"""Commits: the history of a branch, and one commit."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse
from sandbox.vendors.azure_devops.contents import BRANCHES, Contents
from sandbox.vendors.azure_devops.projects import number
from sandbox.vendors.azure_devops.repositories import ONE, Repositories
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.store import Document

_LISTED_COMMENT = 1000


class Commits:
    """Reads alone; commits are made by pushes."""

    def __init__(self, repositories: Repositories, contents: Contents) -> None:
        self._repositories, self._contents = repositories, contents

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_commits", "GET", f"{ONE}/commits", self._list),
            Operation("get_commit", "GET", f"{ONE}/commits" + "/{commit}", self._get),
        ]

    def named(self, repository: Document, query: Mapping[str, str], prefix: str) -> str | None:
        """The commit a version descriptor names; without one the default branch's; None in an empty repository.

        prefix: of the query's parameters, such as "versionDescriptor". Raises: Refusal, 404.
        """
        version, kind = query.get(f"{prefix}.version", ""), query.get(f"{prefix}.versionType", "branch")
        if not version:
            default = repository.get("default_branch")
            return self._contents.head(repository["id"], default) if default else None
        if kind.lower() == "commit":
            found = version.lower() if self._contents.commit(repository["id"], version.lower()) else None
        else:
            found = self._contents.head(repository["id"], BRANCHES + version)
        if found is None:
            message = (
                f"TF401175:The version descriptor <{kind.capitalize()}: {version} > could not be resolved to a "
                f"version in the repository {repository['name']}"
            )
            raise refuse(HTTPStatus.NOT_FOUND, message, "GitUnresolvableToCommitException")
        return found

    def shown(
        self, request: web.Request, project: Document, repository: Document, commit: Document
    ) -> dict[str, Any]:
        """GitCommitRef."""
        shown = self._repositories.shown(request, project, repository)
        person = {
            "name": commit["author"],
            "email": commit.get("email", ""),
            "date": iso(commit["at_ms"]),
        }
        return {
            "commitId": commit["commit_id"],
            "author": person,
            "committer": person,
            "comment": commit["comment"],
            "changeCounts": {"Add": 0, "Edit": 1, "Delete": 0},
            "url": f"{shown['url']}/commits/{commit['commit_id']}",
            "remoteUrl": f"{shown['webUrl']}/commit/{commit['commit_id']}",
        }

    async def _list(self, request: web.Request) -> web.Response:
        """Newest first, unless the oldest are wanted first."""
        project, repository = self._repositories.opened(request)
        query = request.query
        oldest_first = query.get("searchCriteria.showOldestCommitsFirst", "").lower() == "true"
        head = self.named(repository, {} if oldest_first else query, "searchCriteria.itemVersion")
        found = self._contents.history(repository["id"], head)[:: -1 if oldest_first else 1]
        skip = number(request, "searchCriteria.$skip", number(request, "$skip", 0))
        top = number(request, "searchCriteria.$top", number(request, "$top", 100))
        page = [self.shown(request, project, repository, commit) for commit in found[skip : skip + top]]
        return listed([_shortened(commit) for commit in page])

    async def _get(self, request: web.Request) -> web.Response:
        project, repository = self._repositories.opened(request)
        commit_id = request.match_info["commit"].lower()
        if commit := self._contents.commit(repository["id"], commit_id):
            shown = self.shown(request, project, repository, commit)
            return reply({**shown, "parents": commit.get("parents", [])})
        message = f"TF401174: The commit {commit_id} does not exist in this repository."
        raise refuse(HTTPStatus.NOT_FOUND, message, "GitUnresolvableToCommitException")


def _shortened(commit: dict[str, Any]) -> dict[str, Any]:
    """As a list tells it: a long comment is cut."""
    comment = commit["comment"]
    if len(comment) <= _LISTED_COMMENT:
        return commit
    return {**commit, "comment": comment[:_LISTED_COMMENT], "commentTruncated": True}
