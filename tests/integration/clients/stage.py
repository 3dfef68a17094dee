"""Vendors on a stage: simulated, at ports of their own, told how to fail; and the faults they can be told.

The tests of this folder direct them and hold our clients to one thing made, whatever fails.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from aiohttp import web

from sandbox.vendors.control import control_operations
from sandbox.vendors.framework import Vendor, application
from shared.clients.blob import BlobStore, blob_store
from shared.errors import OutcomeUnknown, VendorUnavailable

TIMEOUT_S = 0.5
CREDENTIALS = {"token": "a-token-of-the-sandbox", "client_id": "c" * 32, "client_secret": "s" * 32}
FAULTS: dict[str, dict[str, Any]] = {
    "slow": {"kind": "latency", "seconds": TIMEOUT_S / 5},
    "too slow": {"kind": "latency", "seconds": TIMEOUT_S * 1.6},
    "429": {"kind": "status", "status": 429, "retry_after_s": 0},
    "503": {"kind": "status", "status": 503, "retry_after_s": 120},
    "500": {"kind": "status", "status": 500},
    "504": {"kind": "status", "status": 504},
    "drop": {"kind": "drop"},
    "lost reply": {"kind": "lost_reply"},
    "late lost reply": {"kind": "lost_reply", "seconds": TIMEOUT_S * 1.6},
    "malformed": {"kind": "malformed"},
}
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
_TELLING = ("too slow", "500", "drop", "lost reply")
telling_fault = pytest.mark.parametrize("fault", [FAULTS[name] for name in _TELLING], ids=_TELLING)
PROJECT = "My Project"


def every_fault_of(write: str, *reads: str) -> pytest.MarkDecorator:
    """Each fault on the write; on the looks around it, where they differ less, the telling ones."""
    cases = [pytest.param(write, fault, id=f"{write}, {name}") for name, fault in FAULTS.items()]
    cases += [
        pytest.param(read, FAULTS[name], id=f"{read}, {name}")
        for read in reads
        for name in ("too slow", "503", "drop", "malformed")
    ]
    return pytest.mark.parametrize(("operation", "fault"), cases)


class Stage:
    """A vendor at its own port, and the sandbox's way to direct it."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor, self.url = vendor, vendor.url

    def break_next(self, operation: str, fault: dict[str, Any], times: int = 1) -> None:
        self.vendor.faults.replace(
            [{"operation": operation, "times": times, **fault}], self.vendor.operation_names()
        )

    def documents(self, kind: str) -> list[dict[str, Any]]:
        return [dict(document) for document in self.vendor.collection(kind).all()]

    async def tell(self, path: str, body: Any) -> Any:
        return await self.control("POST", path, body)

    async def control(self, method: str, path: str, body: Any) -> Any:
        async with httpx.AsyncClient(verify=False, trust_env=False) as http:
            answer = await http.request(method, f"{self.url}/_sandbox{path}", json=body)
            assert answer.is_success, answer.text
            return answer.json()

    async def settled(self) -> None:
        """Wait until the vendor has finished the request it was told to break, though we may not wait for it."""
        deadline = time.monotonic() + 10
        while not any(entry["fault"] for entry in self.vendor.journal.entries("", 0, 1000)):
            assert time.monotonic() < deadline, "the broken request did not end"
            await asyncio.sleep(0.02)


@web.middleware
async def whole_request(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Has the body before any delay: a vendor that got all of a request works on when we have hung up."""
    await request.read()
    return await handler(request)


async def staged(vendor: Vendor) -> AsyncIterator[Stage]:
    app = application(vendor, control_operations(vendor))
    app.middlewares.append(whole_request)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    vendor.port = runner.addresses[0][1]
    vendor.seed()
    vendor.start()
    yield Stage(vendor)
    vendor.stop_tasks()
    await runner.cleanup()


async def stores_over(storage: str, count: int) -> AsyncIterator[list[BlobStore]]:
    """As many processes, over one container that nobody has made yet."""
    container = f"test-{uuid.uuid4().hex[:12]}"
    built = [blob_store(container, connection_string=storage) for _ in range(count)]
    yield built
    for store in built:
        await store.close()


async def persist[T](stage: Stage, work: Callable[[], Awaitable[T]]) -> T:
    """What an orchestrator does: on a transient error, wait (here: until the vendor is idle) and call again."""
    for _ in range(5):
        try:
            return await work()
        except VendorUnavailable as error:
            if isinstance(error, OutcomeUnknown):
                await stage.settled()
    raise AssertionError("it never ended")


async def until_done[T](stage: Stage, work: Callable[[], Awaitable[T]]) -> T:
    """`persist`, for work that meets the fault the vendor was told of."""
    done = await persist(stage, work)
    await stage.settled()
    return done
