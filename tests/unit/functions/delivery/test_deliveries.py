"""The subscription `deliveries`: reports become facts, or are kept and listed; killed and redelivered, once."""

import json
import re
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.delivery.deliveries import list_unmatched, on_delivery_event, retry_unmatched
from shared.action_log import ActionLog
from shared.clients.azure_devops import azure_devops_client
from shared.clients.dynatrace import dynatrace_client
from shared.delivery.reporting import reported
from shared.domain.delivery.azure_devops_runs import run_reported
from shared.errors import PoisonMessage, VendorUnavailable
from shared.texts import deliveries
from tests.fakes.azure_devops import TOKEN, URL, FakeAzureDevOps
from tests.fakes.dynatrace import SERVICE, FakeDynatrace
from tests.fakes.dynatrace import TOKEN as DYNATRACE_TOKEN
from tests.fakes.dynatrace import URL as DYNATRACE_URL
from tests.fakes.requests import body_of, function_of, request
from tests.fakes.vendor import status

take = function_of(on_delivery_event)
show = function_of(list_unmatched)
retry = function_of(retry_unmatched)


@pytest.fixture
def vendor(world: Any) -> FakeAzureDevOps:
    made, dynatrace = FakeAzureDevOps(), FakeDynatrace()
    dynatrace.add_entity(SERVICE, "checkout")
    world.__dict__["settings"] = world.settings.__class__(**{**vars(world.settings), "azure_devops_url": URL})
    world.__dict__["azure_devops"] = azure_devops_client(URL, TOKEN, transport=made.transport)
    world.__dict__["dynatrace"] = dynatrace_client(
        DYNATRACE_URL, DYNATRACE_TOKEN, transport=dynatrace.transport
    )
    world.__dict__["action_log"] = ActionLog(world.blob)
    made.other = dynatrace  # type: ignore[attr-defined]
    made.add_run(12, "b" * 40)
    return made


async def register(world: Any) -> None:
    await world.registry.put(
        {
            "name": "checkout",
            "azure_devops": {"project": "Payments", "pipeline_id": 7},
            "dynatrace": {"entity_id": SERVICE},
            "delivery": {"environment": "production"},
        }
    )


def a_report(run_id: str = "12") -> Any:
    place = {"organisation": "contoso", "project": "Payments", "pipeline_id": "7"}
    return reported(*run_reported(place, run_id, "completed", "succeeded", "a hook"))


async def deliver(event: Any) -> None:
    await take(func.ServiceBusMessage(body=event.to_json().encode()))


async def unmatched(world: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body_of(await show(request(token="reader")))["unmatched"]
    return found


async def test_a_report_becomes_a_deployment_and_dynatrace_hears_of_it_once(
    world: Any, vendor: FakeAzureDevOps
) -> None:
    await register(world)

    for _ in range(2):
        await deliver(a_report())
    finished = world.publisher.events
    for event in finished:
        await deliver(event)

    assert {event.type for event in finished} == {"deployment.finished"}
    assert len({event.id for event in finished}) == 1
    assert len(vendor.other.events) == 1  # type: ignore[attr-defined]
    assert await unmatched(world) == []


async def test_what_nobody_registered_is_listed_and_told_once(world: Any, vendor: FakeAzureDevOps) -> None:
    for _ in range(2):
        await deliver(a_report())

    (entry,) = await unmatched(world)
    assert (entry["reason"], entry["tries"]) == ("unregistered", 2)
    assert entry["place"]["pipeline_id"] == "7"
    assert {event.type for event in world.publisher.events} == {"delivery.unmatched"}
    assert len({event.id for event in world.publisher.events}) == 1


async def test_tried_again_once_it_is_registered_it_matches(world: Any, vendor: FakeAzureDevOps) -> None:
    await deliver(a_report())
    (entry,) = await unmatched(world)
    await register(world)

    response = await retry(request("POST", route={"id": entry["id"]}, token="carla"))

    assert body_of(response) == {"id": entry["id"], "matched": True, "reason": ""}
    assert await unmatched(world) == []
    assert world.publisher.events[-1].type == "deployment.finished"


async def test_azure_devops_away_it_is_kept_for_later(world: Any, vendor: FakeAzureDevOps) -> None:
    await register(world)
    vendor.fail("GET", "runs/12", status(503, retry_after="60"))

    await deliver(a_report())

    assert [one["reason"] for one in await unmatched(world)] == ["vendor_away"]


async def test_killed_between_two_facts_the_message_comes_again_with_the_same_ids(
    world: Any, vendor: FakeAzureDevOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(world)
    vendor.deliveries.deployed("preview", 12)
    vendor.deliveries.deployed("production", 12)
    publish = world.publisher.publish

    async def once(event: Any) -> None:
        await publish(event)
        world.publisher.away = True

    monkeypatch.setattr(world.publisher, "publish", once)
    with pytest.raises(VendorUnavailable):
        await deliver(a_report())
    monkeypatch.setattr(world.publisher, "publish", publish)
    world.publisher.away = False
    await deliver(a_report())

    assert len(world.publisher.events) == 3
    assert len({event.id for event in world.publisher.events}) == 2


async def test_blob_away_the_message_comes_again(world: Any, vendor: FakeAzureDevOps) -> None:
    world.blob.away = True

    with pytest.raises(VendorUnavailable):
        await deliver(a_report())


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"data": 1, "type": "x", "id": "1"}', b'{"data": {}}'])
async def test_what_is_no_event_is_a_dead_letter(world: Any, body: bytes) -> None:
    with pytest.raises(PoisonMessage):
        await take(func.ServiceBusMessage(body=body))


async def test_only_readers_see_and_only_admins_try_again(world: Any, vendor: FakeAzureDevOps) -> None:
    assert (await show(request())).status_code == 401
    assert (await retry(request("POST", route={"id": "0" * 32}, token="reader"))).status_code == 403
    assert (await retry(request("POST", route={"id": "../x"}, token="carla"))).status_code == 404


async def test_a_listing_can_be_narrowed(world: Any, vendor: FakeAzureDevOps) -> None:
    await deliver(a_report())

    for query, found in (({"reason": "unregistered"}, 1), ({"reason": "x"}, 0), ({"source": "github"}, 0)):
        shown = body_of(await show(request(query=query, token="reader")))
        assert len(shown["unmatched"]) == found
    assert "told" not in json.dumps(await unmatched(world))


async def test_each_reason_is_explained_in_the_reader_s_language(world: Any, vendor: FakeAzureDevOps) -> None:
    await deliver(a_report())

    listed = [
        body_of(await show(request(token="reader", headers={"Accept-Language": language})))["unmatched"][0]
        for language in ("en", "pt-BR")
    ]

    assert [one["reason"] for one in listed] == ["unregistered", "unregistered"]
    assert "Register the service" in listed[0]["explanation"]
    assert "Registre o serviço" in listed[1]["explanation"]


def test_every_documented_reason_has_its_explanation() -> None:
    page = (Path(__file__).parents[4] / "docs/delivery-events.md").read_text("utf-8")
    table = page.partition("| reason | what to do |")[2].partition("\n\n")[0]
    reasons = {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([a-z_]+)`", row.split("|")[1:2][0] if "|" in row else "")
    }

    assert reasons
    assert {f"unmatched.{name}" for name in reasons} == set(deliveries.TEXTS)
