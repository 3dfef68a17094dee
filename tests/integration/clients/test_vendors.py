"""Our clients against the simulated vendors over real connections, under every fault they can be told.

Whatever fails, and as often as the call is repeated: never a second incident, note, comment or run.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
from aiohttp import web

from sandbox.vendors.azure_devops.vendor import AzureDevOps
from sandbox.vendors.control import control_operations
from sandbox.vendors.dynatrace.vendor import Dynatrace
from sandbox.vendors.framework import Vendor, application
from sandbox.vendors.servicenow.vendor import ServiceNow
from sandbox.vendors.store import Store
from shared.clients.auth import client_credentials
from shared.clients.azure_devops import AzureDevOpsClient
from shared.clients.dynatrace import DynatraceClient
from shared.clients.http import http_client
from shared.clients.servicenow import IncidentDraft, ServiceNowClient
from shared.errors import OutcomeUnknown, VendorUnavailable

TIMEOUT_S = 0.5
CREDENTIALS = {"token": "a-token-of-the-sandbox", "client_id": "c" * 32, "client_secret": "s" * 32}
DRAFT: IncidentDraft = {
    "correlation_id": "incident--123_456V2-1700000000000",
    "short_description": "payments: failure rate increase",
    "description": "Failure rate 12 %",
    "impact": "2",
    "urgency": "1",
    "category": "software",
}
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
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/_sandbox{path}", json=body)
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


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "vendors.db")
    yield store
    store.db.close()


async def until_done[T](stage: Stage, work: Callable[[], Awaitable[T]]) -> T:
    """What an orchestrator does: on a transient error, wait (here: until the vendor is idle) and call again."""
    for _ in range(5):
        try:
            done = await work()
        except VendorUnavailable as error:
            if isinstance(error, OutcomeUnknown):
                await stage.settled()
        else:
            await stage.settled()
            return done
    raise AssertionError("it never ended")


@pytest.fixture
async def servicenow(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(ServiceNow(store, CREDENTIALS)):
        yield stage


@pytest.fixture
async def tickets(servicenow: Stage) -> AsyncIterator[ServiceNowClient]:
    http = http_client(servicenow.url, timeout_s=TIMEOUT_S)
    http.auth = client_credentials(
        http, "servicenow", "/oauth_token.do", CREDENTIALS["client_id"], CREDENTIALS["client_secret"]
    )
    client = ServiceNowClient(http)
    await client.ping()
    yield client
    await client.aclose()


@every_fault_of("create_incident", "list_incident")
async def test_one_incident(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    servicenow.break_next(operation, fault)
    opened = await until_done(servicenow, lambda: tickets.incidents.open(DRAFT))
    again = await tickets.incidents.open(DRAFT)
    assert [row["sys_id"] for row in servicenow.documents("incident")] == [opened["sys_id"]]
    assert (again["sys_id"], again["result"], again["duplicates"]) == (opened["sys_id"], "adopted", [])


@every_fault_of("update_incident", "list_sys_journal_field")
async def test_one_note(
    servicenow: Stage, tickets: ServiceNowClient, operation: str, fault: dict[str, Any]
) -> None:
    sys_id = (await tickets.incidents.open(DRAFT))["sys_id"]
    servicenow.break_next(operation, fault)
    await until_done(servicenow, lambda: tickets.incidents.add_work_note(sys_id, "k/1", "approved"))
    assert await tickets.incidents.add_work_note(sys_id, "k/1", "approved") == "adopted"
    notes = [row["value"] for row in servicenow.documents("sys_journal_field") if row["element_id"] == sys_id]
    assert notes == ["approved\n[valueflow:k/1]"]


@every_fault
async def test_one_resolution(servicenow: Stage, tickets: ServiceNowClient, fault: dict[str, Any]) -> None:
    sys_id = (await tickets.incidents.open(DRAFT))["sys_id"]
    servicenow.break_next("update_incident", fault)
    await until_done(
        servicenow,
        lambda: tickets.incidents.resolve(sys_id, "k", "Solution provided", "Redeployed"),
    )
    (row,) = servicenow.documents("incident")
    assert (row["state"], row["close_notes"]) == ("6", "Redeployed\n[valueflow:k]")


async def test_an_incident_of_many_callers_at_once_is_one_to_all_of_them(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    await asyncio.gather(*(tickets.incidents.open(DRAFT) for _ in range(6)))
    later = [await tickets.incidents.open(DRAFT) for _ in range(2)]
    assert len({opened["sys_id"] for opened in later}) == 1
    numbers = {row["number"] for row in servicenow.documents("incident")}
    assert numbers == {later[0]["number"], *later[0]["duplicates"]}


async def test_a_token_the_vendor_no_longer_takes_is_renewed(
    servicenow: Stage, tickets: ServiceNowClient
) -> None:
    servicenow.vendor.collection("_token").clear()
    await tickets.incidents.open(DRAFT)
    assert len(servicenow.documents("incident")) == 1


@pytest.fixture
async def dynatrace(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(Dynatrace(store, CREDENTIALS)):
        yield stage


@pytest.fixture
async def observer(dynatrace: Stage) -> AsyncIterator[DynatraceClient]:
    headers = {"Authorization": f"Api-Token {CREDENTIALS['token']}"}
    client = DynatraceClient(http_client(dynatrace.url, headers=headers, timeout_s=TIMEOUT_S))
    yield client
    await client.aclose()


async def a_problem(dynatrace: Stage) -> dict[str, Any]:
    """Have a service, and a problem of it."""
    service = await dynatrace.tell("/entities", {"type": "SERVICE", "name": "payments"})
    opened: dict[str, Any] = await dynatrace.tell(
        "/problems", {"service_entity_id": service["entityId"], "title": "Failure rate increase"}
    )
    return opened


@every_fault_of("create_comment", "list_comments")
async def test_one_comment(
    dynatrace: Stage, observer: DynatraceClient, operation: str, fault: dict[str, Any]
) -> None:
    problem_id = (await a_problem(dynatrace))["problemId"]
    dynatrace.break_next(operation, fault)
    await until_done(dynatrace, lambda: observer.problems.comment(problem_id, "k", "INC1"))
    assert await observer.problems.comment(problem_id, "k", "INC1") == "adopted"
    assert [comment["content"] for comment in dynatrace.documents("comment")] == ["INC1\n[valueflow:k]"]


@every_fault
async def test_a_problem_is_read(dynatrace: Stage, observer: DynatraceClient, fault: dict[str, Any]) -> None:
    opened = await a_problem(dynatrace)
    dynatrace.break_next("get_problem", fault)
    found = await until_done(dynatrace, lambda: observer.problems.get(opened["problemId"]))
    assert found is not None
    assert (found["problem_id"], found["status"], found["end_ms"]) == (opened["problemId"], "OPEN", None)
    assert [problem["problem_id"] for problem in await observer.problems.open()] == [opened["problemId"]]
    entity_id = found["affected"][0]["entity_id"]
    entity = await observer.entities.get(entity_id)
    assert entity is not None
    assert entity["name"] == "payments"
    now_ms = int(time.time() * 1000)
    assert await observer.events.deployments(entity_id, now_ms - 3_600_000, now_ms) == []
    selector = "builtin:service.errors.total.rate"
    assert await observer.metrics.query(selector, entity_id, now_ms - 600_000, now_ms, "1m")


class NoEffects:
    def resolve_problem(self, problem_id: str) -> None: ...

    def heal_service(self, entity_id: str) -> None: ...

    def service_runs(self, project: str, service: str, environment: str) -> None: ...

    def service_is_gone(self, project: str, service: str, environment: str) -> None: ...


@pytest.fixture
async def azure_devops(store: Store) -> AsyncIterator[Stage]:
    async for stage in staged(AzureDevOps(store, CREDENTIALS, lambda token, audience: False, NoEffects())):
        yield stage


@pytest.fixture
async def builder(azure_devops: Stage) -> AsyncIterator[AzureDevOpsClient]:
    http = http_client(f"{azure_devops.url}/contoso", timeout_s=TIMEOUT_S)
    http.auth = httpx.BasicAuth("", CREDENTIALS["token"])
    client = AzureDevOpsClient(http)
    await client.ping()
    yield client
    await client.aclose()


async def a_pipeline(azure_devops: Stage) -> tuple[int, list[dict[str, Any]]]:
    """A pipeline with a good run and a bad one."""
    pipeline = await azure_devops.tell("/pipelines", {"project": "My Project", "name": "deploy"})
    past = [
        {"pipeline_id": pipeline["id"], "comment": comment, "finished_ago_seconds": ago}
        for comment, ago in (("good", 7200), ("bad", 600))
    ]
    return pipeline["id"], await azure_devops.tell("/runs", past)


@every_fault_of("create_run", "list_runs", "get_run")
async def test_one_run(
    azure_devops: Stage, builder: AzureDevOpsClient, operation: str, fault: dict[str, Any]
) -> None:
    pipeline_id, (_, bad) = await a_pipeline(azure_devops)
    good = await builder.runs.last_good("My Project", pipeline_id, int(bad["id"]))
    assert good is not None
    assert good["commit"]

    async def start() -> int:
        assert good["commit"]
        assert good["ref_name"]
        started = await builder.runs.start("My Project", pipeline_id, "k", good["ref_name"], good["commit"])
        return started["run_id"]

    azure_devops.break_next(operation, fault)
    run_id = await until_done(azure_devops, start)
    assert await start() == run_id
    keyed = [run for run in azure_devops.documents("run") if "VALUEFLOW_KEY" in json.dumps(run)]
    assert len(keyed) == 1
    run = await builder.runs.get("My Project", pipeline_id, run_id)
    assert (run["commit"], run["key"]) == (good["commit"], "k")
