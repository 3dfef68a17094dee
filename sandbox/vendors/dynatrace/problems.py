"""Problems: opened and resolved by the sandbox's story, read, commented and closed through the API."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.dynatrace.answers import listing_query, page, refuse, unreadable, violated
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.selectors import Test, conditions, entity_conditions, fits, matches
from sandbox.vendors.dynatrace.timeframe import window
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection

type Problem = dict[str, Any]

_LIST_PARAMETERS = frozenset(
    {"fields", "from", "to", "problemSelector", "entitySelector", "sort", "pageSize"}
)
_DEFAULT_PAGE, _LARGEST_PAGE = 50, 500
_DEFAULT_COMMENTS, _MOST_COMMENTS = 10, 500
_OPTIONAL = frozenset({"evidenceDetails", "impactAnalysis", "recentComments"})
_SORTS = {"startTime": "startTime", "status": "status"}


class Problems:
    """The problems of the environment. on_closed: told after a problem was closed through the API."""

    def __init__(
        self,
        kept: Collection,
        comments: Collection,
        entities: Entities,
        on_closed: Callable[[Problem], None],
    ) -> None:
        self._kept, self._comments, self._entities = kept, comments, entities
        self._on_closed = on_closed

    def operations(self) -> Sequence[Operation]:
        one = "/api/v2/problems/{id}"
        return [
            Operation("list_problems", "GET", "/api/v2/problems", self._list),
            Operation("get_problem", "GET", one, self._get),
            Operation("list_comments", "GET", f"{one}/comments", self._list_comments),
            Operation("create_comment", "POST", f"{one}/comments", self._create_comment),
            Operation("close_problem", "POST", f"{one}/close", self._close),
        ]

    def get(self, problem_id: str) -> Problem | None:
        return self._kept.get(problem_id)

    def put(self, problem: Problem) -> Problem:
        return self._kept.put(problem["problemId"], problem)

    def end(self, problem: Problem, at_ms: int) -> Problem:
        """The problem, closed at a time; its open evidence ends with it."""
        details = [
            {**item, "endTime": at_ms} if item.get("endTime") == -1 else item
            for item in problem["evidenceDetails"]["details"]
        ]
        evidence = {**problem["evidenceDetails"], "details": details}
        return self.put({**problem, "status": "CLOSED", "endTime": at_ms, "evidenceDetails": evidence})

    async def _list(self, request: web.Request) -> web.Response:
        query = listing_query(request, _LIST_PARAMETERS)
        start, end = window(query, now_ms(), "now-2h")
        wanted = conditions(query.get("problemSelector", ""), "problemSelector", _TESTS)
        of_entities = entity_conditions(query["entitySelector"]) if query.get("entitySelector") else None
        found = [
            problem
            for problem in self._kept.all()
            if problem["startTime"] <= end
            and (problem["endTime"] == -1 or problem["endTime"] >= start)
            and fits(problem, wanted, _TESTS)
            and (of_entities is None or self._affects(problem, of_entities))
        ]
        ordered = _sorted(found, query.get("sort", "-startTime"))
        shown = [self._shown(problem, query.get("fields", "")) for problem in ordered]
        return reply(page(query, shown, "problems", _DEFAULT_PAGE, _LARGEST_PAGE))

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(self._find(request), request.query.get("fields", "")))

    async def _list_comments(self, request: web.Request) -> web.Response:
        query = listing_query(request, frozenset({"pageSize"}))
        comments = self._comments_of(self._find(request)["problemId"])
        return reply(page(query, comments, "comments", _DEFAULT_COMMENTS, _MOST_COMMENTS))

    async def _create_comment(self, request: web.Request) -> web.Response:
        problem = self._find(request)
        body = await _message(request)
        comment = self._comment(problem["problemId"], body["message"], str(body.get("context", "")))
        note(request, comment_id=comment["id"])
        return web.Response(status=HTTPStatus.CREATED)

    async def _close(self, request: web.Request) -> web.Response:
        problem = self._find(request)
        body = await _message(request)
        if problem["status"] == "CLOSED":
            return web.Response(status=HTTPStatus.NO_CONTENT)
        at = now_ms()
        comment = self._comment(problem["problemId"], body["message"], "")
        self._on_closed(self.end(problem, at))
        return reply(
            {
                "problemId": problem["problemId"],
                "closing": True,
                "closeTimestamp": at,
                "comment": _public(comment),
            }
        )

    def _find(self, request: web.Request) -> Problem:
        problem_id = request.match_info["id"]
        note(request, problem_id=problem_id)
        if problem := self._kept.get(problem_id):
            return problem
        raise refuse(HTTPStatus.NOT_FOUND, "The requested problem does not exist")

    def _affects(self, problem: Problem, wanted: list[tuple[str, list[str]]]) -> bool:
        ids = {stub["entityId"]["id"] for stub in problem["affectedEntities"] + problem["impactedEntities"]}
        return any((entity := self._entities.get(each)) and matches(entity, wanted) for each in ids)

    def _comment(self, problem_id: str, message: str, context: str) -> Mapping[str, Any]:
        made: dict[str, Any] = {
            "id": str(secrets.randbits(62)),
            "problemId": problem_id,
            "authorName": "sandbox",
            "createdAtTimestamp": now_ms(),
            "context": context,
            "content": message,
        }
        return self._comments.put(made["id"], made)

    def _comments_of(self, problem_id: str) -> list[Mapping[str, Any]]:
        """Newest first."""
        found = [comment for comment in self._comments.all() if comment["problemId"] == problem_id]
        return [_public(comment) for comment in reversed(found)]

    def _shown(self, problem: Problem, fields: str) -> Problem:
        asked = {field.strip().lstrip("+") for field in fields.split(",") if field.strip()}
        if unknown := asked - _OPTIONAL:
            raise violated("fields", f"unknown field {min(unknown)}")
        shown = {name: value for name, value in problem.items() if name not in _OPTIONAL or name in asked}
        if "recentComments" in asked:
            comments = self._comments_of(problem["problemId"])
            shown["recentComments"] = page({}, comments, "comments", _DEFAULT_COMMENTS, _MOST_COMMENTS)
        return shown


async def _message(request: web.Request) -> dict[str, Any]:
    body = await object_body(request, unreadable)
    if not isinstance(body.get("message"), str):
        raise violated("message", "must not be null", "PAYLOAD_BODY")
    return body


def _public(comment: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in comment.items() if name != "problemId"}


def _sorted(problems: list[Problem], sort: str) -> list[Problem]:
    for one in reversed(sort.split(",")):
        name = one.strip().lstrip("+-")
        if name not in _SORTS:
            raise violated("sort", f"cannot sort by {name}")
        problems = sorted(
            problems, key=lambda problem: problem[_SORTS[name]], reverse=one.strip().startswith("-")
        )
    return problems


def _has_entity(problem: Problem, values: list[str], lists: Sequence[str]) -> bool:
    return any(stub["entityId"]["id"] in values for name in lists for stub in problem[name])


_TESTS: dict[str, Test] = {
    "status": lambda problem, values: problem["status"] in {value.upper() for value in values},
    "severityLevel": lambda problem, values: problem["severityLevel"] in {value.upper() for value in values},
    "impactLevel": lambda problem, values: problem["impactLevel"] in {value.upper() for value in values},
    "displayId": lambda problem, values: problem["displayId"] in values,
    "problemId": lambda problem, values: problem["problemId"] in values,
    "affectedEntities": lambda problem, values: _has_entity(problem, values, ["affectedEntities"]),
    "impactedEntities": lambda problem, values: _has_entity(problem, values, ["impactedEntities"]),
    "text": lambda problem, values: any(
        value.casefold() in problem["title"].casefold() or value in problem["displayId"] for value in values
    ),
}
