"""ValueFlow as a Backstage meets it: the real triggers over fakes, on a real port, with what was asked written down."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import azure.functions as func
from aiohttp import web

from functions.http import answer, answers_problems, body_of
from functions.services.catalog import get_location, make_link
from shared import services
from shared.errors import Conflict, InvalidRequest
from shared.golden_paths.catalogue import all_paths
from tests.contract.backstage.services import SERVICES
from tests.fakes.requests import function_of, request
from tests.fakes.services import fake_services
from tools.backstage import files


class ValueFlow:
    """asked: every request as (method, path, headers, JSON body). answers: what the next requests for services get."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str], Any]] = []
        self.reads: list[int] = []
        self.services: Any = fake_services()
        self.started: dict[str, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        services.use(self.services)
        self._wait(self._start())

    def stop(self) -> None:
        self._wait(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        services.use(None)

    def put(self, service: dict[str, Any]) -> None:
        self._wait(self.services.registry.put(service))

    def remove(self, name: str) -> None:
        del self.services.blob.blobs[f"registry/services/{name}.json"]

    @contextmanager
    def away(self) -> Iterator[None]:
        """The registry's storage does not answer."""
        self.services.blob.away = True
        yield
        self.services.blob.away = False

    def catalog_url(self) -> str:
        """The signed address, as an administrator gets it."""
        response = self._wait(
            function_of(make_link)(request("POST", token="carla", body={"groups": True, "days": 1}))
        )
        url: str = json.loads(response.get_body())["url"]
        return url.replace(self.services.settings.public_url, self.url)

    async def _start(self) -> None:
        for service in SERVICES:
            await self.services.registry.put(service)
        app = web.Application()
        app.router.add_get("/api/catalog/locations/services.yaml", self._location)
        app.router.add_post("/api/golden-paths/{name}/services", self._request)
        app.router.add_get("/api/catalog/locations/backstage/{file:.+}", self._template)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url, self.host = f"http://127.0.0.1:{port}", f"127.0.0.1:{port}"

    async def _location(self, http: web.Request) -> web.Response:
        response = await self._called(http, function_of(get_location))
        self.reads.append(response.status)
        return response

    async def _template(self, http: web.Request) -> web.Response:
        return web.Response(text=files(all_paths())[http.match_info["file"]])

    async def _request(self, http: web.Request) -> web.Response:
        return await self._called(http, answers_problems(self._service))

    async def _service(self, req: func.HttpRequest) -> func.HttpResponse:
        """The contract of POST /api/golden-paths/{name}/services; the name decides how it goes."""
        caller = await services.services().tokens.caller(
            req.headers.get("Authorization", "").removeprefix("Bearer ")
        )
        body = json.loads(body_of(req))
        self.asked.append((req.method, req.url, req.headers, body))
        if body["name"] == "taken":
            raise Conflict("Choose another name.", operation_id="op-1", status_url=f"{self.url}/op-1")
        if body["name"] == "wrong":
            raise InvalidRequest("Mend these fields.", [{"field": "project", "message": "does not exist"}])
        key = f"{caller.id}{req.headers['Idempotency-Key']}"
        operation = self.started.setdefault(key, f"op-{len(self.started) + 7}")
        told = {"operation_id": operation, "status_url": f"{self.url}/{operation}", "started": True}
        return answer(told, 202)

    async def _called(self, http: web.Request, handler: Any) -> web.Response:
        response = await handler(
            func.HttpRequest(
                method=http.method,
                url=str(http.url),
                headers=dict(http.headers),
                params=dict(http.query),
                route_params=dict(http.match_info),
                body=await http.read(),
            )
        )
        headers = {**dict(response.headers), "Content-Type": f"{response.mimetype}; charset=utf-8"}
        return web.Response(status=response.status_code, body=response.get_body(), headers=headers)

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
