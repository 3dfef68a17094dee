"""Every request our clients send is one the vendor describes, and every fake answers as described."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from jsonschema import Draft6Validator, Draft202012Validator

from shared.clients.dynatrace import dynatrace_client
from shared.clients.dynatrace.logs import of_entities
from shared.clients.teams import teams_client
from shared.events import new_event
from tests.contract.clients.spec import faults, schema_faults
from tests.fakes import dynatrace, teams
from tests.fakes.vendor import body_of

type Spec = Callable[[str], dict[str, Any]]

SERVICE_STUB = {"entityId": {"id": dynatrace.SERVICE, "type": "SERVICE"}, "name": "payments"}


async def test_dynatrace_describes_every_request_of_ours(spec: Spec) -> None:
    document = spec("dynatrace-env-v2.json")
    fake = dynatrace.FakeDynatrace(page_size=1)
    fake.problems = {name: dynatrace.a_problem(name) for name in ("p1", "-12_3V2")}
    fake.entities[dynatrace.SERVICE] = {"entityId": dynatrace.SERVICE}
    client = dynatrace_client(dynatrace.URL, dynatrace.TOKEN, fake.transport)
    await client.problems.get("-12_3V2")
    await client.problems.open()
    await client.entities.get(dynatrace.SERVICE)
    await client.entities.nodes([dynatrace.SERVICE])
    await client.events.of([dynatrace.SERVICE], 1, 2, "CUSTOM_DEPLOYMENT")
    await client.metrics.of(["builtin:host.cpu.usage"], ["HOST-1"], "dt.entity.host", 1, 2, "1m")
    await client.logs.search(of_entities([dynatrace.SERVICE], ["ERROR"]), 1, 2)
    await client.maintenance.windows()
    await client.metrics.query("builtin:service.errors.total.rate", dynatrace.SERVICE, 1, 2, "1m")
    await client.problems.comment("p1", "k", "text")
    await client.ping()
    assert len(fake.requests) == 13
    assert [found for request in fake.requests for found in faults(document, request)] == []


async def test_the_fake_dynatrace_answers_as_described(spec: Spec) -> None:
    document = spec("dynatrace-env-v2.json")
    schemas = {"$ref": "#/components/schemas/Problem"}
    assert schema_faults(document, schemas, dynatrace.a_problem()) == []


async def test_a_posted_card_is_an_adaptive_card(spec: Spec) -> None:
    document = spec("adaptive-card-1.5.json")
    fake = teams.FakeTeams()
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Olá"}]}
    await teams_client(teams.URL, fake.transport).post_card(card)
    (request,) = fake.requests
    content = body_of(request)["attachments"][0]["content"]
    assert list(Draft6Validator(document).iter_errors(content)) == []


def test_an_event_is_a_cloud_event(spec: Spec) -> None:
    document = spec("cloudevents-1.0.json")
    event = new_event("problem.opened", "urn:dynatrace:abc12345", ("p",), {"a": 1}, subject="p")
    value = httpx.Response(200, text=event.to_json()).json()
    assert list(Draft202012Validator(document).iter_errors(value)) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("GET", "/api/v2/problems?limit=1", None, "unknown parameter limit"),
        ("POST", "/api/v2/problems/p/comments", {"message": "m", "text": "t"}, "unknown field text"),
        ("POST", "/api/v2/problems/p/comments", {"context": "c"}, "'message' is a required property"),
        ("POST", "/api/v2/problems/p/comments", {"message": 7}, "7 is not of type 'string'"),
    ],
)
def test_the_check_itself_finds_what_is_wrong(
    spec: Spec, method: str, path: str, body: Any, fault: str
) -> None:
    request = httpx.Request(method, f"https://vendor.test{path}", json=body)
    assert fault in faults(spec("dynatrace-env-v2.json"), request)
