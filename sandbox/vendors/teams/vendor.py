"""Teams put together: the Workflows webhook, its rate limit, and the channel behind it.

Every workflow id is a channel of its own; the signature in the address is the secret of them all.
"""

import hmac
import time
from collections import deque
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import override

from aiohttp import web

from sandbox.vendors.clock import iso, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.framework import Operation, Refusal, Vendor, json_body, note, object_body, reply
from sandbox.vendors.store import Store
from sandbox.vendors.teams.cards import MAX_BYTES, fault

REQUESTS_PER_SECOND = 4
_PATH = "/workflows/{id}/triggers/manual/paths/invoke"


def _error(status: int, code: str, message: str) -> web.Response:
    return reply({"error": {"code": code, "message": message}}, status)


def _refuse(status: int, code: str, message: str) -> Refusal:
    return Refusal(_error(status, code, message))


class Teams(Vendor):
    """One team's channels."""

    name = "teams"

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        super().__init__(store, credentials)
        self._cards = self.collection("card")
        self._accepted: deque[float] = deque()

    @override
    def operations(self) -> Sequence[Operation]:
        return [
            Operation("post_card", "POST", _PATH, self._post),
            Operation("post_card", "POST", f"/powerautomate/automations/direct{_PATH}", self._post),
        ]

    @override
    def controls(self) -> Sequence[Operation]:
        return [
            Operation("get_config", "GET", "/config", self._get_config),
            Operation("set_config", "PUT", "/config", self._set_config),
        ]

    @override
    def authenticate(self, request: web.Request) -> None:
        if not request.query.get("api-version"):
            message = "The api-version query parameter (?api-version=) is required for all requests."
            raise _refuse(HTTPStatus.BAD_REQUEST, "MissingApiVersionParameter", message)
        signature = request.query.get("sig")
        if not signature:
            message = "The request must be authenticated only by Shared Access scheme."
            raise _refuse(HTTPStatus.UNAUTHORIZED, "DirectApiAuthorizationRequired", message)
        if not hmac.compare_digest(signature.encode(), self.credentials["path_secret"].encode()):
            message = "The provided SAS token is invalid."
            raise _refuse(HTTPStatus.UNAUTHORIZED, "DirectApiInvalidAuthorizationScheme", message)

    @override
    def error(self, status: int, message: str) -> web.Response:
        code = "WorkflowNotFound" if status == HTTPStatus.NOT_FOUND else HTTPStatus(status).name.title()
        return _error(status, code.replace("_", ""), message)

    async def _post(self, request: web.Request) -> web.Response:
        self._limit()
        body = await request.read()
        if len(body) > MAX_BYTES:
            message = f"The message is larger than {MAX_BYTES} bytes."
            raise _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", message)
        message = await json_body(request, _unreadable)
        if said := fault(message):
            raise _refuse(HTTPStatus.BAD_REQUEST, "InvalidRequestContent", said)
        for attachment in message["attachments"]:
            number = self.collection("_counter").next_number("card", 1)
            card = {"number": number, "workflow_id": request.match_info["id"], "at": iso(now_ms())}
            self._cards.put(str(number), {**card, "card": attachment["content"]})
            note(request, card=number)
        return web.Response(status=HTTPStatus.ACCEPTED)

    def _limit(self) -> None:
        """Raises: Refusal, 429, for more requests than a second may have."""
        now, most = time.monotonic(), self._requests_per_second()
        while self._accepted and self._accepted[0] <= now - 1:
            self._accepted.popleft()
        if len(self._accepted) >= most:
            answer = _error(HTTPStatus.TOO_MANY_REQUESTS, "WorkflowRunThrottled", "Rate limit is exceeded.")
            answer.headers["Retry-After"] = "1"
            raise Refusal(answer)
        self._accepted.append(now)

    def _requests_per_second(self) -> float:
        config = self.collection("_config").get("config")
        return float(config["requests_per_second"]) if config else REQUESTS_PER_SECOND

    async def _get_config(self, _: web.Request) -> web.Response:
        return reply({"requests_per_second": self._requests_per_second()})

    async def _set_config(self, request: web.Request) -> web.Response:
        """{"requests_per_second"}: from where on the webhook answers 429."""
        wanted = (await object_body(request, wrong)).get("requests_per_second")
        if isinstance(wanted, bool) or not isinstance(wanted, int | float) or wanted < 1:
            raise wrong("requests_per_second must be a number of at least 1")
        return reply(self.collection("_config").put("config", {"requests_per_second": wanted}))


def _unreadable(message: str) -> Refusal:
    return _refuse(HTTPStatus.BAD_REQUEST, "InvalidRequestContent", message)
