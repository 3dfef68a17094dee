"""Environments over HTTP: seen with their ends, extended on a page or by JSON, stopped and started on demand."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.services.environments import (
    extend_environment,
    list_environments,
    show_environment,
    start_environment,
    stop_environment,
)
from shared.domain.service.environments import iso, moment
from shared.security import links
from tests.fakes.durable import FakeDurableClient
from tests.fakes.environments import HOURS, NAME, a_service, an_environment
from tests.fakes.requests import body_of, function_of, request

show, extend, listed = (
    function_of(each) for each in (show_environment, extend_environment, list_environments)
)
stop, start = function_of(stop_environment), function_of(start_environment)

ROUTE = {"name": "orders", "environment": NAME}
HTML = {"Accept": "text/html", "Accept-Language": "en"}
FORM = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}


def from_now(**duration: float) -> str:
    return iso(datetime.now(UTC) + timedelta(**duration))


@pytest.fixture
async def registered(world: Any) -> dict[str, Any]:
    """A development environment of the reader's that ends in ten hours, and an admin's carla."""
    environment = an_environment(
        created_at=from_now(days=-1),
        ends_at=from_now(hours=10),
        announced_for=from_now(hours=10),
        requested_by="id-of-reader",
        requested_by_name="Rita <b>",
    )
    await world.registry.put(a_service(environment))
    return environment


async def change(world: Any, **fields: Any) -> None:
    service = await world.registry.get("orders")
    await world.registry.put(a_service({**service["environments"][NAME], **fields}))


async def kept(world: Any) -> dict[str, Any]:
    service = await world.registry.get("orders")
    found: dict[str, Any] = service["environments"][NAME]
    return found


def link(world: Any, name: str = "orders", environment: str = NAME) -> dict[str, str]:
    address = links.environment_address(
        "",
        world.settings.link_secrets,
        name,
        environment,
        expires_at_s=int(datetime.now(UTC).timestamp()) + 60,
    )
    return {"token": address.partition("token=")[2]}


async def page(world: Any, person: str, **headers: str) -> Any:
    return await show(request(route=ROUTE, query=link(world), token=person, headers={**HTML, **headers}))


async def submit(world: Any, client: FakeDurableClient, person: str, fields: dict[str, str]) -> Any:
    body = urlencode(fields)
    return await extend(
        request("POST", route=ROUTE, query=link(world), token=person, headers=FORM, body=body), client
    )


async def form_of(world: Any, person: str) -> dict[str, str]:
    text = (await page(world, person)).get_body().decode()
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', text))


async def post(client: FakeDurableClient, person: str, body: Any, route: dict[str, str] = ROUTE) -> Any:
    return await extend(request("POST", route=route, token=person, body=body), client)


async def test_all_environments_are_listed_those_that_end_first_before(
    world: Any, registered: dict[str, Any]
) -> None:
    await world.registry.put(a_service(an_environment(None), "billing"))
    await world.registry.put(a_service(an_environment(ends_at=from_now(hours=2)), "accounts"))
    await world.registry.put({"name": "by-hand", "product": "p", "owner": "o"})

    told = body_of(await listed(request(token="reader")))["environments"]

    assert [each["service"] for each in told] == ["accounts", "orders", "billing"]
    assert told[1] | {"created_at": "", "working_hours": ""} == {
        "service": "orders",
        "environment": NAME,
        "product": "order-to-cash",
        "owner": "team-orders",
        "state": "running",
        "requested_by_name": "Rita <b>",
        "created_at": "",
        "ends_at": registered["ends_at"],
        "announced": True,
        "working_hours": "",
        "operation_id": None,
        "problem": "",
    }
    assert "id-of" not in str(told)


async def test_the_list_needs_a_token(world: Any) -> None:
    assert (await listed(request())).status_code == 401


async def test_the_answers_are_what_openapi_promises(world: Any, registered: dict[str, Any]) -> None:
    from functions.models.environments import EnvironmentList

    await change(world, working_hours=HOURS)

    EnvironmentList.model_validate(body_of(await listed(request(token="reader"))), extra="forbid")


@pytest.mark.parametrize("person", ["reader", "carla"])
async def test_its_owner_and_an_admin_extend_it_by_hours_from_now(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], person: str
) -> None:
    response = await post(client, person, {"hours": 48})

    assert response.status_code == 200
    told = body_of(response)
    assert abs(moment(told["ends_at"]) - datetime.now(UTC) - timedelta(hours=48)) < timedelta(minutes=1)
    assert told["announced"] is False
    environment = await kept(world)
    assert environment["ends_at"] == told["ends_at"]
    assert environment["extension"]["by"] == f"id-of-{person}"
    assert environment["extension"]["from"] == registered["ends_at"]


async def test_it_is_extended_until_a_time_of_any_zone(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=20)).replace(microsecond=0)
    body = {"until": until.astimezone().isoformat()}

    for _ in range(2):
        assert body_of(await post(client, "reader", body))["ends_at"] == iso(until)


async def test_an_extension_is_told_at_once(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    response = await post(client, "reader", {"hours": 48})

    (instance,) = client.instances.values()
    assert instance.request["action"] == "extend"
    assert body_of(response)["operation_id"] == instance.instance_id


async def test_an_extension_counts_even_when_nothing_can_be_started_now(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(client, "get_orchestration_state", away)
    response = await post(client, "reader", {"hours": 48})

    assert response.status_code == 200
    assert (await kept(world))["ends_at"] == body_of(response)["ends_at"]


async def test_nobody_else_extends_stops_or_starts_it(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    sent = request("POST", route=ROUTE, token="ana")

    for response in (
        await post(client, "ana", {"hours": 48}),
        await stop(sent, client),
        await start(sent, client),
    ):
        assert response.status_code == 403
    assert await kept(world) == registered
    assert client.starts == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"hours": 1, "until": "2026-11-21T12:00:00Z"}, ""),
        ({"hours": 0}, "hours"),
        ({"hours": "many"}, "hours"),
        ({"hours": 9}, "until"),
        ({"hours": 169}, "until"),
        ({"until": "2026-11-21T12:00:00"}, "until"),
        ({"until": "2020-01-01T12:00:00Z"}, "until"),
        ({"hours": 48, "days": 2}, "days"),
    ],
    ids=str,
)
async def test_what_is_no_extension_is_refused_by_field(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    response = await post(client, "reader", body)

    assert response.status_code in (400, 422)
    assert [fault["field"] for fault in body_of(response)["errors"]] == [field]
    assert await kept(world) == registered


async def test_its_golden_path_limits_how_long(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from shared.golden_paths import catalogue

    path = SimpleNamespace(name="short-lived", policies={"lifetime": {"max_hours": {NAME: 24, "preview": 8}}})
    monkeypatch.setattr(catalogue, "all_paths", lambda: (path,))
    service = await world.registry.get("orders")
    await world.registry.put({**service, "golden_path": {"name": "short-lived", "version": "1.0.0"}})

    refused = await post(client, "reader", {"hours": 24.5})
    assert "at most 24 hours" in body_of(refused)["detail"]
    assert (await post(client, "reader", {"hours": 24})).status_code == 200


@pytest.mark.parametrize("state", ["destroying", "destroy_failed", "destroyed"])
async def test_what_has_ended_is_a_conflict(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], state: str
) -> None:
    await change(world, state=state)
    sent = request("POST", route=ROUTE, token="reader")

    for response in (
        await post(client, "reader", {"hours": 48}),
        await stop(sent, client),
        await start(sent, client),
    ):
        assert response.status_code == 409
        assert state in body_of(response)["detail"]


async def test_production_is_a_conflict(world: Any, client: FakeDurableClient) -> None:
    service = a_service(an_environment())
    await world.registry.put({**service, "environments": {"production": an_environment()}})
    route = {**ROUTE, "environment": "production"}

    assert (await post(client, "carla", {"hours": 48}, route)).status_code == 409
    assert (await stop(request("POST", route=route, token="carla"), client)).status_code == 409


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ({"name": "nobody", "environment": NAME}, 404),
        ({"name": "orders", "environment": "preview"}, 404),
        ({"name": "../orders", "environment": NAME}, 400),
    ],
)
async def test_what_is_not_there_is_said_so(
    world: Any, client: FakeDurableClient, registered: dict[str, Any], route: dict[str, str], status: int
) -> None:
    assert (await post(client, "reader", {"hours": 48}, route)).status_code == status
    assert (await show(request(route=route, token="reader"))).status_code == status


async def test_it_is_stopped_and_started_on_demand(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    stopped = await stop(request("POST", route=ROUTE, token="reader"), client)

    assert stopped.status_code == 202
    (instance,) = client.instances.values()
    assert instance.request["action"] == "stop"
    assert body_of(stopped)["operation_id"] == instance.instance_id

    await change(world, state="stopped", action=None)
    started = await start(request("POST", route=ROUTE, token="reader"), client)
    assert started.status_code == 202
    assert [each.request["action"] for each in client.instances.values()] == ["stop", "start"]


async def test_asked_for_what_it_is_already_nothing_is_run(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    response = await start(request("POST", route=ROUTE, token="reader"), client)

    assert response.status_code == 202
    assert body_of(response)["operation_id"] is None
    assert client.starts == 0


async def test_json_shows_one(world: Any, registered: dict[str, Any]) -> None:
    told = body_of(await show(request(route=ROUTE, token="reader")))

    assert (told["service"], told["ends_at"]) == ("orders", registered["ends_at"])


async def test_its_owner_extends_it_on_the_page(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    response = await submit(world, client, "reader", {**await form_of(world, "reader"), "hours": "34"})

    text = response.get_body().decode()
    assert response.status_code == 200
    assert "Extended until" in text
    ends_at = moment((await kept(world))["ends_at"])
    assert abs(ends_at - datetime.now(UTC) - timedelta(hours=34)) < timedelta(minutes=1)


async def test_the_page_offers_hours_within_the_limit_and_escapes_words_from_outside(
    world: Any, registered: dict[str, Any]
) -> None:
    text = (await page(world, "reader")).get_body().decode()

    assert [int(hours) for hours in re.findall(r'name="hours" value="(\d+)"', text)] == [18, 34, 82, 168]
    assert "Rita &lt;b&gt;" in text
    assert "<script" not in text


async def test_the_page_speaks_the_browser_s_language(world: Any, registered: dict[str, Any]) -> None:
    english = (await page(world, "reader")).get_body().decode()
    portuguese = html.unescape(
        (await page(world, "reader", **{"Accept-Language": "pt-BR"})).get_body().decode()
    )

    assert "Keep the environment until" in english
    assert "Manter o ambiente até" in portuguese
    assert "Prorrogar" in portuguese


async def test_times_are_those_of_its_people_s_clocks(world: Any, registered: dict[str, Any]) -> None:
    await change(world, working_hours=HOURS)

    assert "(America/Sao_Paulo)" in (await page(world, "reader")).get_body().decode()


async def test_the_page_may_neither_be_framed_nor_cached(world: Any, registered: dict[str, Any]) -> None:
    headers = (await page(world, "reader")).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


async def test_another_person_sees_it_without_a_form(world: Any, registered: dict[str, Any]) -> None:
    text = (await page(world, "ana")).get_body().decode()

    assert "orders" in text
    assert "Rita &lt;b&gt;, who asked for it, or Platform.Admin may extend it" in text
    assert "<button" not in text


@pytest.mark.parametrize("fields", [{"state": "destroyed"}, {"ends_at": None}])
async def test_the_page_of_one_that_ended_or_never_ends_has_no_form(
    world: Any, registered: dict[str, Any], fields: dict[str, Any]
) -> None:
    await change(world, **fields)

    text = (await page(world, "reader")).get_body().decode()

    assert "nothing to extend" in text
    assert "<button" not in text


async def test_one_that_lives_as_long_as_is_allowed_says_so(world: Any, registered: dict[str, Any]) -> None:
    await change(world, ends_at=from_now(hours=168))

    text = (await page(world, "reader")).get_body().decode()

    assert "as long as is allowed" in text
    assert "<button" not in text


async def test_a_stranger_is_asked_to_sign_in_and_sees_nothing(
    world: Any, registered: dict[str, Any]
) -> None:
    response = await page(world, "")

    text = response.get_body().decode()
    assert response.status_code == 401
    assert (
        "post_login_redirect_uri=%2Fapi%2Fservices%2Forders%2Fenvironments%2Fdevelopment%2Fextend%3Ftoken%3D"
        in text
    )
    assert "Rita" not in text


async def test_the_page_needs_its_own_signed_link(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    for query in ({}, {"token": "9.x"}, link(world, environment="preview")):
        seen = await show(request(route=ROUTE, query=query, token="reader", headers=HTML))
        sent = await extend(
            request("POST", route=ROUTE, query=query, token="reader", headers=FORM, body="hours=34"), client
        )
        assert (seen.status_code, sent.status_code) == (403, 403)
        assert "Rita" not in seen.get_body().decode()


async def test_a_form_that_is_not_this_person_s_is_refused(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    for form in ("", "9999999999.0", (await form_of(world, "reader"))["form"]):
        response = await submit(world, client, "carla", {"form": form, "hours": "34"})
        assert response.status_code == 403
    assert await kept(world) == registered


async def test_a_form_that_asks_for_too_much_is_answered_with_the_form(
    world: Any, client: FakeDurableClient, registered: dict[str, Any]
) -> None:
    response = await submit(world, client, "reader", {**await form_of(world, "reader"), "hours": "500"})

    text = response.get_body().decode()
    assert response.status_code in (400, 422)
    assert "at most 168 hours" in text
    assert "<button" in text
