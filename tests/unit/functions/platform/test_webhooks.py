"""POST /api/webhooks/{source}: proven, enveloped, on the topic; or refused with a reason and nothing half-done."""

import json
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.platform.webhooks import receive_webhook
from tests.fakes.requests import body_of, function_of, request

EVENTS = Path(__file__).parents[3] / "events"
SECRET = {"x-valueflow-secret": "change-me-to-32-random-characters"}
post = function_of(receive_webhook)


def notification(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((EVENTS / "dynatrace.problem.open.json").read_text())
    return told | changes


async def receive(
    body: Any, source: str = "dynatrace", headers: dict[str, str] = SECRET
) -> func.HttpResponse:
    return await post(request("POST", body=body, route={"source": source}, headers=headers))


async def test_a_notification_becomes_an_event(world: Any) -> None:
    response = await receive(notification())

    assert response.status_code == 202
    (event,) = world.publisher.events
    assert body_of(response) == {"event_id": event.id, "type": "problem.opened"}
    assert event.data["problem_id"] == "-5484926423489872843_1763726400000V2"
    assert event.data["start_ms"] == 1763726400000
    assert event.data["entities"] == [{"id": "SERVICE-4D1A0B7C", "name": "checkout", "type": "SERVICE"}]


async def test_the_vendor_s_documented_example_is_understood(world: Any) -> None:
    response = await receive((EVENTS / "dynatrace.documented.open.json").read_text())

    assert response.status_code == 202
    (event,) = world.publisher.events
    assert event.data["problem_id"] == "99999"
    assert event.data["start_ms"] is None
    assert event.data["url"] == "https://example.com"


async def test_the_same_notification_is_the_same_event(world: Any) -> None:
    for _ in range(3):
        await receive(notification())

    assert len({event.id for event in world.publisher.events}) == 1


async def test_open_and_resolved_are_two_events_of_one_problem(world: Any) -> None:
    await receive(notification())
    await receive(notification(State="RESOLVED"))

    assert [event.type for event in world.publisher.events] == ["problem.opened", "problem.resolved"]
    assert len({event.id for event in world.publisher.events}) == 2


@pytest.mark.parametrize("state", ["MERGED", "SOMETHING_NEW"])
async def test_an_unknown_state_is_recorded_as_such(world: Any, state: str) -> None:
    assert (await receive(notification(State=state))).status_code == 202
    assert world.publisher.events[0].type == "problem.unrecognised"


@pytest.mark.parametrize(
    "headers", [{}, {"x-valueflow-secret": ""}, {"x-valueflow-secret": "forged-secret-123"}]
)
async def test_without_the_secret_nothing_is_read(world: Any, headers: dict[str, str]) -> None:
    response = await receive("not even json", headers=headers)

    assert response.status_code == 401
    assert body_of(response)["title"] == "Not authenticated"
    assert world.publisher.events == []


async def test_an_unknown_source_is_not_found(world: Any) -> None:
    assert (await receive(notification(), source="nobody")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", ""),
        ("[]", ""),
        ("[" * 100_000, ""),
        (b"\xff\xfe", ""),
        (notification(PID=""), "PID"),
        ('{"PID": "\\ud800", "State": "OPEN"}', "PID"),
        (notification(State=None), "State"),
        (notification(ImpactedEntities=[{"name": "x"}]), "ImpactedEntities.0.entity"),
    ],
    ids=[
        "broken",
        "a list",
        "deep",
        "not text",
        "no id",
        "half a character",
        "no state",
        "entity without id",
    ],
)
async def test_a_wrong_shape_is_refused_by_field(world: Any, body: Any, field: str) -> None:
    response = await receive(body)

    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert field in [fault["field"] for fault in body_of(response)["errors"]]
    assert world.publisher.events == []


async def test_a_refusal_never_echoes_what_was_sent(world: Any) -> None:
    response = await receive(
        notification(PID="", State=["maria@example.com"], ImpactedEntities="529.982.247-25")
    )

    text = response.get_body().decode()
    assert response.status_code == 400
    assert "maria" not in text
    assert "529.982" not in text


async def test_a_large_body_is_refused_before_it_is_read(world: Any) -> None:
    response = await receive(b"x" * (256 * 1024 + 1), headers={})

    assert response.status_code == 413


async def test_service_bus_away_is_503_with_a_time_to_come_back(world: Any) -> None:
    world.publisher.away = True

    response = await receive(notification())

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "7"


async def test_an_unexpected_error_is_500_without_its_words(world: Any) -> None:
    world.__dict__["publisher"] = None

    response = await receive(notification())

    assert response.status_code == 500
    assert "NoneType" not in response.get_body().decode()
