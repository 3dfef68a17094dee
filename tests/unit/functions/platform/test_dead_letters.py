"""Dead letters: listed with what is wrong with them, and sent again; for admins."""

import json
from typing import Any

import pytest

from functions.platform.dead_letters import list_dead_letters, resubmit_dead_letter
from tests.fakes.remediation import PROBLEM
from tests.fakes.requests import body_of, function_of, request

list_all, resubmit = function_of(list_dead_letters), function_of(resubmit_dead_letter)


def letter(subscription: str, number: int, body: bytes) -> Any:
    return {
        "subscription": subscription,
        "sequence_number": number,
        "event_id": "e1",
        "type": "problem.opened",
        "reason": "MaxDeliveryCountExceeded",
        "description": "",
        "enqueued_at": "2026-11-21T12:00:00Z",
        "delivery_count": 5,
        "body": body,
    }


@pytest.fixture
def filled(world: Any) -> Any:
    world.dead_letters.letters = {
        "incidents": [
            letter("incidents", 1, b'{"data": {"state": "OPEN"}}'),
            letter("incidents", 2, json.dumps({"data": PROBLEM}).encode()),
        ],
        "archive": [letter("archive", 3, b"{}")],
    }
    return world


async def test_each_tells_what_is_wrong_and_shows_no_body(filled: Any) -> None:
    listed = body_of(await list_all(request(token="carla")))["dead_letters"]

    assert [told["sequence_number"] for told in listed] == [1, 2, 3]
    assert "problem_id" in listed[0]["fault"]
    assert "reads well" in listed[1]["fault"]
    assert all("body" not in told for told in listed)


async def test_one_can_be_sent_again(filled: Any) -> None:
    route = {"subscription": "incidents", "sequence_number": "2"}

    response = await resubmit(request("POST", route=route, token="carla"))

    assert response.status_code == 202
    assert [told["sequence_number"] for told in filled.dead_letters.letters["incidents"]] == [1]


@pytest.mark.parametrize(
    "route",
    [
        {"subscription": "incidents", "sequence_number": "99"},
        {"subscription": "nobody", "sequence_number": "1"},
        {"subscription": "incidents", "sequence_number": "x"},
    ],
)
async def test_what_is_not_there_is_not_found(filled: Any, route: dict[str, str]) -> None:
    assert (await resubmit(request("POST", route=route, token="carla"))).status_code == 404


@pytest.mark.parametrize("person", ["reader", "ana"])
async def test_only_admins_may(filled: Any, person: str) -> None:
    route = {"subscription": "incidents", "sequence_number": "2"}

    assert (await list_all(request(token=person))).status_code == 403
    assert (await resubmit(request("POST", route=route, token=person))).status_code == 403
