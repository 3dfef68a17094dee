"""GET /api/operations: what runs, with its steps; for readers only."""

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.models.operations import Operation
from functions.operations.operations import get_operation, get_postmortem, list_operations
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.requests import body_of, function_of, request

get = function_of(get_operation)
list_all = function_of(list_operations)
postmortem = function_of(get_postmortem)

STATUS = {
    "outcome": None,
    "steps": [
        {"name": "open_incident", "state": "done", "started_at": "t", "ended_at": "t", "result": "created"}
    ],
    "links": {"approval": "https://app.example/api/approvals/op-1"},
    "case": {"title": "t"},
    "approval": {
        "action": {"type": "redeploy"},
        "action_hash": "0" * 64,
        "risk": "medium",
        "requested_by": "valueflow",
        "approvers_needed": 1,
        "approved_by": [],
        "expires_at": "2099-01-01T00:00:00Z",
        "state": "waiting",
    },
}


@pytest.fixture
def running(client: FakeDurableClient) -> Instance:
    return client.add(Instance("remediate_problem", "op-1", custom_status=STATUS))


async def test_an_operation_shows_its_steps_and_has_the_published_shape(
    world: Any, client: FakeDurableClient, running: Instance
) -> None:
    response = await get(request(route={"id": "op-1"}, token="reader"), client)

    told = Operation.model_validate(body_of(response))
    assert told.state == "running"
    assert told.steps[0].result == "created"


async def test_only_an_approver_gets_the_signed_link(
    world: Any, client: FakeDurableClient, running: Instance
) -> None:
    of_reader = body_of(await get(request(route={"id": "op-1"}, token="reader"), client))
    of_approver = body_of(await get(request(route={"id": "op-1"}, token="ana"), client))

    assert "token=" not in of_reader["links"]["approval"]
    assert "token=" in of_approver["links"]["approval"]


async def test_a_failed_operation_says_why(world: Any, client: FakeDurableClient) -> None:
    client.add(Instance("remediate_problem", "op-2", status="FAILED", failure="open_incident: away"))

    told = body_of(await get(request(route={"id": "op-2"}, token="reader"), client))

    assert (told["state"], told["error"]) == ("failed", "open_incident: away")


@pytest.mark.parametrize("operation_id", ["nobody", "../x", "a b", "x" * 200])
async def test_an_unknown_operation_is_not_found(
    world: Any, client: FakeDurableClient, operation_id: str
) -> None:
    assert (await get(request(route={"id": operation_id}, token="reader"), client)).status_code == 404


async def test_strangers_see_nothing(world: Any, client: FakeDurableClient, running: Instance) -> None:
    for handler in (get, list_all):
        assert (await handler(request(route={"id": "op-1"}), client)).status_code == 401
    assert (await postmortem(request(route={"id": "op-1"}))).status_code == 401


async def test_the_list_is_newest_first_and_can_be_narrowed(world: Any, client: FakeDurableClient) -> None:
    for day, status in ((1, "COMPLETED"), (2, "RUNNING"), (3, "FAILED")):
        created = datetime(2026, 11, day, tzinfo=UTC)
        client.add(Instance("remediate_problem", f"op-{day}", status=status, created_at=created))

    all_of_them = body_of(await list_all(request(token="reader"), client))["operations"]
    failed = body_of(await list_all(request(token="reader", query={"state": "failed"}), client))["operations"]
    one = body_of(await list_all(request(token="reader", query={"limit": "1"}), client))["operations"]

    assert [operation["id"] for operation in all_of_them] == ["op-3", "op-2", "op-1"]
    assert [operation["id"] for operation in failed] == ["op-3"]
    assert [operation["id"] for operation in one] == ["op-3"]


@pytest.mark.parametrize("query", [{"state": "lost"}, {"limit": "0"}, {"limit": "many"}, {"limit": "201"}])
async def test_a_wrong_narrowing_is_refused(
    world: Any, client: FakeDurableClient, query: dict[str, str]
) -> None:
    response = await list_all(request(token="reader", query=query), client)

    assert response.status_code == 400
    assert body_of(response)["errors"][0]["field"] == next(iter(query))


async def test_a_postmortem_is_markdown_for_tools(world: Any) -> None:
    world.blob.blobs["postmortems/op-1.md"] = b"# INC1"

    response = await postmortem(request(route={"id": "op-1"}, token="reader"))

    assert response.get_body() == b"# INC1"
    assert response.mimetype == "text/markdown"
    assert (await postmortem(request(route={"id": "op-2"}, token="reader"))).status_code == 404


async def test_a_postmortem_is_a_page_for_people_and_trusts_no_markup_in_it(world: Any) -> None:
    text = "# INC1\n\n## Impact\n\n- **Run** 104 https://dev.example/1\n- <b>x</b> javascript:alert(1)\n"
    world.blob.blobs["postmortems/op-1.md"] = text.encode()

    response = await postmortem(
        request(
            route={"id": "op-1"}, token="reader", headers={"Accept": "text/html", "Accept-Language": "en"}
        )
    )

    page = response.get_body().decode()
    assert response.mimetype == "text/html"
    assert '<strong>Run</strong> <a href="https://dev.example/1" rel="noreferrer">104</a>' in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    assert 'href="javascript' not in page
    assert "script-src" not in response.headers["Content-Security-Policy"]


async def test_a_person_who_follows_the_link_to_a_postmortem_is_sent_to_sign_in(world: Any) -> None:
    response = await postmortem(request(route={"id": "op-1"}, headers={"Accept": "text/html"}))

    assert response.status_code == 302
    assert response.headers["Location"] == (
        "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Foperations%2Fop-1%2Fpostmortem"
    )
