"""The first commit of a repository: all files of a service in one push, once.

Vendor's page: https://learn.microsoft.com/rest/api/azure/devops/git/pushes/create
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.azure_devops.connection import NO_COMMIT
from shared.clients.azure_devops.contents import DEFAULT_BRANCH, Contents, bears, repository_path
from shared.clients.idempotency import find_or_create, marker


class FirstCommit(TypedDict):
    """commit: the first one where it bears our key, else the branch's newest. url: of its page."""

    commit: str
    url: str
    ours: bool


class FirstCommits(Contents):
    """The writing half of `client.repositories`."""

    async def push_first_commit(
        self,
        project: str,
        repository_id: str,
        files: Mapping[str, bytes],
        message: str,
        key: str,
        author_name: str,
        author_email: str,
    ) -> FirstCommit:
        """Begin the branch "main" with these files, once per key, however often we are called.

        files: contents by path from the root, such as "src/main.py". The commit's message ends with
        `marker(key)`. A branch that exists is never pushed to: what is there is told, and whether it began
        with our commit.
        """
        operation = "push_first_commit"
        body = {
            "refUpdates": [{"name": f"refs/heads/{DEFAULT_BRANCH}", "oldObjectId": NO_COMMIT}],
            "commits": [
                {
                    "comment": f"{message}\n\n{marker(key)}",
                    "author": {"name": author_name, "email": author_email},
                    "changes": [_addition(path, content) for path, content in sorted(files.items())],
                }
            ],
        }

        async def look() -> FirstCommit | None:
            head = await self._head(operation, project, repository_id, DEFAULT_BRANCH)
            if head is None:
                return None
            first = await self._first(operation, project, repository_id) or head
            for candidate in dict.fromkeys((first, head)):
                commit = await self._commit(operation, project, repository_id, candidate)
                ours = bears(commit, key)
                if ours or candidate == head:
                    return {"commit": commit["commit"], "url": commit["url"], "ours": ours}
            return None

        async def write() -> FirstCommit:
            path = repository_path(project, repository_id, "pushes")
            made = await self._call(operation, "POST", path, json=body, parse=_pushed)
            commit = await self._commit(operation, project, repository_id, made)
            return {"commit": commit["commit"], "url": commit["url"], "ours": True}

        found, _ = await find_or_create(look, write)
        return found


def _addition(path: str, content: bytes) -> dict[str, Any]:
    return {"changeType": "add", "item": {"path": f"/{path.lstrip('/')}"}, "newContent": _content(content)}


def _content(content: bytes) -> dict[str, str]:
    """Text as text; what is none, or begins with a mark that would not survive as text, in Base64."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or text.startswith("\ufeff"):
        return {"content": base64.b64encode(content).decode(), "contentType": "base64encoded"}
    return {"content": text, "contentType": "rawtext"}


def _pushed(body: Mapping[str, Any]) -> str:
    return str(body["commits"][0]["commitId"])
