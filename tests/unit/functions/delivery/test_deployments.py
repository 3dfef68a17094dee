"""POST /api/deployments: a deployment of any tool, ours or a CDEvent; refused by field, taken once."""

from typing import Any

import azure.functions as func
import pytest

from functions.delivery.deployments import report_deployment
from tests.fakes.hooks import COMMIT
from tests.fakes.requests import body_of, function_of, request

post = function_of(report_deployment)


def an_event(**data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/argo/checkout",
        "type": "deployment.finished",
        "data": {
            "id": "d-1",
            "service": "checkout",
            "environment": "Prod",
            "version": "1.4.2",
            "commit": COMMIT,
            "started_at": "2026-11-20T07:00:00-03:00",
            "finished_at": "2026-11-20T07:05:00-03:00",
            "result": "succeeded",
            **data,
        },
    }


def a_cdevent(kind: str = "deployed.0.1.1", **content: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "c-1",
        "source": "/argo",
        "type": f"dev.cdevents.service.{kind}",
        "data": {
            "context": {"version": "0.4.1", "timestamp": "2026-11-20T10:05:00Z"},
            "subject": {
                "id": "namespace/checkout",
                "source": "/argo",
                "type": "service",
                "content": {
                    "environment": {"id": "production"},
                    "artifactId": f"pkg:git/contoso/checkout@{COMMIT}",
                    **content,
                },
            },
        },
    }


async def send(body: Any, token: str = "bruno") -> func.HttpResponse:
    return await post(request("POST", body=body, token=token))


async def test_a_deployment_is_reported_with_its_times_in_utc(world: Any) -> None:
    response = await send(an_event())

    assert response.status_code == 202
    (event,) = world.publisher.events
    assert body_of(response) == {"event_id": event.id, "deployment_id": "api:d-1:production"}
    assert event.data["place"]["service"] == "checkout"
    assert event.data["told"]["finished_at"] == "2026-11-20T10:05:00.000Z"
    assert event.data["told"]["who"] == "id-of-bruno"


async def test_the_same_event_twice_is_one(world: Any) -> None:
    await send(an_event())
    await send(an_event())

    assert len({event.id for event in world.publisher.events}) == 1


@pytest.mark.parametrize(
    ("kind", "how"),
    [("deployed.0.1.1", "pipeline"), ("upgraded.0.2.0", "pipeline"), ("rolledback", "rollback")],
)
async def test_a_cdevent_of_a_service_is_an_end_that_went_well(world: Any, kind: str, how: str) -> None:
    assert (await send(a_cdevent(kind))).status_code == 202

    told = world.publisher.events[0].data["told"]
    assert (told["how"], told["result"], told["commit"]) == (how, "succeeded", COMMIT)
    assert told["environment"] == "production"


async def test_a_cdevent_without_an_envelope_is_the_one_in_it(world: Any) -> None:
    enveloped = a_cdevent()
    context = {name: enveloped[name] for name in ("id", "source", "type")}
    bare = {
        "context": context | {"timestamp": "2026-11-20T10:05:00Z"},
        "subject": enveloped["data"]["subject"],
    }

    assert (await send(enveloped)).status_code == (await send(bare)).status_code == 202

    first, second = world.publisher.events
    assert first.id == second.id
    assert first.data["told"] == second.data["told"]


async def test_what_is_wrong_with_the_whole_is_said_in_words(world: Any) -> None:
    response = await send(an_event(result=None))

    assert "finished_at" in body_of(response)["detail"]
    assert "Value error" not in str(body_of(response))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (an_event(result=None), "data"),
        (an_event(finished_at="2026-11-20T10:05:00"), "data.finished_at"),
        (an_event(service="Not A Name"), "data.service"),
        (an_event(commit="HEAD"), "data.commit"),
        (an_event(commits=[{"sha": f"{n:040x}"} for n in range(501)]), "data.commits"),
        (an_event(password="x"), "data.password"),
        (an_event() | {"type": "something.else"}, "type"),
        (an_event(result=None, finished_at=None), "data.result"),
        (a_cdevent("removed"), "type"),
        (a_cdevent(environment={}), "data.environment"),
        (a_cdevent(artifactId="latest"), "data.version"),
        (a_cdevent() | {"data": {"subject": "?"}}, "data.service"),
        ({}, "id"),
        ("{", ""),
    ],
)
async def test_a_wrong_shape_is_refused_by_field(world: Any, body: Any, field: str) -> None:
    response = await send(body)

    assert response.status_code == 400
    assert field in [fault["field"] for fault in body_of(response)["errors"]]
    assert world.publisher.events == []


async def test_who_may_only_read_tells_nothing(world: Any) -> None:
    assert (await send(an_event(), token="reader")).status_code == 403
    assert (await send(an_event(), token="")).status_code == 401
    assert world.publisher.events == []


async def test_service_bus_away_is_said(world: Any) -> None:
    world.publisher.away = True

    assert (await send(an_event())).status_code == 503
