"""GitHub put together."""

import hmac
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import override

from aiohttp import web

from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, Refusal, Vendor, object_body, reply
from sandbox.vendors.github import answers
from sandbox.vendors.github.deployments import Deployments
from sandbox.vendors.github.pull_requests import PullRequests
from sandbox.vendors.github.repositories import Repositories
from sandbox.vendors.github.webhooks import Webhooks
from sandbox.vendors.github.workflows import Workflows
from sandbox.vendors.store import Store

VERSIONS = frozenset({"", "2022-11-28"})
"""Of the API; the later 2026-03-10 has other answers."""
LIMIT, RESET_S = 5000, 3600


class GitHub(Vendor):
    name = "github"

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        super().__init__(store, credentials)
        kind = self.collection
        self._limit, counters = kind("_limit"), kind("_counter")
        repositories = Repositories(kind("repository"), kind("commit"), counters, lambda: self.url)
        self._webhooks = hooks = Webhooks(
            repositories, kind("_webhook"), kind("sent_hook"), self.in_background
        )
        self._rooms = (
            repositories,
            Deployments(repositories, kind("deployment"), kind("deployment_status"), counters, hooks.tell),
            Workflows(repositories, kind("workflow_run"), counters, hooks.tell),
            PullRequests(repositories, kind("pull_request"), counters, hooks.tell),
        )

    @override
    def operations(self) -> Sequence[Operation]:
        limit = Operation("get_rate_limit", "GET", "/rate_limit", self._rate_limit)
        return [limit, *(operation for room in self._rooms for operation in room.operations())]

    @override
    def controls(self) -> Sequence[Operation]:
        own = Operation("set_requests_left", "PUT", "/requests_left", self._set_left)
        return [
            own,
            *self._webhooks.controls(),
            *(control for room in self._rooms for control in room.controls()),
        ]

    @override
    def authenticate(self, request: web.Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "token"):
            raise answers.refuse(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        if not hmac.compare_digest(given.encode(), self.credentials["token"].encode()):
            raise answers.refuse(HTTPStatus.UNAUTHORIZED, "Bad credentials")
        if request.headers.get("X-GitHub-Api-Version", "") not in VERSIONS:
            raise answers.refuse(HTTPStatus.BAD_REQUEST, "The X-GitHub-Api-Version is not supported")
        if request.path != "/rate_limit":
            self._count()

    @override
    def error(self, status: int, message: str) -> web.Response:
        return answers.error(status, message)

    @override
    def start(self) -> None:
        self._webhooks.start()

    def _count(self) -> None:
        """One request fewer, where somebody counts. Raises: Refusal, 403, when none is left."""
        left = (self._limit.get("left") or {}).get("requests")
        if left is None:
            return
        if left <= 0:
            answer = answers.error(HTTPStatus.FORBIDDEN, "API rate limit exceeded for user ID 21031067.")
            reset = str(int(time.time()) + RESET_S)
            answer.headers.update({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})
            raise Refusal(answer)
        self._limit.put("left", {"requests": left - 1})

    async def _rate_limit(self, _: web.Request) -> web.Response:
        left = (self._limit.get("left") or {}).get("requests", LIMIT)
        core = {"limit": LIMIT, "remaining": left, "reset": int(time.time()) + RESET_S, "used": LIMIT - left}
        return reply({"resources": {"core": core}})

    async def _set_left(self, request: web.Request) -> web.Response:
        """{"requests"}: so many more are answered, then 403; {}: nobody counts."""
        wanted = (await object_body(request, wrong)).get("requests")
        if wanted is None:
            self._limit.delete("left")
        elif isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 0:
            self._limit.put("left", {"requests": wanted})
        else:
            raise wrong("requests must be a whole number")
        return web.Response(status=HTTPStatus.NO_CONTENT)
