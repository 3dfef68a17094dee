"""What lies between: the files that differ between two commits, and the commits between two runs."""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, refuse
from sandbox.vendors.azure_devops.commits import Commits
from sandbox.vendors.azure_devops.contents import Contents, Files
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.repositories import ONE, Repositories
from sandbox.vendors.azure_devops.runs import Runs
from sandbox.vendors.clock import iso
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.store import Document

_DEFAULT_CHANGES, _DEFAULT_COMMITS = 100, 50


class Comparing:
    """Reads alone."""

    def __init__(
        self,
        projects: Projects,
        repositories: Repositories,
        contents: Contents,
        commits: Commits,
        runs: Runs,
    ) -> None:
        self._projects, self._repositories, self._contents = projects, repositories, contents
        self._commits, self._runs = commits, runs

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("get_diffs", "GET", f"{ONE}/diffs/commits", self._diffs),
            Operation("get_changes_between_builds", "GET", f"{BASE}/build/changes", self._changes),
        ]

    async def _diffs(self, request: web.Request) -> web.Response:
        """From the base straight to the target, or from their nearest common commit (the vendor's default)."""
        project, repository = self._repositories.opened(request)
        query = request.query
        base, target = (self._named(repository, query, name) for name in ("base", "target"))
        common = self._common(repository["id"], base, target)
        start = base if query.get("diffCommonCommit", "true").lower() == "false" else common or base
        before, after = (self._contents.files(repository["id"], one) or {} for one in (start, target))
        url = self._repositories.shown(request, project, repository)["url"]
        found = _differences(before, after, target, url)
        skip, top = number(request, "$skip", 0), number(request, "$top", _DEFAULT_CHANGES)
        kinds = [change["changeType"] for change in found if not change["item"].get("isFolder")]
        return reply(
            {
                "allChangesIncluded": len(found) <= skip + top,
                "changeCounts": {kind.title(): kinds.count(kind) for kind in sorted(set(kinds))},
                "changes": found[skip : skip + top],
                "commonCommit": common,
                "baseCommit": base,
                "targetCommit": target,
                "aheadCount": len(self._between(repository["id"], common, target)),
                "behindCount": len(self._between(repository["id"], common, base)),
            }
        )

    async def _changes(self, request: web.Request) -> web.Response:
        """What the later run's commit has and the earlier one's has not, newest first."""
        project = self._projects.of(request)
        earlier, later = (self._run(request, project, name) for name in ("fromBuildId", "toBuildId"))
        repository_id = later["repository_id"]
        known = {one["commit_id"] for one in self._contents.history(repository_id, earlier["version"])}
        history = self._contents.history(repository_id, later["version"])
        fresh = [commit for commit in history if commit["commit_id"] not in known]
        top = number(request, "$top", _DEFAULT_COMMITS)
        return listed([_change(commit) for commit in fresh[:top]])

    def _named(self, repository: Document, query: Any, name: str) -> str:
        version, kind = query.get(f"{name}Version", ""), query.get(f"{name}VersionType", "branch")
        found = self._commits.named(
            repository, {"v.version": version, "v.versionType": kind} if version else {}, "v"
        )
        if found is None:
            message = f"VS403403: Cannot find any branches for the {repository['name']} repository."
            raise refuse(HTTPStatus.NOT_FOUND, message, "GitNoBranchesException")
        return found

    def _run(self, request: web.Request, project: Document, name: str) -> Document:
        run = self._runs.get(request.query.get(name, ""))
        if run is None or run["project_id"] != project["id"]:
            message = f"The requested build {request.query.get(name)} could not be found."
            raise refuse(HTTPStatus.NOT_FOUND, message, "BuildNotFoundException")
        return run

    def _common(self, repository_id: str, base: str, target: str) -> str | None:
        mine = {commit["commit_id"] for commit in self._contents.history(repository_id, base)}
        theirs = (commit["commit_id"] for commit in self._contents.history(repository_id, target))
        return next((one for one in theirs if one in mine), None)

    def _between(self, repository_id: str, common: str | None, head: str) -> list[Document]:
        history = self._contents.history(repository_id, head)
        ids = [commit["commit_id"] for commit in history]
        return history[: ids.index(common)] if common in ids else history


def _differences(before: Files, after: Files, commit_id: str, url: str) -> list[dict[str, Any]]:
    """GitChange of every file that differs, and, as the vendor does, of the folders above it."""
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    folders = {
        path[:index] for path in paths for index, letter in enumerate(path) if letter == "/" and index > 0
    }
    found = [_changed(path, "edit", b"", commit_id, url) for path in sorted(folders)]
    for path in paths:
        kind = "add" if path not in before else "delete" if path not in after else "edit"
        found.append(_changed(path, kind, after.get(path, before.get(path, b"")), commit_id, url))
    return [
        change | {"item": {**change["item"], "isFolder": True, "gitObjectType": "tree"}}
        if change["item"]["path"] in folders
        else change
        for change in sorted(found, key=lambda change: str(change["item"]["path"]))
    ]


def _changed(path: str, kind: str, content: bytes, commit_id: str, url: str) -> dict[str, Any]:
    object_id = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return {
        "item": {
            "objectId": object_id,
            "gitObjectType": "blob",
            "commitId": commit_id,
            "path": path,
            "url": f"{url}/items{path}?versionType=Commit&version={commit_id}",
        },
        "changeType": kind,
    }


def _change(commit: Document) -> dict[str, Any]:
    """Change of the build API."""
    return {
        "id": commit["commit_id"],
        "message": commit["comment"],
        "type": "TfsGit",
        "author": PERSON,
        "timestamp": iso(commit["at_ms"]),
        "messageTruncated": False,
    }
