"""The approval page and its JSON twin: see what is to be allowed, and decide exactly that."""

import copy
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions.operations.approvals import decide_approval, show_approval
from functions.operations.operations import find_operation, signed_link
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.requests import body_of, function_of, request

show = function_of(show_approval)
decide = function_of(decide_approval)

HASH = "a" * 64
STATUS: dict[str, Any] = {
    "outcome": None,
    "steps": [],
    "links": {"incident": "https://snow.example/INC1"},
    "case": {
        "title": "Failure <rate>",
        "service": "checkout",
        "hypothesis": "Deployment 102",
        "confidence": 80,
        "author": "embedded",
        "cited": "E1",
        "refuted_by": "x",
        "evidence": [{"id": "E1", "text": "failure rate is 12 %"}],
        "missing": ["metric"],
        "risk": "medium",
        "action_text": "redeploy run 101",
    },
    "approval": {
        "action": {"type": "redeploy_run", "run_id": 101},
        "action_hash": HASH,
        "risk": "medium",
        "requested_by": "valueflow",
        "approvers_needed": 1,
        "approved_by": [],
        "expires_at": "2099-01-01T00:00:00Z",
        "state": "waiting",
    },
}
HTML = {"Accept": "text/html", "Accept-Language": "en"}
FORM = {**HTML, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def waiting(client: FakeDurableClient) -> Instance:
    return client.add(Instance("remediate_problem", "op-1", custom_status=copy.deepcopy(STATUS)))


async def link_token(client: Any) -> str:
    address = signed_link(await find_operation(client, "op-1"))
    return str(parse_qs(urlsplit(address).query)["token"][0])


async def page(client: FakeDurableClient, person: str, **headers: str) -> Any:
    query = {"token": await link_token(client)}
    return await show(
        request(route={"id": "op-1"}, query=query, token=person, headers={**HTML, **headers}), client
    )


async def submit(client: FakeDurableClient, person: str, fields: dict[str, str]) -> Any:
    query = {"token": await link_token(client)}
    return await decide(
        request(
            "POST", route={"id": "op-1"}, query=query, token=person, headers=FORM, body=urlencode(fields)
        ),
        client,
    )


async def form_of(client: FakeDurableClient, person: str) -> dict[str, str]:
    html = (await page(client, person)).get_body().decode()
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', html))


async def test_a_person_decides_on_the_page(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    response = await submit(
        client, "ana", {**await form_of(client, "ana"), "decision": "approve", "comment": "go"}
    )

    assert response.status_code == 202
    ((name, told),) = waiting.events
    assert name == "decision"
    assert told | {"at": ""} == {
        "decision": "approve",
        "action_hash": HASH,
        "person_id": "id-of-ana",
        "person_name": "Ana",
        "at": "",
        "comment": "go",
        "roles": ["Platform.Approver"],
        "expires_at": "2099-01-01T00:00:00Z",
    }


async def test_the_page_shows_what_will_be_run_and_escapes_words_from_outside(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    html = (await page(client, "ana")).get_body().decode()

    assert "redeploy run 101" in html
    assert HASH in html
    assert "Failure &lt;rate&gt;" in html
    assert "<script" not in html


async def test_the_page_of_a_request_shows_its_facts_and_no_cause(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    facts = [{"title": "Team", "value": "time <loja>"}]
    case = {"title": "New service orders", "service": "orders", "action_text": "New service orders"}
    status = {**copy.deepcopy(STATUS), "links": {}, "case": {**case, "facts": facts}}
    client.add(Instance("provision_service", "op-1", custom_status=status))

    shown = (await page(client, "ana")).get_body().decode()

    assert "time &lt;loja&gt;" in shown
    assert "Probable cause" not in shown


async def test_the_page_speaks_the_browser_s_language(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    english = (await page(client, "ana")).get_body().decode()
    portuguese = (await page(client, "ana", **{"Accept-Language": "pt-BR"})).get_body().decode()

    assert "Proposed action" in english
    assert "Ação proposta" in portuguese


async def test_the_page_may_neither_be_framed_nor_cached(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    headers = (await page(client, "ana")).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


async def test_a_reader_sees_but_has_no_buttons(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    html = (await page(client, "reader")).get_body().decode()

    assert "redeploy run 101" in html
    assert "<button" not in html


async def test_a_stranger_is_asked_to_sign_in_and_sees_nothing(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await page(client, "")

    html = response.get_body().decode()
    assert response.status_code == 401
    assert "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fapprovals%2Fop-1%3Ftoken%3D" in html
    assert "redeploy" not in html


async def test_the_page_needs_the_signed_link(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await show(
        request(route={"id": "op-1"}, query={"token": "9.x"}, token="ana", headers=HTML), client
    )

    assert response.status_code == 403
    assert "redeploy" not in response.get_body().decode()


@pytest.mark.parametrize("form", ["", "9999999999.0"], ids=["none", "made up"])
async def test_a_form_we_did_not_give_is_refused(
    world: Any, client: FakeDurableClient, waiting: Instance, form: str
) -> None:
    response = await submit(client, "ana", {"action_hash": HASH, "decision": "approve", "form": form})

    assert response.status_code == 403
    assert waiting.events == []


async def test_another_person_s_form_is_refused(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await submit(client, "carla", {**await form_of(client, "ana"), "decision": "approve"})

    assert response.status_code == 403
    assert waiting.events == []


async def test_a_reader_cannot_decide(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    for headers in ({}, FORM):
        body = {"action_hash": HASH, "decision": "approve"}
        response = await decide(
            request("POST", route={"id": "op-1"}, token="reader", headers=headers, body=body), client
        )
        assert response.status_code == 403
    assert waiting.events == []


async def test_a_tool_decides_with_json(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    body = {"action_hash": HASH, "decision": "refuse", "comment": "no"}

    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)

    assert response.status_code == 202
    assert waiting.events[0][1]["decision"] == "refuse"


async def test_json_shows_the_same(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    told = body_of(await show(request(route={"id": "op-1"}, token="reader"), client))

    assert told["approval"]["action_hash"] == HASH


async def test_a_changed_action_needs_a_new_look(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    body = {"action_hash": "b" * 64, "decision": "approve"}

    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)

    assert response.status_code == 409
    assert "changed" in body_of(response)["detail"]
    assert waiting.events == []


@pytest.mark.parametrize(("field", "value"), [("state", "approve"), ("state", "expired")])
async def test_a_late_decision_is_told_so(
    world: Any, client: FakeDurableClient, waiting: Instance, field: str, value: str
) -> None:
    waiting.custom_status["approval"][field] = value
    body = {"action_hash": HASH, "decision": "approve"}

    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)

    assert response.status_code == 409
    assert waiting.events == []


async def test_a_decision_after_the_time_is_late_whatever_the_orchestration_has_noticed(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status["approval"]["expires_at"] = "2020-01-01T00:00:00Z"
    body = {"action_hash": HASH, "decision": "approve"}

    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)

    assert response.status_code == 409
    assert waiting.events == []


async def test_an_approval_for_administrators_is_decided_by_them_alone(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status["approval"]["role"] = "Platform.Admin"
    body = {"action_hash": HASH, "decision": "approve"}

    refused = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)
    seen = (await page(client, "ana")).get_body().decode()
    taken = await decide(request("POST", route={"id": "op-1"}, token="carla", body=body), client)

    assert refused.status_code == 403
    assert "Platform.Admin" in body_of(refused)["detail"]
    assert "the role Platform.Admin is missing" in seen
    assert "<button" not in seen
    assert taken.status_code == 202
    assert [told["person_id"] for _, told in waiting.events] == ["id-of-carla"]


async def test_who_asked_may_refuse_and_not_approve(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status["approval"]["requested_by"] = "id-of-ana"
    body = {"action_hash": HASH, "decision": "approve"}

    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)
    seen = (await page(client, "ana")).get_body().decode()

    assert (response.status_code, body_of(response)["reason"]) == (409, "own_request")
    assert 'value="approve"' not in seen
    assert 'value="refuse"' in seen


async def test_who_approved_is_told_that_another_must(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status["approval"] |= {"approvers_needed": 2, "approved_by": ["id-of-ana"]}

    mine = (await page(client, "ana")).get_body().decode()
    others = (await page(client, "carla")).get_body().decode()

    assert "somebody else must, too" in mine
    assert 'value="approve"' not in mine
    assert 'value="approve"' in others


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("automatic", "without an approval"),
        ("expired", "expired"),
        ("refuse", "refused"),
        ("approve", "approved"),
    ],
)
async def test_what_was_decided_is_said_in_words(
    world: Any, client: FakeDurableClient, waiting: Instance, state: str, words: str
) -> None:
    waiting.custom_status["approval"]["state"] = state

    seen = (await page(client, "ana")).get_body().decode()

    assert words in seen
    assert "<button" not in seen


async def test_a_refusal_of_the_page_speaks_the_reader_s_language(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    fields = {**await form_of(client, "ana"), "decision": "approve", "action_hash": "b" * 64}
    query = {"token": await link_token(client)}
    headers = {**FORM, "Accept-Language": "pt-BR"}

    response = await decide(
        request(
            "POST", route={"id": "op-1"}, query=query, token="ana", headers=headers, body=urlencode(fields)
        ),
        client,
    )

    assert response.status_code == 409
    assert "a ação mudou desde que foi mostrada" in response.get_body().decode()


async def test_an_ended_operation_takes_no_decision(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.status = "COMPLETED"
    body = {"action_hash": HASH, "decision": "approve"}

    assert (
        await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)
    ).status_code == 409


@pytest.mark.parametrize(
    "body",
    [{}, {"decision": "yes", "action_hash": HASH}, {"decision": "approve", "action_hash": "x"}, "[]"],
)
async def test_a_wrong_decision_is_refused_by_field(
    world: Any, client: FakeDurableClient, waiting: Instance, body: Any
) -> None:
    response = await decide(request("POST", route={"id": "op-1"}, token="ana", body=body), client)

    assert response.status_code == 400
    assert body_of(response)["errors"]


async def test_an_operation_without_an_approval_has_no_page(world: Any, client: FakeDurableClient) -> None:
    client.add(Instance("remediate_problem", "op-1", custom_status={"steps": []}))

    assert (await show(request(route={"id": "op-1"}, token="reader"), client)).status_code == 404
