"""POST /_sandbox/stories: a fault of some kind happens to a service, with all the traces it leaves."""

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.events import Events
from sandbox.vendors.dynatrace.logs import Logs
from sandbox.vendors.dynatrace.plots import PLOTS
from sandbox.vendors.dynatrace.scene import Scene
from sandbox.vendors.dynatrace.story import Story
from sandbox.vendors.dynatrace.windows import Windows
from sandbox.vendors.framework import Operation, object_body, reply

_BEGAN_AGO_MS = 5 * MINUTE_MS
"""Dynatrace looks at a few minutes before it calls something a problem."""


class Stories:
    """story: opens the problem."""

    def __init__(
        self, entities: Entities, events: Events, windows: Windows, logs: Logs, story: Story
    ) -> None:
        self._entities, self._events, self._windows, self._logs = entities, events, windows, logs
        self._story = story

    def controls(self) -> Sequence[Operation]:
        return [Operation("tell_story", "POST", "/stories", self._tell)]

    async def _tell(self, request: web.Request) -> web.Response:
        """{"kind", "entity_id" (made where it is missing), "name"?, "start_ms"?, "resource"? (of saturation: cpu,
        disk), "open_problem"?: true, and what a problem takes} -> {"truth": {"component_id", "category"},
        "problem": or null, "entities": {"service", "process", "host", "dependency", "caller"}}."""
        body = await object_body(request, wrong)
        plot = PLOTS.get(str(body.get("kind")))
        if plot is None:
            raise wrong(f"kind must be one of {', '.join(sorted(PLOTS))}")
        if not body.get("entity_id"):
            raise wrong("entity_id is missing")
        start = body.get("start_ms", now_ms() - _BEGAN_AGO_MS)
        if isinstance(start, bool) or not isinstance(start, int):
            raise wrong("start_ms must be a whole number")
        entity_id = str(body["entity_id"])
        service = self._entities.ensure(entity_id, {"name": body.get("name") or "checkout"})
        scene = Scene(self._entities, self._events, self._windows, self._logs, service, start)
        truth = plot.tell(scene, body)
        problem = None
        if body.get("open_problem", True):
            wanted = {"title": plot.title, "severity": plot.severity, **body, "start_ms": start}
            problem = self._story.begin({**wanted, "service_entity_id": entity_id}, is_sick=False)
        place = scene.place
        answer = {
            "truth": {"component_id": truth.component, "category": truth.category},
            "problem": problem,
            "entities": {
                name: getattr(place, name) for name in ("service", "process", "host", "dependency", "caller")
            },
        }
        return reply(answer, HTTPStatus.CREATED)
