"""Repositories and commits: made, listed, deleted into the recycle bin and from there for good."""

import secrets
import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects, by_id_or_name, number
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection, Document


class Repositories:
    """collection: of a kind. url: of the service, without the organisation."""

    def __init__(
        self, projects: Projects, collection: Callable[[str], Collection], url: Callable[[], str]
    ) -> None:
        self._projects, self._url = projects, url
        self._repositories, self._deleted = collection("repository"), collection("deleted_repository")
        self._commits = collection("commit")

    def operations(self) -> Sequence[Operation]:
        repositories = f"{BASE}/git/repositories"
        one = repositories + "/{repository}"
        bin_ = f"{BASE}/git/recycleBin/repositories" + "/{repository}"
        return [
            Operation("list_repositories", "GET", repositories, self._list),
            Operation("create_repository", "POST", repositories, self._create),
            Operation("get_repository", "GET", one, self._get),
            Operation("delete_repository", "DELETE", one, self._delete),
            Operation("purge_repository", "DELETE", bin_, self._purge),
            Operation("list_commits", "GET", f"{one}/commits", self._list_commits),
            Operation("get_commit", "GET", f"{one}/commits" + "/{commit}", self._get_commit),
        ]

    def ensure(self, project: Document, name: str) -> Document:
        """The project's repository of this name, made where it is missing."""
        return self.find(project, name) or self._put(project, name)

    def find(self, project: Document, wanted: str) -> Document | None:
        """By id or name."""
        inside = [one for one in self._repositories.all() if one["project_id"] == project["id"]]
        return by_id_or_name(inside, wanted)

    def commit(self, repository_id: str, commit_id: str) -> Document | None:
        return self._commits.get(f"{repository_id}/{commit_id}")

    def commits(self, repository_id: str) -> list[Document]:
        """Oldest first."""
        return [commit for commit in self._commits.all() if commit["repository_id"] == repository_id]

    def add_commit(
        self, repository_id: str, commit_id: str, comment: str, author: str, at_ms: int
    ) -> Document:
        """Put a commit on the repository's default branch; one that is there stays as it is."""
        if known := self.commit(repository_id, commit_id):
            return known
        return self._commits.put(
            f"{repository_id}/{commit_id}",
            {
                "commit_id": commit_id,
                "repository_id": repository_id,
                "comment": comment,
                "author": author,
                "at_ms": at_ms,
            },
        )

    async def _list(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        found = [one for one in self._repositories.all() if one["project_id"] == project["id"]]
        return listed([self._shown(request, project, one) for one in found])

    async def _create(self, request: web.Request) -> web.Response:
        project, body = self._projects.of(request), await object_body(request, unreadable)
        name = body.get("name")
        if not isinstance(name, str) or not name.strip() or any(sign in name for sign in '/\\:*?"<>|'):
            message = "TF401025: The repository name is not valid."
            raise refuse(HTTPStatus.BAD_REQUEST, message, "GitRepositoryNameException")
        if self.find(project, name):
            message = f"TF400948: A Git repository with the name {name} already exists."
            raise refuse(HTTPStatus.CONFLICT, message, "GitRepositoryNameAlreadyExistsException")
        made = self._put(project, name)
        note(request, repository_id=made["id"], name=name)
        return reply(self._shown(request, project, made), HTTPStatus.CREATED)

    async def _get(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        return reply(self._shown(request, project, self._repository_of(request, project)))

    async def _delete(self, request: web.Request) -> web.Response:
        """Into the recycle bin; only by id."""
        repository = self._repository_of(request, self._projects.of(request))
        if repository["id"] != request.match_info["repository"]:
            raise _no_repository(request.match_info["repository"])
        note(request, repository_id=repository["id"])
        self._deleted.put(repository["id"], {**repository, "deleted_ms": now_ms()})
        self._repositories.delete(repository["id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _purge(self, request: web.Request) -> web.Response:
        self._projects.of(request)
        repository_id = request.match_info["repository"]
        if not self._deleted.delete(repository_id):
            raise _no_repository(repository_id)
        for commit in self.commits(repository_id):
            self._commits.delete(f"{repository_id}/{commit['commit_id']}")
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _list_commits(self, request: web.Request) -> web.Response:
        """Newest first."""
        project = self._projects.of(request)
        repository = self._repository_of(request, project)
        skip = number(request, "searchCriteria.$skip", number(request, "$skip", 0))
        top = number(request, "searchCriteria.$top", number(request, "$top", 100))
        found = self.commits(repository["id"])[::-1]
        page = found[skip : skip + top]
        return listed([self._shown_commit(request, project, repository, commit) for commit in page])

    async def _get_commit(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        repository = self._repository_of(request, project)
        commit_id = request.match_info["commit"]
        if commit := self.commit(repository["id"], commit_id):
            return reply(self._shown_commit(request, project, repository, commit))
        message = f"TF401174: The commit {commit_id} does not exist in this repository."
        raise refuse(HTTPStatus.NOT_FOUND, message, "GitUnresolvableToCommitException")

    def _repository_of(self, request: web.Request, project: Document) -> Document:
        wanted = request.match_info["repository"]
        if repository := self.find(project, wanted):
            return repository
        raise _no_repository(wanted)

    def _put(self, project: Document, name: str) -> Document:
        made = {"id": str(uuid.uuid4()), "name": name, "project_id": project["id"], "created_ms": now_ms()}
        return self._repositories.put(made["id"], made)

    def _shown(self, request: web.Request, project: Document, repository: Document) -> dict[str, Any]:
        organization = request.match_info["organization"]
        web_url = f"{self._url()}/{organization}/{project['name']}/_git/{repository['name']}"
        filled = bool(self.commits(repository["id"]))
        return {
            "id": repository["id"],
            "name": repository["name"],
            "url": f"{self._url()}/{organization}/{project['id']}/_apis/git/repositories/{repository['id']}",
            "project": self._projects.reference(project, organization),
            **({"defaultBranch": "refs/heads/main"} if filled else {}),
            "size": 0,
            "remoteUrl": web_url,
            "sshUrl": f"git@127.0.0.1:v3/{organization}/{project['name']}/{repository['name']}",
            "webUrl": web_url,
            "isDisabled": False,
            "isInMaintenance": False,
        }

    def _shown_commit(
        self, request: web.Request, project: Document, repository: Document, commit: Document
    ) -> dict[str, Any]:
        shown = self._shown(request, project, repository)
        person = {
            "name": commit["author"],
            "email": f"{commit['author'].lower().replace(' ', '.')}@sandbox.example",
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


def new_commit_id() -> str:
    return secrets.token_hex(20)


def _no_repository(wanted: str) -> Exception:
    message = (
        f"TF401019: The Git repository with name or identifier {wanted} does not exist or you do not have "
        "permissions for the operation you are attempting."
    )
    return refuse(HTTPStatus.NOT_FOUND, message, "GitRepositoryNotFoundException")
