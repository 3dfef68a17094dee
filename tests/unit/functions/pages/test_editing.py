"""Another action than the proposed one: chosen on the page or sent by a tool, held to the catalogue."""

import copy
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.operations.approvals import decide_approval, show_approval
from shared.domain.action.editing import key_of
from shared.domain.approvals import action_hash
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.requests import body_of, function_of, request
from tests.unit.functions.operations.test_approvals import FORM, HTML, STATUS, link_token

show = function_of(show_approval)
decide = function_of(decide_approval)

PLACE = {"service": "checkout", "project": "loja", "pipeline_id": 7}
RUNNING = {"commit": "b" * 40, "ref_name": "refs/heads/main", "environment": "production"}
ROLL_BACK = {
    "type": "roll_back",
    **PLACE,
    "run_id": 101,
    "commit": "a" * 40,
    "ref_name": "refs/heads/main",
    "replaces_run_id": 102,
    "replaces_commit": "b" * 40,
}
RESTART = {"type": "restart", **PLACE, **RUNNING, "through": ["restart"]}
SCALE_OUT = {"type": "scale_out", **PLACE, **RUNNING, "instances": 4, "back_to": 2, "for_minutes": 60}


@pytest.fixture
def waiting(client: FakeDurableClient) -> Instance:
    return client.add(Instance("remediate_problem", "op-1", custom_status=status()))


def status(**changes: Any) -> dict[str, Any]:
    told = copy.deepcopy(STATUS)
    told["approval"] |= {
        "action": ROLL_BACK,
        "action_hash": action_hash(ROLL_BACK),
        "editable": True,
        "options": [RESTART, SCALE_OUT],
        **changes,
    }
    return told


async def send(client: FakeDurableClient, action: Any, person: str = "ana", **changes: Any) -> Any:
    body = {"decision": "edit", "action_hash": action_hash(ROLL_BACK), "action": action, **changes}
    return await decide(request("POST", route={"id": "op-1"}, token=person, body=body), client)


async def choose(client: FakeDurableClient, language: str = "en", **fields: str) -> Any:
    """On the page, as Ana."""
    query = {"token": await link_token(client)}
    html = (
        await show(request(route={"id": "op-1"}, query=query, token="ana", headers=HTML), client)
    ).get_body()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]+)"', html.decode()))
    headers = {**FORM, "Accept-Language": language}
    body = urlencode({**hidden, "decision": "edit", "comment": "", **fields})
    return await decide(
        request("POST", route={"id": "op-1"}, query=query, token="ana", headers=headers, body=body), client
    )


async def test_a_tool_proposes_another_action(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await send(client, RESTART, comment="no roll back, please")

    assert (response.status_code, body_of(response)["decision"]) == (202, "edit")
    ((_, told),) = waiting.events
    assert (told["decision"], told["action"]) == ("edit", RESTART)
    assert told["action_hash"] == action_hash(ROLL_BACK)


async def test_a_person_chooses_another_action_on_the_page(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await choose(client, option=key_of(RESTART))

    assert response.status_code == 202
    assert "is being checked" in response.get_body().decode()
    assert waiting.events[0][1]["action"] == RESTART


async def test_a_person_changes_its_numbers_on_the_page(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    key = key_of(SCALE_OUT)
    numbers = {f"{key}.instances": "6", f"{key}.for_minutes": "30"}

    assert (await choose(client, option=key, **numbers)).status_code == 202
    assert waiting.events[0][1]["action"] == {**SCALE_OUT, "instances": 6, "for_minutes": 30}


async def test_the_proposed_action_s_own_numbers_can_be_changed(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status = status(action=SCALE_OUT, action_hash=action_hash(SCALE_OUT), options=[RESTART])
    key = key_of(SCALE_OUT)

    assert (await choose(client, option=key, **{f"{key}.instances": "3"})).status_code == 202
    assert waiting.events[0][1]["action"] == {**SCALE_OUT, "instances": 3}


@pytest.mark.parametrize("sent", [{}, {"option": "made-up"}], ids=["nothing", "another"])
async def test_what_the_page_does_not_offer_cannot_be_chosen(
    world: Any, client: FakeDurableClient, waiting: Instance, sent: dict[str, str]
) -> None:
    assert (await choose(client, **sent)).status_code == 400
    assert waiting.events == []


@pytest.mark.parametrize("number", ["many", "1", "9999", ""])
async def test_a_number_out_of_bounds_is_said_on_the_page_in_its_language(
    world: Any, client: FakeDurableClient, waiting: Instance, number: str
) -> None:
    key = key_of(SCALE_OUT)

    response = await choose(client, "pt-BR", option=key, **{f"{key}.instances": number})

    assert response.status_code == 422
    assert "A ação escolhida não é possível assim" in response.get_body().decode()
    assert waiting.events == []


async def test_all_faults_are_told_and_no_value(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    action = {**SCALE_OUT, "instances": 1000, "commit": "SECRET", "service": "other", "also": "SECRET"}
    del action["back_to"]

    response = await send(client, action)

    told = body_of(response)
    assert response.status_code == 422
    assert {fault["field"] for fault in told["errors"]} == {
        "action",
        "action.back_to",
        "action.commit",
        "action.instances",
        "action.service",
    }
    assert "SECRET" not in str(told)
    assert waiting.events == []


@pytest.mark.parametrize("type_", ["scale_back", "enable_feature_flag", "drop_database", None, ["restart"]])
async def test_only_what_answers_problems_can_be_proposed(
    world: Any, client: FakeDurableClient, waiting: Instance, type_: Any
) -> None:
    response = await send(client, {**RESTART, "type": type_})

    assert response.status_code == 422
    assert [fault["field"] for fault in body_of(response)["errors"]] == ["action.type"]


async def test_the_same_action_is_no_edit(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    assert (await send(client, ROLL_BACK)).status_code == 422


async def test_an_edit_of_what_was_not_seen_is_refused(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    response = await send(client, RESTART, action_hash="b" * 64)

    assert response.status_code == 409
    assert body_of(response)["reason"] == "changed"


async def test_an_approval_that_takes_no_edits_says_so(
    world: Any, client: FakeDurableClient, waiting: Instance
) -> None:
    waiting.custom_status = status(editable=False)

    response = await send(client, RESTART)

    assert response.status_code == 409
    assert body_of(response)["reason"] == "not_editable"


@pytest.mark.parametrize("body", [{"action": None}, {"decision": "approve"}, {"action": "restart"}])
async def test_an_action_comes_with_an_edit_and_with_nothing_else(
    world: Any, client: FakeDurableClient, waiting: Instance, body: dict[str, Any]
) -> None:
    assert (await send(client, **{"action": RESTART, **body})).status_code == 400
    assert waiting.events == []


async def test_a_reader_proposes_nothing(world: Any, client: FakeDurableClient, waiting: Instance) -> None:
    assert (await send(client, RESTART, person="reader")).status_code == 403
    assert waiting.events == []
