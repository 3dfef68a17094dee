"""A running set of vendors for tests: in this process, on free ports, with clients that are let in."""

import asyncio
import base64
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web

from sandbox.vendors.credentials import load
from sandbox.vendors.entra.tokens import new_key
from sandbox.vendors.framework import Vendor
from sandbox.vendors.server import Server
from sandbox.vendors.store import Store
from sandbox.vendors.world import build

DEADLINE_S = 8.0


async def eventually(holds: Callable[[], Any], deadline_s: float = DEADLINE_S) -> Any:
    """What `holds` gives, once it is true; fails after the deadline."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        if found := holds():
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true in time")


class Rig:
    """All vendors; `stop` and `start` are a restart on the same state, with other ports."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.vendors: dict[str, Vendor] = {}
        self.urls: dict[str, str] = {}
        self.credentials = load(folder / "secrets.json")
        self.http = httpx.AsyncClient(verify=False, timeout=10, trust_env=False)

    async def start(self) -> None:
        self.store = Store(self._folder / "state.db")
        # Making a key takes longer than most tests.
        keys = self.store.collection("entra", "_key")
        if not keys.documents:
            keys.put("signing", _key())
        self.vendors = build(self.store, self.credentials)
        self._server = Server(self.vendors)
        ports = await self._server.start({})
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    async def stop(self) -> None:
        await self._server.stop()
        self.store.close()

    async def call(self, vendor: str, method: str, path: str, **options: Any) -> httpx.Response:
        """A request the vendor lets in."""
        headers = {**self._authorization(vendor), **options.pop("headers", {})}
        return await self.http.request(method, self.urls[vendor] + path, headers=headers, **options)

    async def control(self, vendor: str, method: str, path: str, body: Any = None) -> Any:
        """A request to the control API, which must succeed -> its JSON."""
        answer = await self.http.request(method, f"{self.urls[vendor]}/_sandbox{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def servicenow_token(self) -> str:
        own = self.credentials["servicenow"]
        form = {"grant_type": "client_credentials", **own}
        answer = await self.http.post(f"{self.urls['servicenow']}/oauth_token.do", data=form)
        return str(answer.json()["access_token"])

    def _authorization(self, vendor: str) -> dict[str, str]:
        own = self.credentials[vendor]
        if vendor == "dynatrace":
            return {"Authorization": f"Api-Token {own['token']}"}
        if vendor == "azure_devops":
            return {"Authorization": "Basic " + base64.b64encode(f":{own['token']}".encode()).decode()}
        if vendor == "github":
            return {"Authorization": f"Bearer {own['token']}"}
        if vendor == "openai":
            return {"api-key": own["api_key"]}
        return {}


@cache
def _key() -> dict[str, str]:
    return new_key()


class Receiver:
    """A webhook that keeps what it gets. answers: statuses for the next calls; then 202."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        status = self.answers.pop(0) if self.answers else 202
        self.received.append((dict(request.headers), await request.read()))
        return web.Response(status=status)
