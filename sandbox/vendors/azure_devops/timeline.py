"""The timeline of a build: how far its stages have come, and what it waits for."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.vendors.azure_devops.answers import refuse
from sandbox.vendors.azure_devops.builds import Builds
from sandbox.vendors.azure_devops.projects import BASE
from sandbox.vendors.azure_devops.stages import DEPLOY
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.framework import Operation, reply

_NAMES = uuid.UUID("4a8f2f0e-6d0b-4f57-9d64-0a2b6a1f3c55")


class Timelines:
    """Of the builds."""

    def __init__(self, builds: Builds) -> None:
        self._builds = builds

    def operations(self) -> Sequence[Operation]:
        timeline = f"{BASE}/build/builds" + "/{build}/timeline"
        return [
            Operation("get_timeline", "GET", timeline, self._get),
            Operation("get_timeline_by_id", "GET", timeline + "/{timeline}", self._get),
        ]

    async def _get(self, request: web.Request) -> web.Response:
        run = self._builds.of(request)
        timeline_id = _id(run, "timeline")
        if request.match_info.get("timeline", timeline_id) != timeline_id:
            raise refuse(404, "The timeline could not be found.", "TimelineNotFoundException")
        records = [_stage(run, order, stage) for order, stage in enumerate(run.get("stages", []), 1)]
        if run.get("waits_for"):
            records.append(_checkpoint(run))
        changed = iso(min(now_ms(), run["finish_ms"]))
        return reply(
            {
                "records": records,
                "lastChangedBy": "00000002-0000-8888-8000-000000000000",
                "lastChangedOn": changed,
                "id": timeline_id,
                "changeId": len(records),
                "url": f"{request.url.origin()}{request.path.partition('/timeline')[0]}/timeline/{timeline_id}",
            }
        )


def _stage(run: Mapping[str, Any], order: int, stage: Mapping[str, Any]) -> dict[str, Any]:
    """TimelineRecord."""
    state, result = _state(run, stage)
    started = stage["start_ms"] is not None and state != "pending"
    return _record(run, stage["name"]) | {
        "type": "Stage",
        "name": stage["name"].capitalize(),
        "identifier": stage["name"],
        "order": order,
        "startTime": iso(stage["start_ms"]) if started else None,
        "finishTime": iso(stage["finish_ms"]) if started and state == "completed" else None,
        "state": state,
        "result": result,
        "errorCount": 1 if result == "failed" else 0,
    }


def _state(run: Mapping[str, Any], stage: Mapping[str, Any]) -> tuple[str, str | None]:
    now = now_ms()
    waiting = run.get("waits_for") and stage["name"] == DEPLOY
    if stage["start_ms"] is None:
        return ("completed", "skipped") if now >= run["finish_ms"] else ("pending", None)
    if waiting or now < stage["start_ms"]:
        return "pending", None
    if now < stage["finish_ms"]:
        return "inProgress", None
    return "completed", stage["result"]


def _checkpoint(run: Mapping[str, Any]) -> dict[str, Any]:
    """What keeps the deployment from beginning."""
    return _record(run, "checkpoint") | {
        "parentId": _id(run, DEPLOY),
        "type": "Checkpoint",
        "name": "Checkpoint",
        "state": "inProgress",
        "issues": [
            {"type": "warning", "message": f"This pipeline needs permission to access {name}"}
            for name in run["waits_for"]
        ],
    }


def _record(run: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"id": _id(run, name), "attempt": 1, "previousAttempts": [], "errorCount": 0, "warningCount": 0}


def _id(run: Mapping[str, Any], name: str) -> str:
    return str(uuid.uuid5(_NAMES, f"{run['id']}/{name}"))
