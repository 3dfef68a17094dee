"""Service hooks: what the organisation tells others of runs and pull requests, when it was told to.

An outbox of calls, tried a few times each, also over a restart. The order between two is not kept.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from sandbox.vendors.azure_devops.runs import is_finished
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection, Document

WAITS_S = (1.0, 2.0, 4.0, 8.0)
TIMEOUT_S = 10.0
RUN, MERGED, PUSHED = "ms.vss-pipelines.run-state-changed-event", "git.pullrequest.merged", "git.push"
_PUBLISHERS = {RUN: "pipelines", MERGED: "tfs", PUSHED: "tfs"}
_VERSIONS = {RUN: "5.1-preview.1", MERGED: "1.0", PUSHED: "1.0"}


class Hooks:
    """settings: {"subscription": {"url", "headers", "organization"}}. url: of the service, without the organisation."""

    def __init__(
        self,
        settings: Collection,
        outbox: Collection,
        in_background: Callable[[Coroutine[Any, Any, None]], None],
        url: Callable[[], str],
    ) -> None:
        self._settings, self._outbox = settings, outbox
        self._in_background, self._url = in_background, url

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_service_hooks", "PUT", "/service_hooks", self._configure),
            Operation("resend_service_hook", "POST", "/service_hooks/{id}/resend", self._resend),
        ]

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        for one in self._outbox.all():
            if one["state"] == "pending":
                self._in_background(self._deliver(one["id"]))

    def run_changed(self, run: Mapping[str, Any], pipeline: Mapping[str, Any] | None) -> None:
        """A run began or ended."""
        settings = self._settings.get("subscription")
        if settings is None:
            return
        base = f"{self._url()}/{settings['organization']}"
        url = f"{base}/{run['project_id']}/_apis/pipelines/{run['pipeline_id']}/runs/{run['id']}"
        named = {"id": run["pipeline_id"], "name": (pipeline or {}).get("name", ""), "url": url}
        finished = is_finished(run)
        ended = {"result": run["result"], "finishedDate": iso(run["finish_ms"])} if finished else {}
        told = {
            "_links": {"self": {"href": url}, "web": {"href": f"{base}/_build/results?buildId={run['id']}"}},
            "pipeline": named,
            "state": "completed" if finished else "inProgress",
            **ended,
            "createdDate": iso(run["created_ms"]),
            "url": url,
            "id": run["id"],
            "name": run["name"],
        }
        self._send(RUN, run["project_id"], {"run": told, "pipeline": named}, settings)

    def merged(self, project: Document, pull_request: Mapping[str, Any]) -> None:
        """A pull request was completed: two hooks, since its merge is a push, too."""
        settings = self._settings.get("subscription")
        if settings is None:
            return
        base = f"{self._url()}/{settings['organization']}"
        repository = {
            **pull_request["repository"],
            "url": f"{base}/_apis/git/repositories/{pull_request['repository']['id']}",
            "defaultBranch": pull_request["targetRefName"],
        }
        commit = pull_request["lastMergeCommit"]["commitId"]
        push = {
            "commits": [{"commitId": commit, "comment": pull_request["title"]}],
            "refUpdates": [{"name": pull_request["targetRefName"], "newObjectId": commit}],
            "repository": repository,
            "pushId": pull_request["pullRequestId"],
            "date": pull_request["closedDate"],
        }
        self._send(PUSHED, project["id"], push, settings)
        self._send(MERGED, project["id"], {**pull_request, "repository": repository}, settings)

    def _send(
        self, kind: str, project_id: str, resource: Mapping[str, Any], settings: Mapping[str, Any]
    ) -> None:
        base = f"{self._url()}/{settings['organization']}/"
        notification_id = secrets.token_hex(8)
        made = {
            "id": notification_id,
            "state": "pending",
            "created_at": iso(now_ms()),
            "tries": [],
            "body": {
                "id": secrets.token_hex(16),
                "eventType": kind,
                "publisherId": _PUBLISHERS[kind],
                "resource": resource,
                "resourceVersion": _VERSIONS[kind],
                "resourceContainers": {
                    "collection": {"id": "c12d0eb8-e382-443b-9f9c-c52cba5014c2", "baseUrl": base},
                    "project": {"id": project_id, "baseUrl": base},
                },
                "createdDate": iso(now_ms()),
            },
        }
        self._outbox.put(notification_id, made)
        self._in_background(self._deliver(notification_id))

    async def _configure(self, request: web.Request) -> web.Response:
        """{"url", "headers"?, "organization"} -> 204: tell it there from now on; {} -> tell nobody."""
        body = await object_body(request, wrong)
        if not body:
            self._settings.delete("subscription")
            return web.Response(status=HTTPStatus.NO_CONTENT)
        if urlsplit(str(body.get("url"))).scheme not in ("http", "https"):
            raise wrong("url must be an http(s) address")
        settings = {name: body.get(name) for name in ("url", "organization")}
        self._settings.put("subscription", {**settings, "headers": dict(body.get("headers") or {})})
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def _resend(self, request: web.Request) -> web.Response:
        """Deliver the same once more -> its new entry."""
        first = self._outbox.get(request.match_info["id"])
        if first is None:
            raise wrong("there is no such notification", HTTPStatus.NOT_FOUND)
        again = {**first, "id": secrets.token_hex(8), "state": "pending", "tries": []}
        self._outbox.put(again["id"], again)
        self._in_background(self._deliver(again["id"]))
        return reply(again, HTTPStatus.ACCEPTED)

    async def _deliver(self, notification_id: str) -> None:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for wait_s in (*WAITS_S, None):
                if await self._try(session, notification_id):
                    return
                if wait_s is None:
                    break
                await asyncio.sleep(wait_s)
        self._note(notification_id, state="failed")

    async def _try(self, session: aiohttp.ClientSession, notification_id: str) -> bool:
        one, settings = self._outbox.get(notification_id), self._settings.get("subscription")
        if one is None or settings is None:
            return True
        try:
            async with session.post(settings["url"], json=one["body"], headers=settings["headers"]) as answer:
                outcome, delivered = str(answer.status), answer.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome, delivered = type(error).__name__, False
        tries = [*one["tries"], {"at": iso(now_ms()), "outcome": outcome}]
        self._note(notification_id, tries=tries, **({"state": "delivered"} if delivered else {}))
        return delivered

    def _note(self, notification_id: str, **changes: object) -> None:
        if one := self._outbox.get(notification_id):
            self._outbox.put(notification_id, {**one, **changes})
