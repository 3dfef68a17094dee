"""What all fake vendors share: a transport for httpx, a journal of requests, and faults one can order.

A fake keeps state and answers as its vendor does, so a test can ask afterwards what the vendor holds.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

type Exchange = tuple[httpx.Request, httpx.Response]
type Work = Callable[[], httpx.Response]
type Fault = Callable[[httpx.Request, Work], httpx.Response]
"""Gets the request and the work the vendor would do for it; answers, or raises what httpx would."""


def answer(body: Any, status: int = 200) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(status, json=body)


def body_of(request: httpx.Request) -> Any:
    """The JSON that was sent."""
    return json.loads(request.content)


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """Answers `code` and does nothing."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, work: httpx.Response(
        code, headers=named, json=body if body is not None else {"message": "no"}
    )


def no_connection(request: httpx.Request, work: Work) -> httpx.Response:
    """Nobody listens."""
    raise httpx.ConnectError("refused", request=request)


def dropped(request: httpx.Request, work: Work) -> httpx.Response:
    """The connection ends before the vendor did anything."""
    raise httpx.ReadError("reset", request=request)


def lost_reply(request: httpx.Request, work: Work) -> httpx.Response:
    """The vendor does the work; the connection ends before its answer."""
    work()
    raise httpx.RemoteProtocolError("disconnected", request=request)


def timed_out(request: httpx.Request, work: Work) -> httpx.Response:
    """The vendor does the work; its answer comes too late for us."""
    work()
    raise httpx.ReadTimeout("timeout", request=request)


def malformed(request: httpx.Request, work: Work) -> httpx.Response:
    """The vendor does the work and answers something that is no JSON."""
    done = work()
    return httpx.Response(done.status_code, text="<html>hello</html>")


def done_but_failed(code: int) -> Fault:
    """The vendor does the work, and something before it answers `code`."""

    def fault(request: httpx.Request, work: Work) -> httpx.Response:
        work()
        return httpx.Response(code, text="bad gateway")

    return fault


_FAULTS: dict[str, Fault] = {
    "no connection": no_connection,
    "dropped": dropped,
    "lost reply": lost_reply,
    "timed out": timed_out,
    "malformed": malformed,
    "429": status(429, Retry_After="0"),
    "500": status(500),
    "503": status(503),
    "504 after the work": done_but_failed(504),
    "500 after the work": done_but_failed(500),
}
every_fault = pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS)
"""Whatever a write may meet: a test of it ends with one thing made."""


class Late:
    """Times out at once; the vendor does the work only when the test says so."""

    def __init__(self) -> None:
        self.finish: Work | None = None

    def __call__(self, request: httpx.Request, work: Work) -> httpx.Response:
        self.finish = work
        raise httpx.ReadTimeout("timeout", request=request)


class FakeVendor:
    """A vendor in memory. A subclass says in `respond` what it does."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.exchanges: list[Exchange] = []
        """Requests that were answered, with their answers."""
        self._faults: list[tuple[str, str, Fault]] = []
        self.transport = httpx.MockTransport(self._handle)

    def fail(self, method: str, path_part: str, *faults: Fault) -> None:
        """The next requests of this method whose path holds `path_part` meet these faults, one each."""
        self._faults += [(method, path_part, fault) for fault in faults]

    def sent(self, method: str, path_part: str = "") -> list[httpx.Request]:
        """The requests that came."""
        return [
            request for request in self.requests if request.method == method and path_part in request.url.path
        ]

    def respond(self, request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self._answer(request)
        self.exchanges.append((request, response))
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        for index, (method, path_part, fault) in enumerate(self._faults):
            if request.method == method and path_part in request.url.path:
                del self._faults[index]
                return fault(request, lambda: self.respond(request))
        return self.respond(request)


async def retry_later[T](work: Callable[[], Awaitable[T]]) -> T:
    """What an orchestrator does with a transient error, once and at once."""
    from shared.errors import VendorUnavailable

    try:
        return await work()
    except VendorUnavailable:
        return await work()
