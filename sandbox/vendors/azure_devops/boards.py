"""Boards: work items made by JSON Patch, read, and found by their tags with as much WIQL as that takes."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, json_body, note, object_body, reply
from sandbox.vendors.store import Collection, Document

TYPES = ("Bug", "Epic", "Feature", "Issue", "Task", "User Story")
"""Of the process Agile."""
PATCH = "application/json-patch+json"
_LONGEST_TITLE = 255
_READ_ONLY = ("System.Id", "System.Rev", "System.TeamProject", "System.WorkItemType")
_RELATIONS = ("Hyperlink",)
_WORD = r"'((?:[^']|'')*)'"
_QUERY = re.compile(
    r"\s*SELECT\s+\[System\.Id\](?:\s*,\s*\[[\w.]+\])*\s+FROM\s+WorkItems\s+WHERE\s+(?P<where>.+?)"
    r"(?:\s+ORDER\s+BY\s+\[System\.Id\](?:\s+(?P<order>ASC|DESC))?)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_TAGGED = re.compile(rf"\[System\.Tags\]\s+CONTAINS\s+{_WORD}", re.IGNORECASE)
_HERE = re.compile(r"\[System\.TeamProject\]\s*=\s*@project", re.IGNORECASE)


class Boards:
    """The work items of all projects."""

    def __init__(
        self, projects: Projects, kept: Collection, counters: Collection, url: Callable[[], str]
    ) -> None:
        self._projects, self._kept, self._counters, self._url = projects, kept, counters, url

    def operations(self) -> Sequence[Operation]:
        items = f"{BASE}/wit/workitems"
        return [
            Operation("create_work_item", "POST", items + "/${type}", self._create),
            Operation("get_work_item", "GET", items + "/{id}", self._get),
            Operation("query_work_items", "POST", f"{BASE}/wit/wiql", self._query),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        project, kind = self._projects.of(request), request.match_info["type"]
        known = {name.casefold(): name for name in TYPES}.get(kind.casefold())
        if known is None:
            message = (
                f"VS402323: Work item type {kind} does not exist in project {project['name']} or you do not have "
                "permission to access it."
            )
            raise refuse(HTTPStatus.NOT_FOUND, message, "WorkItemTypeNotFoundException")
        if request.content_type != PATCH:
            message = (
                f"The request indicated a Content-Type of '{request.content_type}' which is not supported."
            )
            raise refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, "VssRequestContentTypeNotSupportedException"
            )
        fields, relations = _patched(await json_body(request, unreadable))
        title = fields.get("System.Title")
        if not isinstance(title, str) or not title.strip():
            raise _rule("Title", "Required, HasValues, LimitedToValues, AllowsOldValue, InvalidEmpty")
        if len(title) > _LONGEST_TITLE:
            raise _rule("Title", "InvalidTooLong")
        at = iso(now_ms())
        made: Document = {
            "id": self._counters.next_number("work_item", 1),
            "project_id": project["id"],
            "fields": {
                "System.TeamProject": project["name"],
                "System.AreaPath": project["name"],
                "System.WorkItemType": known,
                "System.State": "New",
                "System.CreatedDate": at,
                "System.CreatedBy": PERSON,
                "System.ChangedDate": at,
                **fields,
                "System.Tags": "; ".join(_tags(fields)),
            },
            "relations": relations,
        }
        note(request, work_item_id=made["id"], type=known)
        return reply(self._shown(request, self._kept.put(str(made["id"]), made)))

    async def _get(self, request: web.Request) -> web.Response:
        project, found = self._projects.of(request), self._kept.get(request.match_info["id"])
        if found is None or found["project_id"] != project["id"]:
            wanted = request.match_info["id"]
            message = (
                f"TF401232: Work item {wanted} does not exist, or you do not have permissions to read it."
            )
            raise refuse(HTTPStatus.NOT_FOUND, message, "WorkItemUnauthorizedAccessException")
        return reply(self._shown(request, found))

    async def _query(self, request: web.Request) -> web.Response:
        """By tags, all of them: `[System.TeamProject] = @project AND [System.Tags] CONTAINS '...'`."""
        project, body = self._projects.of(request), await object_body(request, unreadable)
        asked = _QUERY.fullmatch(str(body.get("query") or ""))
        if not asked:
            raise _unread("TF51005: The query is not understood here.")
        tags = []
        for clause in re.split(r"\s+AND\s+", asked["where"], flags=re.IGNORECASE):
            tagged = _TAGGED.fullmatch(clause.strip())
            if tagged:
                tags.append(tagged[1].replace("''", "'").casefold())
            elif not _HERE.fullmatch(clause.strip()):
                raise _unread(f"TF51005: The query references a condition that is not known here: {clause}")
        found = [
            one
            for one in self._kept.all()
            if one["project_id"] == project["id"]
            and set(tags) <= {tag.casefold() for tag in _tags(one["fields"])}
        ]
        found.sort(key=lambda one: one["id"], reverse=(asked["order"] or "").upper() == "DESC")
        column = {"referenceName": "System.Id", "name": "ID", "url": f"{self._api(request)}/fields/System.Id"}
        return reply(
            {
                "queryType": "flat",
                "queryResultType": "workItem",
                "asOf": iso(now_ms()),
                "columns": [column],
                "workItems": [
                    {"id": one["id"], "url": f"{self._api(request)}/workItems/{one['id']}"}
                    for one in found[: number(request, "$top", 20_000)]
                ],
            }
        )

    def _shown(self, request: web.Request, item: Document) -> dict[str, Any]:
        """WorkItem."""
        url = f"{self._api(request)}/workItems/{item['id']}"
        place = f"{self._url()}/{request.match_info['organization']}/{item['project_id']}"
        return {
            "id": item["id"],
            "rev": 1,
            "fields": {name: value for name, value in item["fields"].items() if value != ""},
            **({"relations": item["relations"]} if item["relations"] else {}),
            "_links": {"self": {"href": url}, "html": {"href": f"{place}/_workitems/edit/{item['id']}"}},
            "url": url,
        }

    def _api(self, request: web.Request) -> str:
        project = self._projects.of(request)
        return f"{self._url()}/{request.match_info['organization']}/{project['id']}/_apis/wit"


def _patched(body: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fields and relations that the JSON Patch adds. Raises: Refusal."""
    fields: dict[str, Any] = {}
    relations: list[dict[str, Any]] = []
    if not isinstance(body, list) or not body or not all(isinstance(one, dict) for one in body):
        raise unreadable("You must pass a valid patch document in the body of the request.")
    for one in body:
        path, value = str(one.get("path", "")), one.get("value")
        if str(one.get("op", "")).lower() not in ("add", "replace", "test"):
            raise unreadable("The operation is not one for a new work item.")
        if path == "/relations/-" and isinstance(value, dict) and value.get("rel") in _RELATIONS:
            relations.append(value)
        elif path.startswith("/fields/") and (name := path.removeprefix("/fields/")) not in _READ_ONLY:
            fields[name] = value
        else:
            raise unreadable(f"The path {path} cannot be changed.")
    return fields, relations


def _tags(fields: dict[str, Any]) -> list[str]:
    parts = re.split(r"[;,]", str(fields.get("System.Tags") or ""))
    return sorted({part.strip() for part in parts if part.strip()}, key=str.casefold)


def _rule(field: str, code: str) -> Exception:
    message = f"TF401320: Rule Error for field {field}. Error code: {code}."
    return refuse(HTTPStatus.BAD_REQUEST, message, "RuleValidationException")


def _unread(message: str) -> Exception:
    return refuse(HTTPStatus.BAD_REQUEST, message, "WorkItemTrackingQueryException")
