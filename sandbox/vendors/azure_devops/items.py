"""Items: the files of a commit, one by one or listed."""

import base64
import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse
from sandbox.vendors.azure_devops.commits import Commits
from sandbox.vendors.azure_devops.contents import Contents, Files
from sandbox.vendors.azure_devops.repositories import ONE, Repositories
from sandbox.vendors.framework import Operation, reply
from sandbox.vendors.store import Document

_DEPTHS = {"none": 0, "onelevel": 1, "full": 1_000}


class Items:
    """Reads alone."""

    def __init__(self, repositories: Repositories, contents: Contents, commits: Commits) -> None:
        self._repositories, self._contents, self._commits = repositories, contents, commits

    def operations(self) -> Sequence[Operation]:
        return [Operation("get_items", "GET", f"{ONE}/items", self._get)]

    async def _get(self, request: web.Request) -> web.Response:
        """path: one item. scopePath: a folder's, as deep as recursionLevel says."""
        project, repository = self._repositories.opened(request)
        query = request.query
        commit_id = self._commits.named(repository, query, "versionDescriptor")
        if commit_id is None:
            message = f"VS403403: Cannot find any branches for the {repository['name']} repository."
            raise refuse(HTTPStatus.NOT_FOUND, message, "GitNoBranchesException")
        files = self._contents.files(repository["id"], commit_id) or {}
        url = self._repositories.shown(request, project, repository)["url"]
        if path := query.get("path"):
            return _one(request, repository, _rooted(path), files, commit_id, url)
        scope = _rooted(query.get("scopePath", "/"))
        found = _below(files, scope, _DEPTHS.get(query.get("recursionLevel", "none").lower(), 0))
        if not found:
            raise _missing(repository, scope, commit_id)
        return listed([_item(one, files, commit_id, url) for one in found])


def _one(
    request: web.Request, repository: Document, path: str, files: Files, commit_id: str, url: str
) -> web.Response:
    """The content itself; as JSON where that was asked for."""
    query = request.query
    if not _below(files, path, 0):
        raise _missing(repository, path, commit_id)
    if path in files and query.get("$format", "").lower() != "json":
        return web.Response(body=files[path], content_type="application/octet-stream")
    item = _item(path, files, commit_id, url)
    if query.get("includeContent", "").lower() == "true" and path in files:
        item |= _content(files[path])
    return reply(item)


def _below(files: Files, scope: str, depth: int) -> list[str]:
    """The scope itself and the files and folders so many levels below it; nothing where it is not there."""
    found = {scope} if scope == "/" or scope in files else set()
    root = scope.rstrip("/") + "/"
    for path in files:
        if path.startswith(root):
            found.add(scope)
            parts = path[len(root) :].split("/")
            found |= {root + "/".join(parts[: level + 1]) for level in range(min(depth, len(parts)))}
    return sorted(found)


def _item(path: str, files: Files, commit_id: str, url: str) -> dict[str, Any]:
    folder = path not in files
    content = b"" if folder else files[path]
    return {
        "objectId": hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest(),
        "gitObjectType": "tree" if folder else "blob",
        "commitId": commit_id,
        "path": path,
        **({"isFolder": True} if folder else {}),
        "url": f"{url}/items{path}?versionType=Commit&version={commit_id}",
    }


def _content(content: bytes) -> dict[str, Any]:
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        encoded = base64.b64encode(content).decode()
        return {"content": encoded, "contentMetadata": {"isBinary": True}}


def _rooted(path: str) -> str:
    return "/" + path.strip("/")


def _missing(repository: Document, path: str, commit_id: str) -> Exception:
    message = (
        f"TF401174: The item '{path}' could not be found in the repository '{repository['name']}' at the version "
        f"specified by '<Commit: {commit_id} >' (resolved to commit '{commit_id}')"
    )
    return refuse(HTTPStatus.NOT_FOUND, message, "GitItemNotFoundException")
