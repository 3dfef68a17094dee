"""Systems as the page reads them: each answers its own address, or is away."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.console.server import build_app
from sandbox.console.sources import Sources
from sandbox.platform.document import describe
from sandbox.platform.ports import NAMES
from sandbox.vendors.names import NAMES as VENDORS

NASTY = '<script>alert("x")</script>'
OPERATION: dict[str, Any] = {
    "id": "incident-1_1795266743556V2-1795266743556",
    "kind": "remediate_problem",
    "state": "running",
    "outcome": None,
    "created_at": "2026-11-21T13:00:00.000Z",
    "updated_at": "2026-11-21T13:00:10.000Z",
    "steps": [
        {"name": "find_service", "state": "done", "started_at": "2026-11-21T13:00:00.000Z",
         "ended_at": "2026-11-21T13:00:01.000Z"},
        {"name": "await_decision", "state": "waiting", "started_at": "2026-11-21T13:00:05.000Z", "ended_at": None},
    ],
    "links": {"incident": "http://127.0.0.1:1/incident", "run": "javascript:alert(1)"},
    "case": {"title": NASTY, "service": "checkout", "hypothesis": NASTY, "confidence": 62, "author": "model",
             "action_text": "redeploy"},
    "approval": {"state": "waiting"},
    "error": "",
}  # fmt: skip
PROBLEM = {
    "problemId": "1_1795266743556V2",
    "displayId": "P-2611001",
    "title": NASTY,
    "status": "OPEN",
    "severityLevel": "ERROR",
    "startTime": 1795266743556,
    "endTime": -1,
    "affectedEntities": [{"entityId": {"id": "SERVICE-1"}, "name": "checkout"}],
}
INCIDENT = {
    "sys_id": "a" * 32,
    "number": "INC0010001",
    "short_description": NASTY,
    "state": "1",
    "priority": "2",
    "opened_at": "2026-11-21 13:00:02",
    "description": NASTY,
    "close_notes": "",
}
CARD = {
    "type": "AdaptiveCard",
    "body": [{"type": "TextBlock", "text": NASTY, "size": "Large"}],
    "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": "https://example.com/x"}],
}
RUN = {
    "id": 104,
    "name": "20261121.3",
    "pipeline_id": 1,
    "version": "5f0c3e9a" * 5,
    "result": "succeeded",
    "created_ms": 1795266743556,
    "finish_ms": 1795266746556,
    "variables": {"VALUEFLOW_KEY": {"value": "k"}},
}


class Systems:
    """What each system holds. away: names of those that do not answer."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._names = {port: name for name, port in ports.items()}
        self.away: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.state: dict[str, Any] = {
            "dynatrace": {"problem": [PROBLEM], "notification": [
                {"problem_id": PROBLEM["problemId"], "state": "delivered"}]},
            "servicenow": {"incident": [INCIDENT], "sys_journal_field": [
                {"element_id": "a" * 32, "sys_created_on": "2026-11-21 13:00:03", "value": NASTY}]},
            "teams": {"card": [{"number": 1, "at": "2026-11-21T13:00:04.000Z", "card": CARD}]},
            "azure_devops": {
                "project": [{"id": "p", "name": "loja"}],
                "repository": [{"id": "r", "name": "checkout"}],
                "pipeline": [{"id": 1, "name": "checkout", "project_id": "p", "repository_id": "r"}],
                "commit": [{"commit_id": RUN["version"], "comment": NASTY}],
                "run": [RUN],
            },
        }  # fmt: skip
        self.faults: dict[str, Any] = {}
        self.operations: list[dict[str, Any]] = [OPERATION]
        self.entities = [
            {"path": "events", "active": 0, "scheduled": 0, "deferred": 0, "dead_letter": 0},
            {
                "path": "events/Subscriptions/incidents",
                "active": 3,
                "scheduled": 0,
                "deferred": 0,
                "dead_letter": 1,
            },
        ]
        self.letters = [
            {"subscription": "incidents", "fault": NASTY, "type": "problem.opened", "reason": "Poison",
             "enqueued_at": "2026-11-21T13:00:00Z"},
        ]  # fmt: skip
        environment = {"state": "running", "ends_at": "2026-11-24T13:00:00Z"}
        self.services = [
            {"name": "orders", "product": NASTY, "owner": "team-orders", "description": NASTY,
             "golden_path": {"name": "python-function"}, "environments": {"development": environment}},
            {"name": "checkout", "product": "Loja", "owner": "time-loja"},
        ]  # fmt: skip
        self.tables = [
            {"schema": "CORE", "name": "INCIDENTS", "kind": "view", "rows": 2},
            {"schema": "RAW", "name": "EVENTS", "kind": "table", "rows": 15},
            {"schema": "SCHEMACHANGE", "name": "CHANGE_HISTORY", "kind": "table", "rows": 4},
        ]
        self.health: dict[str, Any] = {
            "state": "degraded",
            "probes": [
                {"name": "servicenow", "state": "down", "took_ms": 12, "reason": "VendorUnavailable"},
                {"name": "teams", "state": "not_probed", "took_ms": 0, "reason": ""},
            ],
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        name = self._names[request.url.port or 0]
        self.asked.append((name, request.url.path))
        if name in self.away:
            raise httpx.ConnectError("refused", request=request)
        found = self._find(name, request)
        return httpx.Response(200, content=json.dumps(found), headers={"Content-Type": "application/json"})

    def _find(self, name: str, request: httpx.Request) -> Any:
        path = request.url.path
        if name == "app":
            if path == "/api/health":
                return self.health
            assert request.headers["Authorization"] == "Bearer operator-token"
            if path == "/api/dead-letters":
                return {"dead_letters": self.letters}
            if path == "/api/services":
                return {"services": self.services}
            if path == "/api/operations":
                return {"operations": self.operations}
            one = next(each for each in self.operations if path.endswith(each["id"]))
            return {
                **one,
                "links": {**one["links"], "approval": "http://127.0.0.1:1/api/approvals/x?token=signed"},
            }
        if path == "/_sandbox/tokens":
            return {"access_token": "operator-token"}
        if path == "/_sandbox/faults":
            return self.faults.get(name, [])
        if name == "servicebus_stats":
            return {"entities": self.entities}
        if name == "warehouse":
            return {"tables": self.tables}
        return self.state.get(name, {})


@pytest.fixture
def systems() -> Systems:
    return Systems({name: number for number, name in enumerate(NAMES, 20_000)})


@pytest.fixture
async def sources(systems: Systems) -> AsyncIterator[Sources]:
    own = dict.fromkeys(
        ("webhook_secret", "link_secret", "servicebus_key", "blob_key", "warehouse_password"), "key"
    )
    vendors = {name: {"client_id": "valueflow", "path_secret": "p"} for name in VENDORS}
    ports = {name: number for number, name in enumerate(NAMES, 20_000)}
    keys = {"own": own, "vendors": vendors, "host": {"master": "m", "function": "f"}}
    async with httpx.AsyncClient(transport=httpx.MockTransport(systems.answer)) as http:
        yield Sources(describe("/nowhere", ports, keys), http)


@pytest.fixture
async def page(sources: Sources) -> AsyncIterator[TestClient[Any, Any]]:
    """A browser's view of the page's server."""
    async with TestClient(TestServer(build_app(sources))) as client:
        yield client
