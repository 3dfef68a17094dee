"""Every request our Dynatrace client sends is one the vendor describes, and the fake answers as described."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from shared.clients.dynatrace import dynatrace_client
from shared.clients.dynatrace.logs import of_entities
from shared.domain.service import monitoring
from tests.contract.clients.spec import faults, schema_faults
from tests.fakes.dynatrace import SERVICE, TOKEN, URL, FakeDynatrace
from tests.fakes.vendor import Exchange, body_of

type Spec = Callable[[str], dict[str, Any]]

SPEC = "dynatrace-env-v2.json"
ZONE = monitoring.management_zone("orders")
OBJECTIVES = [
    {"name": "availability", "target": 99.5, "warning": 99.8},
    {"name": "latency", "threshold_ms": 500, "target": 95, "warning": 97},
]
ANSWERS = {
    ("GET", "/api/v2/settings/objects"): "ObjectsList",
    ("GET", "/api/v2/slo"): "SLOs",
    ("GET", "/api/v2/entities"): "EntitiesList",
    ("GET", "/api/v2/events"): "EventList",
    ("GET", "/api/v2/logs/search"): "LogRecordsList",
    ("GET", "/api/v2/metrics/query"): "MetricData",
}


@pytest.fixture
def fake() -> FakeDynatrace:
    fake = FakeDynatrace(page_size=1)
    for number in range(3):
        fake.add_setting(ZONE["schema_id"], {"name": f"zone {number}"})
        fake.add_slo("orders availability" if number == 1 else f"slo {number}")
        fake.add_entity(f"{SERVICE}{number}", f"service {number}", (SERVICE + "0",) if number else ())
        fake.add_event("CUSTOM_CONFIGURATION", f"change {number}", 100 + number, key="value")
        fake.add_log(100 + number, f"line {number}")
    fake.metrics["builtin:service.response.time", SERVICE] = [(100, 1.0), (160, 2.0)]
    return fake


@pytest.fixture
async def answers(fake: FakeDynatrace) -> list[Exchange]:
    """What was asked and answered while the client did all it can do."""
    client = dynatrace_client(URL, TOKEN, fake.transport)
    zone = await client.settings.ensure(ZONE["schema_id"], ZONE["value"], "k")
    profile = monitoring.alerting_profile("orders", zone["object_id"])
    for setting in (profile, monitoring.auto_tag()):
        await client.settings.ensure(setting["schema_id"], setting["value"], "")
    await client.settings.find(ZONE["schema_id"], name="orders")
    await client.settings.delete(zone["object_id"])
    for objective in monitoring.objectives("orders", OBJECTIVES):
        await client.slos.ensure(objective["definition"], "k")
    await client.slos.delete("slo-1")
    await client.entities.find(monitoring.entity_selector("orders"))
    assert (await client.entities.nodes([SERVICE + "0"]))[0]["called_by"] == [SERVICE + "1", SERVICE + "2"]
    assert len(await client.events.of([SERVICE], 0, 999, "CUSTOM_CONFIGURATION")) == 3
    assert len((await client.logs.search(of_entities([SERVICE], ["ERROR"]), 0, 999))["records"]) == 3
    keys = ["builtin:service.response.time"]
    assert await client.metrics.of(keys, [SERVICE], "dt.entity.service", 0, 999, "1m")
    assert await client.maintenance.windows() == []
    return fake.exchanges


async def test_every_request_is_described(spec: Spec, answers: list[Exchange]) -> None:
    document = spec(SPEC)
    asked = {(request.method, request.url.path.rpartition("/")[2]) for request, _ in answers}
    assert {("POST", "objects"), ("POST", "slo"), ("DELETE", "slo-1")} <= asked
    assert [fault for request, _ in answers for fault in _faults(document, request)] == []


async def test_every_answer_of_the_fake_is_described(spec: Spec, answers: list[Exchange]) -> None:
    document = spec(SPEC)
    checked = set()
    for request, response in answers:
        name = ANSWERS.get((request.method, request.url.path))
        if name:
            body = {key: value for key, value in response.json().items() if value is not None}
            assert schema_faults(document, {"$ref": f"#/components/schemas/{name}"}, body) == []
            checked.add(name)
    assert checked == set(ANSWERS.values())


def _faults(document: dict[str, Any], request: httpx.Request) -> list[str]:
    """The check knows bodies that are objects; a settings body is a list, checked item by item.

    `description` of a value is free: the vendor's document leaves values open, their schemas say more.
    """
    if request.method != "POST" or "settings" not in request.url.path:
        return faults(document, request)
    reference = {"$ref": "#/components/schemas/SettingsObjectCreate"}
    drafts = [{**draft, "value": {}} for draft in body_of(request)]
    return [fault for draft in drafts for fault in schema_faults(document, reference, draft)]
