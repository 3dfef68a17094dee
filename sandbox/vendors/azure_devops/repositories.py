"""Repositories: made, listed, renamed, disabled, deleted into the recycle bin."""

import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import listed, refuse, unreadable
from sandbox.vendors.azure_devops.contents import Contents
from sandbox.vendors.azure_devops.projects import BASE, Projects, by_id_or_name
from sandbox.vendors.clock import now_ms
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection, Document

REPOSITORIES = f"{BASE}/git/repositories"
ONE = REPOSITORIES + "/{repository}"
_CHANGEABLE = {"name", "isDisabled", "defaultBranch"}


class Repositories:
    """collection: of a kind. url: of the service, without the organisation."""

    def __init__(
        self,
        projects: Projects,
        contents: Contents,
        collection: Callable[[str], Collection],
        url: Callable[[], str],
    ) -> None:
        self._projects, self._contents, self._url = projects, contents, url
        self._kept, self.deleted = collection("repository"), collection("deleted_repository")

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_repositories", "GET", REPOSITORIES, self._list),
            Operation("create_repository", "POST", REPOSITORIES, self._create),
            Operation("get_repository", "GET", ONE, self._get),
            Operation("update_repository", "PATCH", ONE, self._update),
            Operation("delete_repository", "DELETE", ONE, self._delete),
        ]

    def ensure(self, project: Document, name: str) -> Document:
        """The project's repository of this name, made where it is missing."""
        return self.find(project, name) or self._add(project, name)

    def find(self, project: Document, wanted: str) -> Document | None:
        """By id or name."""
        inside = [one for one in self._kept.all() if one["project_id"] == project["id"]]
        return by_id_or_name(inside, wanted)

    def get(self, repository_id: str) -> Document | None:
        """By id, also one in the recycle bin."""
        return self._kept.get(repository_id) or self.deleted.get(repository_id)

    def has(self, project: Document, repository_id: str) -> bool:
        """Whether the project has one of this id."""
        found = self._kept.get(repository_id.lower())
        return found is not None and found["project_id"] == project["id"]

    def put(self, repository: Document) -> Document:
        return self._kept.put(repository["id"], repository)

    def of(self, request: web.Request) -> tuple[Document, Document]:
        """The project and the repository a request's address names. Raises: Refusal, 404."""
        project, wanted = self._projects.of(request), request.match_info["repository"]
        if repository := self.find(project, wanted):
            return project, repository
        raise no_repository(wanted)

    def opened(self, request: web.Request) -> tuple[Document, Document]:
        """`of`, for what is in the repository: a disabled one denies that it is there. Raises: Refusal, 404."""
        project, repository = self.of(request)
        if repository.get("disabled"):
            raise no_repository(request.match_info["repository"])
        return project, repository

    def filled(self, repository: Document, branch: str) -> None:
        """A branch came to be: the first one becomes the default."""
        if not repository.get("default_branch"):
            self.put({**repository, "default_branch": branch})

    def emptied(self, repository: Document, branch: str) -> None:
        """A branch is gone."""
        if repository.get("default_branch") == branch:
            self.put({**repository, "default_branch": None})

    def shown(self, request: web.Request, project: Document, repository: Document) -> dict[str, Any]:
        """GitRepository."""
        organization, branch = request.match_info["organization"], repository.get("default_branch")
        web_url = f"{self._url()}/{organization}/{project['name']}/_git/{repository['name']}"
        return {
            "id": repository["id"],
            "name": repository["name"],
            "url": f"{self._url()}/{organization}/{project['id']}/_apis/git/repositories/{repository['id']}",
            "project": self._projects.reference(project, organization),
            **({"defaultBranch": branch} if branch else {}),
            "size": 0,
            "remoteUrl": web_url,
            "sshUrl": f"git@127.0.0.1:v3/{organization}/{project['name']}/{repository['name']}",
            "webUrl": web_url,
            "isDisabled": bool(repository.get("disabled")),
            "isInMaintenance": False,
        }

    def free_name(self, project: Document, name: object) -> str:
        """Raises: Refusal, where it cannot be a repository's name (400) or is one's already (409)."""
        if not isinstance(name, str) or not name.strip() or any(sign in name for sign in '/\\:*?"<>|'):
            message = "TF401025: The repository name is not valid."
            raise refuse(HTTPStatus.BAD_REQUEST, message, "GitRepositoryNameException")
        if self.find(project, name):
            message = f"TF400948: A Git repository with the name {name} already exists."
            raise refuse(HTTPStatus.CONFLICT, message, "GitRepositoryNameAlreadyExistsException")
        return name

    async def _list(self, request: web.Request) -> web.Response:
        project = self._projects.of(request)
        found = [one for one in self._kept.all() if one["project_id"] == project["id"]]
        return listed([self.shown(request, project, one) for one in found])

    async def _create(self, request: web.Request) -> web.Response:
        project, body = self._projects.of(request), await object_body(request, unreadable)
        made = self._add(project, self.free_name(project, body.get("name")))
        note(request, repository_id=made["id"], name=made["name"])
        return reply(self.shown(request, project, made), HTTPStatus.CREATED)

    async def _get(self, request: web.Request) -> web.Response:
        project, repository = self.of(request)
        return reply(self.shown(request, project, repository))

    async def _update(self, request: web.Request) -> web.Response:
        """{"name"?, "isDisabled"?, "defaultBranch"?}"""
        project, repository = self.of(request)
        body = await object_body(request, unreadable)
        if not body or body.keys() - _CHANGEABLE or not isinstance(body.get("isDisabled", False), bool):
            raise unreadable("name, isDisabled or defaultBranch of the repository are to be changed")
        changed = {**repository, "disabled": body.get("isDisabled", bool(repository.get("disabled")))}
        if "name" in body and body["name"] != repository["name"]:
            same = str(body["name"]).casefold() == repository["name"].casefold()
            changed["name"] = body["name"] if same else self.free_name(project, body["name"])
        if branch := body.get("defaultBranch"):
            if self._contents.head(repository["id"], branch) is None:
                raise unreadable(f"the repository has no branch {branch}")
            changed["default_branch"] = branch
        note(request, repository_id=repository["id"], name=changed["name"])
        return reply(self.shown(request, project, self.put(changed)))

    async def _delete(self, request: web.Request) -> web.Response:
        """Into the recycle bin; only by id."""
        _, repository = self.of(request)
        if repository["id"] != request.match_info["repository"].lower():
            raise no_repository(request.match_info["repository"])
        note(request, repository_id=repository["id"])
        self.deleted.put(repository["id"], {**repository, "deleted_ms": now_ms()})
        self._kept.delete(repository["id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _add(self, project: Document, name: str) -> Document:
        return self.put(
            {
                "id": str(uuid.uuid4()),
                "name": name,
                "project_id": project["id"],
                "created_ms": now_ms(),
                "default_branch": None,
                "disabled": False,
            }
        )


def no_repository(wanted: str) -> Exception:
    message = (
        f"TF401019: The Git repository with name or identifier {wanted} does not exist or you do not have "
        "permissions for the operation you are attempting."
    )
    return refuse(HTTPStatus.NOT_FOUND, message, "GitRepositoryNotFoundException")
