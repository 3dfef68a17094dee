"""What the sandbox does to the environment: problems begin and end, services get well, settings change."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.events import Events
from sandbox.vendors.dynatrace.opening import LOOK_BACK_MS, new_problem
from sandbox.vendors.dynatrace.problems import Problem, Problems
from sandbox.vendors.dynatrace.windows import RAISED, Windows
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection

SAMPLE_SECONDS = 60.0
_SEVERITIES = {
    "AVAILABILITY",
    "CUSTOM_ALERT",
    "ERROR",
    "INFO",
    "MONITORING_UNAVAILABLE",
    "PERFORMANCE",
    "RESOURCE_CONTENTION",
}
_IMPACTS = {"APPLICATION", "ENVIRONMENT", "INFRASTRUCTURE", "SERVICES"}
_FIRST_DISPLAY_ID = 2611001


class Story:
    """tell: sends the problem notification. config: of the sandbox; counters: of display ids."""

    def __init__(
        self,
        entities: Entities,
        events: Events,
        problems: Problems,
        windows: Windows,
        tell: Callable[[Problem], None],
        config: Collection,
        counters: Collection,
    ) -> None:
        self._entities, self._events, self._problems, self._windows = entities, events, problems, windows
        self._tell, self._config, self._counters = tell, config, counters

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("open_problem", "POST", "/problems", self._open),
            Operation("resolve_problem", "POST", "/problems/{id}/resolve", self._resolve),
            Operation("renotify", "POST", "/problems/{id}/notify", self._renotify),
            Operation("get_config", "GET", "/config", self._get_config),
            Operation("set_config", "PUT", "/config", self._set_config),
        ]

    def sample_seconds(self) -> float:
        config = self._config.get("config")
        return float(config["sample_seconds"]) if config else SAMPLE_SECONDS

    def resolve(self, problem_id: str, heal: bool) -> Problem | None:
        """End the problem now and notify; one that is closed stays as it is. None where there is none.

        heal: its affected entities get well, too.
        """
        problem = self._problems.get(problem_id)
        if problem is None:
            return None
        at = now_ms()
        if heal:
            for stub in problem["affectedEntities"]:
                self._windows.heal(stub["entityId"]["id"], at)
        if problem["status"] == "OPEN":
            problem = self._problems.end(problem, at)
            self._tell(problem)
        return problem

    async def _open(self, request: web.Request) -> web.Response:
        """{"title", "service_entity_id", "severity"?, "impact"?, "start_ms"?, "problem_id"?, "display_id"?,
        "root_cause_entity_id"?, "notify"?: true} -> the problem."""
        return reply(self.begin(await object_body(request, wrong)), HTTPStatus.CREATED)

    def begin(self, body: Mapping[str, Any], *, is_sick: bool = True) -> Problem:
        """Open a problem; body: as `_open` takes it. is_sick: its service's metrics show it. Raises: Refusal."""
        entity = self._entities.get(str(body.get("service_entity_id", "")))
        _check(body)
        if entity is None:
            raise wrong("service_entity_id names no known entity", HTTPStatus.NOT_FOUND)
        existing = self._problems.get(str(body.get("problem_id")))
        if existing and existing["status"] == "OPEN":
            raise wrong("a problem of this id is open", HTTPStatus.CONFLICT)
        start = body.get("start_ms", now_ms())
        number = f"P-{self._counters.next_number('display_id', _FIRST_DISPLAY_ID)}"
        deployments = self._events.deployments(entity["entityId"], start - LOOK_BACK_MS, start)
        made = self._problems.put(
            new_problem(body, entity, self._entities, deployments, body.get("display_id", number), start)
        )
        if is_sick:
            self._windows.open(entity["entityId"], RAISED, start)
        if body.get("notify", True):
            self._tell(made)
        return made

    async def _resolve(self, request: web.Request) -> web.Response:
        """{"heal"?: true} -> the problem."""
        body = await object_body(request, wrong) if request.can_read_body else {}
        problem = self.resolve(request.match_info["id"], bool(body.get("heal", True)))
        if problem is None:
            raise wrong("there is no such problem", HTTPStatus.NOT_FOUND)
        return reply(problem)

    async def _renotify(self, request: web.Request) -> web.Response:
        """Send the notification of the problem as it is now once more."""
        problem = self._problems.get(request.match_info["id"])
        if problem is None:
            raise wrong("there is no such problem", HTTPStatus.NOT_FOUND)
        self._tell(problem)
        return web.Response(status=HTTPStatus.ACCEPTED)

    async def _get_config(self, _: web.Request) -> web.Response:
        return reply({"sample_seconds": self.sample_seconds()})

    async def _set_config(self, request: web.Request) -> web.Response:
        """{"sample_seconds"}: how long the finest slot of a metric is, 60 as with Dynatrace, or less."""
        seconds = (await object_body(request, wrong)).get("sample_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0.1 <= seconds <= 60:
            raise wrong("sample_seconds must be a number from 0.1 to 60")
        return reply(self._config.put("config", {"sample_seconds": seconds}))


def _check(body: Mapping[str, Any]) -> None:
    if not isinstance(body.get("title"), str) or not body["title"]:
        raise wrong("title is missing")
    if body.get("severity", "ERROR") not in _SEVERITIES:
        raise wrong(f"severity must be one of {', '.join(sorted(_SEVERITIES))}")
    if body.get("impact", "SERVICES") not in _IMPACTS:
        raise wrong(f"impact must be one of {', '.join(sorted(_IMPACTS))}")
    if not isinstance(body.get("start_ms", 0), int):
        raise wrong("start_ms must be a whole number")
