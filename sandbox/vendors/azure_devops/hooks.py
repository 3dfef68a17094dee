"""Service hooks: what the organisation tells others of runs and pull requests, when it was told to."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.vendors.azure_devops.runs import is_finished
from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, object_body
from sandbox.vendors.outbox import Call, InBackground, Outbox
from sandbox.vendors.store import Collection, Document

RUN, MERGED, PUSHED = "ms.vss-pipelines.run-state-changed-event", "git.pullrequest.merged", "git.push"
_PUBLISHERS = {RUN: "pipelines", MERGED: "tfs", PUSHED: "tfs"}
_VERSIONS = {RUN: "5.1-preview.1", MERGED: "1.0", PUSHED: "1.0"}


class Hooks:
    """settings: {"subscription": {"url", "headers", "organization"}}. url: of the service, without the organisation."""

    def __init__(
        self,
        settings: Collection,
        outbox: Collection,
        in_background: InBackground,
        url: Callable[[], str],
    ) -> None:
        self._settings, self._url = settings, url
        self._outbox = Outbox(outbox, in_background, self._call_of)

    def controls(self) -> Sequence[Operation]:
        return [
            Operation("set_service_hooks", "PUT", "/service_hooks", self._configure),
            Operation("resend_service_hook", "POST", "/service_hooks/{id}/resend", self._outbox.resend),
        ]

    def start(self) -> None:
        """Go on with what was not delivered when the process ended."""
        self._outbox.start()

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
        body = {
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
        }
        self._outbox.send({"body": body})

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

    def _call_of(self, entry: Document) -> Call | None:
        settings = self._settings.get("subscription")
        if settings is None:
            return None
        return Call(settings["url"], {"json": entry["body"], "headers": settings["headers"]})
