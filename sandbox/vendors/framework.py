"""What every simulated vendor is made of: named operations over routes, authentication, faults, a journal.

A vendor says what it can do (`operations`), who may (`authenticate`) and how it words a refusal (`error`);
`serve` below turns that into one aiohttp application.
"""

import asyncio
import contextlib
import json
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from aiohttp import web

from sandbox.vendors.faults import Fault, Faults
from sandbox.vendors.journal import Journal
from sandbox.vendors.store import Collection, Store

MAX_BODY_BYTES = 4 * 1024 * 1024
UNKNOWN = "unknown"
_LOOK_EVERY_S = 0.02

type Handler = Callable[[web.Request], Awaitable[web.Response]]
_log = logging.getLogger("vendors")
_IDS = web.RequestKey("ids", dict[str, str])


class Refusal(Exception):
    """A request the vendor does not accept; carries the answer."""

    def __init__(self, answer: web.Response) -> None:
        super().__init__(f"refused ({answer.status})")
        self.answer = answer


@dataclass(frozen=True)
class Operation:
    """One thing a vendor can do. name: or a function that reads it from the request (then `names` lists all).

    open: needs no credentials.
    """

    name: str | Callable[[web.Request], str]
    method: str
    path: str
    handle: Handler
    open: bool = False
    names: Sequence[str] = ()

    def name_of(self, request: web.Request) -> str:
        return self.name if isinstance(self.name, str) else self.name(request)


class Vendor(ABC):
    """A simulated vendor.

    keep: kinds of documents that a reset leaves. port: known once the vendor listens.
    waiting: requests that a fault keeps waiting now, as {"operation", "fault"}.
    """

    name: ClassVar[str]
    keep: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, store: Store, credentials: Mapping[str, str]) -> None:
        self.store, self.credentials = store, credentials
        self.journal = Journal(store.db, self.name)
        self.faults = Faults(self.collection("_fault"))
        self.waiting: list[dict[str, str]] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @abstractmethod
    def operations(self) -> Sequence[Operation]:
        """What the vendor's API offers."""

    def controls(self) -> Sequence[Operation]:
        """What the sandbox offers on top, below /_sandbox."""
        return ()

    @abstractmethod
    def authenticate(self, request: web.Request) -> None:
        """Raises: Refusal."""

    @abstractmethod
    def error(self, status: int, message: str) -> web.Response:
        """An error in the vendor's own shape."""

    def seed(self) -> None:  # noqa: B027 - most vendors begin empty
        """Put what a new instance of the vendor holds; called on an empty state and after a reset."""

    def start(self) -> None:  # noqa: B027 - most vendors have nothing under way
        """Take up what a restart interrupted; called when the vendor listens."""

    def collection(self, kind: str) -> Collection:
        return self.store.collection(self.name, kind)

    def operation_names(self) -> frozenset[str]:
        named = [operation.names or (operation.name,) for operation in self.operations()]
        return frozenset(str(name) for names in named for name in names) | {UNKNOWN}

    def reset(self) -> None:
        """Forget everything but what `keep` names, and begin anew."""
        self.stop_tasks()
        self.store.clear(self.name, self.keep)
        self.seed()

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it ends, the vendor is reset or the process stops."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def stop_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _tell(self.name, "background work", error)


def note(request: web.Request, **ids: object) -> None:
    """Say in the journal what the request is about."""
    known = request.setdefault(_IDS, {})
    known.update({name: str(value) for name, value in ids.items() if value not in (None, "")})


def reply(
    data: object, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON answer."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(
        body=body, status=status, headers=headers, content_type="application/json", charset="utf-8"
    )


async def json_body(request: web.Request, refused: Callable[[str], Refusal]) -> Any:
    """The body as JSON. Raises: what `refused` makes of a sentence that says what is wrong."""
    try:
        return json.loads(await request.read())
    except ValueError:
        raise refused("the body is not JSON") from None


async def object_body(request: web.Request, refused: Callable[[str], Refusal]) -> dict[str, Any]:
    """`json_body`, which must be an object."""
    body = await json_body(request, refused)
    if not isinstance(body, dict):
        raise refused("the body is not a JSON object")
    return body


def application(vendor: Vendor, controls: Sequence[Operation]) -> web.Application:
    """The vendor as an aiohttp application; `controls` (the sandbox's own routes) suffer no faults."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    for control in controls:
        app.router.add_route(control.method, f"/_sandbox{control.path}", control.handle)
    for operation in vendor.operations():
        app.router.add_route(operation.method, operation.path, _served(vendor, operation))

    async def nothing_here(request: web.Request) -> web.Response:
        return vendor.error(HTTPStatus.NOT_FOUND, f"{request.method} {request.path} is not to be found here")

    app.router.add_route(
        "*", "/{path:.*}", _served(vendor, Operation(UNKNOWN, "*", "", nothing_here, open=True))
    )
    return app


def _served(vendor: Vendor, operation: Operation) -> Handler:
    async def serve(request: web.Request) -> web.Response:
        name = operation.name_of(request)
        fault = vendor.faults.take(name)
        answer = await _suffer(vendor, fault, request, name, lambda: _answer(vendor, operation, request))
        vendor.journal.add(
            name,
            request.method,
            request.path,
            answer.status if answer else None,
            fault.kind if fault else None,
            request.get(_IDS, {}),
        )
        if answer is None:
            # aiohttp has no answer that means "hang up": cut the line, then let it find out.
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        return answer

    return serve


async def _suffer(
    vendor: Vendor,
    fault: Fault | None,
    request: web.Request,
    name: str,
    work: Callable[[], Awaitable[web.Response]],
) -> web.Response | None:
    """What the client gets under `fault`; None where that is a closed connection."""
    if fault is None:
        return await work()
    if fault.kind == "status":
        answer = vendor.error(fault.status, "The sandbox was told to answer this")
        if fault.retry_after_s is not None:
            answer.headers["Retry-After"] = f"{fault.retry_after_s:g}"
        return answer
    if fault.kind == "latency":
        with contextlib.suppress(web.HTTPException):
            # A vendor that has all of a request works on when its caller has hung up.
            await request.read()
        with _waits(vendor, fault, name):
            await asyncio.sleep(fault.seconds)
        return await work()
    if fault.kind == "hold":
        with _waits(vendor, fault, name):
            await _until_hung_up(request, fault.seconds)
        return None
    if fault.kind == "drop":
        return None
    answer = await work()
    if fault.kind == "malformed":
        body = answer.body if isinstance(answer.body, bytes) else b""
        return web.Response(
            body=body[: len(body) // 2] or b"<html>", status=answer.status, content_type="application/json"
        )
    with _waits(vendor, fault, name):
        await _until_hung_up(request, fault.seconds)
    return None


@contextlib.contextmanager
def _waits(vendor: Vendor, fault: Fault, operation: str) -> Iterator[None]:
    """Tell, while it lasts, that a request waits under this fault."""
    entry = {"operation": operation, "fault": fault.kind}
    vendor.waiting.append(entry)
    try:
        yield
    finally:
        vendor.waiting.remove(entry)


async def _until_hung_up(request: web.Request, for_s: float) -> None:
    """Wait so long, or until the caller is gone."""
    loop = asyncio.get_running_loop()
    end = loop.time() + for_s
    # aiohttp tells no handler that its caller is gone.
    while (left_s := end - loop.time()) > 0 and request.transport and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(min(left_s, _LOOK_EVERY_S))


async def _answer(vendor: Vendor, operation: Operation, request: web.Request) -> web.Response:
    try:
        if not operation.open:
            vendor.authenticate(request)
        return await operation.handle(request)
    except Refusal as refusal:
        return refusal.answer
    except web.HTTPRequestEntityTooLarge:
        return vendor.error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large")
    except Exception as error:
        _tell(vendor.name, operation.name_of(request), error)
        return vendor.error(HTTPStatus.INTERNAL_SERVER_ERROR, "The simulator failed")


def _tell(vendor: str, what: str, error: BaseException) -> None:
    """Log a fault of the simulator itself: where it was, without its message, which may quote what was sent."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s: %s failed (%s)\n%s", vendor, what, type(error).__name__, where)
