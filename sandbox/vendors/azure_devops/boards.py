"""Boards: work items made and changed by JSON Patch, read, and found with as much WIQL as that takes (work_queries.py).

States and what they write are the process Agile's: ActivatedDate once active, ClosedDate while closed.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import PERSON, refuse, unreadable
from sandbox.vendors.azure_devops.projects import BASE, Projects, number
from sandbox.vendors.azure_devops.work_queries import chosen, tags_of
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, json_body, note, object_body, reply
from sandbox.vendors.store import Collection, Document

TYPES = ("Bug", "Epic", "Feature", "Issue", "Task", "User Story")
STATES = {
    "New": "Proposed",
    "Active": "InProgress",
    "Resolved": "Resolved",
    "Closed": "Completed",
    "Removed": "Removed",
}
"""Category by state."""
PATCH = "application/json-patch+json"
_LONGEST_TITLE, _MOST_AT_ONCE = 255, 200
_COMMON = "Microsoft.VSTS.Common"
_READ_ONLY = ("System.Id", "System.Rev", "System.TeamProject", "System.WorkItemType")
_RELATIONS = ("Hyperlink",)


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
            Operation("change_work_item", "PATCH", items + "/{id}", self._change),
            Operation("read_work_items", "POST", f"{BASE}/wit/workitemsbatch", self._read),
            Operation("list_work_item_types", "GET", f"{BASE}/wit/workitemtypes", self._types),
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
        fields, relations = await _patched(request)
        _check(fields)
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
                "System.Tags": "; ".join(tags_of(fields)),
            },
            "relations": relations,
            "rev": 1,
        }
        made["fields"] |= _dated("New", made["fields"], at)
        note(request, work_item_id=made["id"], type=known)
        return reply(self._shown(request, self._kept.put(str(made["id"]), made)))

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(request, self._found(request)))

    async def _change(self, request: web.Request) -> web.Response:
        """A new revision; the organisation's clock tells when, unless the body says a ChangedDate (bypassRules)."""
        found = self._found(request)
        fields, relations = await _patched(request)
        before = found["fields"]
        after = {**before, "System.ChangedDate": iso(now_ms()), **fields}
        _check(after)
        after["System.Tags"] = "; ".join(tags_of(after))
        after |= _dated(before["System.State"], after, after["System.ChangedDate"])
        changed = {
            **found,
            "rev": found.get("rev", 1) + 1,
            "fields": after,
            "relations": [*found["relations"], *relations],
        }
        note(request, work_item_id=found["id"], state=after["System.State"])
        return reply(self._shown(request, self._kept.put(str(found["id"]), changed)))

    async def _read(self, request: web.Request) -> web.Response:
        project, body = self._projects.of(request), await object_body(request, unreadable)
        ids, wanted = body.get("ids"), body.get("fields")
        if not isinstance(ids, list) or not ids or len(ids) > _MOST_AT_ONCE:
            raise unreadable(f"VS403474: You can only request 1 to {_MOST_AT_ONCE} work items.")
        here = [self._kept.get(str(one)) for one in ids]
        there = [one if one and one["project_id"] == project["id"] else None for one in here]
        if None in there and str(body.get("errorPolicy", "")).lower() != "omit":
            raise _missing(ids[there.index(None)])
        shown = [one and self._shown(request, one) for one in there]
        for one in shown:
            if one and wanted:
                one["fields"] = {name: value for name, value in one["fields"].items() if name in wanted}
        return reply({"count": len(shown), "value": shown})

    async def _types(self, request: web.Request) -> web.Response:
        self._projects.of(request)
        states = [
            {"name": name, "color": "b2b2b2", "category": category} for name, category in STATES.items()
        ]
        kinds = [
            {"name": kind, "referenceName": f"Microsoft.VSTS.WorkItemTypes.{kind}", "states": states}
            for kind in TYPES
        ]
        return reply({"count": len(kinds), "value": kinds})

    async def _query(self, request: web.Request) -> web.Response:
        project, body = self._projects.of(request), await object_body(request, unreadable)
        here = [one for one in self._kept.all() if one["project_id"] == project["id"]]
        found = chosen(str(body.get("query") or ""), here)[: number(request, "$top", 20_000)]
        column = {"referenceName": "System.Id", "name": "ID", "url": f"{self._api(request)}/fields/System.Id"}
        return reply(
            {
                "queryType": "flat",
                "queryResultType": "workItem",
                "asOf": iso(now_ms()),
                "columns": [column],
                "workItems": [
                    {"id": one["id"], "url": f"{self._api(request)}/workItems/{one['id']}"} for one in found
                ],
            }
        )

    def _found(self, request: web.Request) -> Document:
        """The work item of the address. Raises: Refusal."""
        project, found = self._projects.of(request), self._kept.get(request.match_info["id"])
        if found is None or found["project_id"] != project["id"]:
            raise _missing(request.match_info["id"])
        return found

    def _shown(self, request: web.Request, item: Document) -> dict[str, Any]:
        """WorkItem."""
        url = f"{self._api(request)}/workItems/{item['id']}"
        place = f"{self._url()}/{request.match_info['organization']}/{item['project_id']}"
        return {
            "id": item["id"],
            "rev": item.get("rev", 1),
            "fields": {name: value for name, value in item["fields"].items() if value != ""},
            **({"relations": item["relations"]} if item["relations"] else {}),
            "_links": {"self": {"href": url}, "html": {"href": f"{place}/_workitems/edit/{item['id']}"}},
            "url": url,
        }

    def _api(self, request: web.Request) -> str:
        project = self._projects.of(request)
        return f"{self._url()}/{request.match_info['organization']}/{project['id']}/_apis/wit"


async def _patched(request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fields and relations that the JSON Patch adds. Raises: Refusal."""
    if request.content_type != PATCH:
        message = f"The request indicated a Content-Type of '{request.content_type}' which is not supported."
        raise refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message, "VssRequestContentTypeNotSupportedException")
    body = await json_body(request, unreadable)
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


def _check(fields: dict[str, Any]) -> None:
    """Raises: Refusal."""
    title = fields.get("System.Title")
    if not isinstance(title, str) or not title.strip():
        raise _rule("Title", "Required, HasValues, LimitedToValues, AllowsOldValue, InvalidEmpty")
    if len(title) > _LONGEST_TITLE:
        raise _rule("Title", "InvalidTooLong")
    if fields.get("System.State", "New") not in STATES:
        raise _rule("State", "HasValues, LimitedToValues, AllowsOldValue, InvalidNotOldValue")


def _dated(before: str, after: dict[str, Any], at: str) -> dict[str, Any]:
    """What a change of state writes besides."""
    state = after["System.State"]
    if state == before:
        return {}
    written = {f"{_COMMON}.StateChangeDate": at, f"{_COMMON}.ClosedDate": at if state == "Closed" else ""}
    return {**written, f"{_COMMON}.ActivatedDate": at} if state == "Active" else written


def _missing(work_item_id: object) -> Exception:
    message = f"TF401232: Work item {work_item_id} does not exist, or you do not have permissions to read it."
    return refuse(HTTPStatus.NOT_FOUND, message, "WorkItemUnauthorizedAccessException")


def _rule(field: str, code: str) -> Exception:
    message = f"TF401320: Rule Error for field {field}. Error code: {code}."
    return refuse(HTTPStatus.BAD_REQUEST, message, "RuleValidationException")
