"""Branch policies: configurations made, changed and deleted; what they keep closed, `protects` tells."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, listed, refuse, unreadable
from sandbox.vendors.azure_devops.policy_rules import TYPES, check_settings, covers
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection, Document


class Policies:
    """is_repository, is_pipeline: whether a project (its document) has one of this id."""

    def __init__(
        self,
        projects: Projects,
        kept: Collection,
        counters: Collection,
        is_repository: Callable[[Document, str], bool],
        is_pipeline: Callable[[Document, object], bool],
        url: Callable[[], str],
    ) -> None:
        self._projects, self._kept, self._counters = projects, kept, counters
        self._is_repository, self._is_pipeline, self._url = is_repository, is_pipeline, url

    def operations(self) -> Sequence[Operation]:
        types, configurations = f"{BASE}/policy/types", f"{BASE}/policy/configurations"
        one = configurations + "/{configuration}"
        return [
            Operation("list_policy_types", "GET", types, self._list_types),
            Operation("get_policy_type", "GET", types + "/{type}", self._get_type),
            Operation("list_policies", "GET", configurations, self._list),
            Operation("create_policy", "POST", configurations, self._create),
            Operation("get_policy", "GET", one, self._get),
            Operation("update_policy", "PUT", one, self._update),
            Operation("delete_policy", "DELETE", one, self._delete),
            Operation("list_repository_policies", "GET", f"{BASE}/git/policy/configurations", self._list_for),
        ]

    def protects(self, repository_id: str, ref: str) -> bool:
        """Whether the branch can only be changed by a pull request."""
        return any(
            one["enabled"] and one["blocking"] and covers(one["settings"], repository_id, ref)
            for one in self._kept.all()
        )

    async def _list_types(self, request: web.Request) -> web.Response:
        self._projects.of(request)
        return listed([self._shown_type(request, type_id) for type_id in TYPES])

    async def _get_type(self, request: web.Request) -> web.Response:
        self._projects.of(request)
        return reply(self._shown_type(request, _type(request.match_info["type"])))

    async def _list(self, request: web.Request) -> web.Response:
        wanted = request.query.get("policyType", "").lower()
        found = [one for one in self._of(request) if wanted in {"", one["type_id"]}]
        return listed([self._shown(request, one) for one in found[: number(request, "$top", 1000)]])

    async def _list_for(self, request: web.Request) -> web.Response:
        """Those that a repository (and a branch) has, with those of the whole project."""
        repository_id, ref = request.query.get("repositoryId", "").lower(), request.query.get("refName", "")
        found = [one for one in self._of(request) if _concerns(one, repository_id, ref)]
        return listed([self._shown(request, one) for one in found[: number(request, "$top", 1000)]])

    async def _create(self, request: web.Request) -> web.Response:
        wanted = await self._wanted(request)
        policy_id = self._counters.next_number("policy", 1)
        made = {"id": policy_id, **wanted, "revision": 1, "created_ms": now_ms()}
        note(request, policy_id=policy_id, type=TYPES[made["type_id"]])
        return reply(self._shown(request, self._kept.put(str(policy_id), made)))

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(request, self._one(request)))

    async def _update(self, request: web.Request) -> web.Response:
        found, wanted = self._one(request), await self._wanted(request)
        if wanted["type_id"] != found["type_id"]:
            raise unreadable("the type of a policy cannot be changed")
        changed = {**found, **wanted, "revision": found["revision"] + 1}
        return reply(self._shown(request, self._kept.put(str(found["id"]), changed)))

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._one(request)
        note(request, policy_id=found["id"])
        self._kept.delete(str(found["id"]))
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _wanted(self, request: web.Request) -> dict[str, Any]:
        """What the body asks for. Raises: Refusal."""
        project, body = self._projects.of(request), await object_body(request, unreadable)
        kind = body.get("type")
        type_id = _type(str(kind.get("id", "")) if isinstance(kind, dict) else "")
        for flag in ("isEnabled", "isBlocking"):
            if not isinstance(body.get(flag), bool):
                raise unreadable(f"{flag} must be true or false")
        settings = check_settings(
            type_id,
            body.get("settings"),
            lambda repository_id: self._is_repository(project, repository_id),
            lambda pipeline_id: self._is_pipeline(project, pipeline_id),
        )
        return {
            "project_id": project["id"],
            "type_id": type_id,
            "enabled": body["isEnabled"],
            "blocking": body["isBlocking"],
            "settings": settings,
        }

    def _of(self, request: web.Request) -> list[Document]:
        project = self._projects.of(request)
        return [one for one in self._kept.all() if one["project_id"] == project["id"]]

    def _one(self, request: web.Request) -> Document:
        wanted = request.match_info["configuration"]
        for one in self._of(request):
            if str(one["id"]) == wanted:
                return one
        message = f"TF402320: The policy configuration {wanted} does not exist."
        raise refuse(HTTPStatus.NOT_FOUND, message, "PolicyConfigurationNotFoundException")

    def _shown(self, request: web.Request, policy: Document) -> dict[str, Any]:
        """PolicyConfiguration."""
        return {
            "createdBy": PERSON,
            "createdDate": iso(policy["created_ms"]),
            "isEnabled": policy["enabled"],
            "isBlocking": policy["blocking"],
            "isDeleted": False,
            "settings": policy["settings"],
            "isEnterpriseManaged": False,
            "revision": policy["revision"],
            "id": policy["id"],
            "url": f"{self._api(request)}/configurations/{policy['id']}",
            "type": self._shown_type(request, policy["type_id"]),
        }

    def _shown_type(self, request: web.Request, type_id: str) -> dict[str, Any]:
        """PolicyTypeRef."""
        url = f"{self._api(request)}/types/{type_id}"
        return {"id": type_id, "url": url, "displayName": TYPES[type_id]}

    def _api(self, request: web.Request) -> str:
        project = self._projects.of(request)
        return f"{self._url()}/{request.match_info['organization']}/{project['id']}/_apis/policy"


def _concerns(policy: Document, repository_id: str, ref: str) -> bool:
    if ref:
        return covers(policy["settings"], repository_id, ref)
    return any(scope.get("repositoryId") in {None, repository_id} for scope in policy["settings"]["scope"])


def _type(wanted: str) -> str:
    if wanted.lower() not in TYPES:
        message = f"TF402319: The policy type {wanted} does not exist."
        raise refuse(HTTPStatus.NOT_FOUND, message, "PolicyTypeNotFoundException")
    return wanted.lower()
