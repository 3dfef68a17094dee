"""People correct what a deployment counts as: each word once, as an event, by who may."""

import asyncio
from typing import Any

import pytest

from functions.delivery import corrections as triggers
from functions.models.corrections import DeploymentCorrection, DeploymentCorrections
from shared.domain.event_types import DEPLOYMENT_CORRECTED
from shared.errors import OutcomeUnknown
from tests.fakes.requests import body_of, function_of, request

list_all, correct = function_of(triggers.list_corrections), function_of(triggers.correct_deployment)

ROUTE = {"id": "azure_devops:contoso/42:production"}
FAILED = {"kind": "failed", "reason": "orders were lost"}
INCIDENT = {"kind": "not_incident", "incident_number": "INC0010023", "reason": "the network's"}


async def post(body: Any, token: str = "ana") -> Any:
    return await correct(request("POST", route=ROUTE, body=body, token=token))


async def listed() -> list[tuple[str, bool]]:
    response = await list_all(request(route=ROUTE, token="reader"))
    told = DeploymentCorrections.model_validate(body_of(response))
    return [(one.kind, one.holds) for one in told.corrections]


async def test_a_word_is_kept_and_told_as_an_event(world: Any) -> None:
    response = await post(INCIDENT)

    assert response.status_code == 202
    told = DeploymentCorrection.model_validate(body_of(response))
    assert (told.deployment_id, told.incident_number, told.by) == (ROUTE["id"], "INC0010023", "id-of-ana")
    [event] = world.publisher.events
    assert (event.type, event.subject) == (DEPLOYMENT_CORRECTED, ROUTE["id"])
    assert event.data["correction_id"] == told.correction_id
    assert await listed() == [("not_incident", True)]


async def test_saying_it_again_is_saying_it_once_with_the_same_event(world: Any) -> None:
    first, second = body_of(await post(FAILED)), body_of(await post({**FAILED, "reason": "as I said"}))

    assert first == second
    assert len({event.id for event in world.publisher.events}) == 1
    assert await listed() == [("failed", True)]


async def test_a_later_word_replaces_an_earlier_one_of_its_kind(world: Any) -> None:
    await post(FAILED)
    await post(INCIDENT)
    await post({"kind": "not_failed", "reason": "a drill"})
    assert await listed() == [("failed", False), ("not_incident", True), ("not_failed", True)]

    await post(FAILED)

    assert (await listed())[-1] == ("failed", True)
    assert len({event.id for event in world.publisher.events}) == 4


async def test_restoring_makes_all_of_it_void(world: Any) -> None:
    await post(FAILED)
    for _ in range(2):
        await post({"kind": "restore", "reason": "I was wrong"})

    assert await listed() == [("failed", False), ("restore", False)]


async def test_an_event_that_could_not_be_sent_is_sent_by_the_next_try(world: Any) -> None:
    world.publisher.away = True
    assert (await post(FAILED)).status_code == 503

    world.publisher.away = False
    assert (await post(FAILED)).status_code == 202
    assert [event.data["kind"] for event in world.publisher.events] == ["failed"]
    assert await listed() == [("failed", True)]


async def test_a_write_whose_answer_got_lost_adds_nothing_more(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = world.blob.put_once

    async def answer_lost(*args: Any) -> bool:
        await write(*args)
        raise OutcomeUnknown("blob", "put_once", "no answer")

    monkeypatch.setattr(world.blob, "put_once", answer_lost)

    assert (await post(FAILED)).status_code == 202
    assert await listed() == [("failed", True)]


async def test_people_who_correct_at_once_lose_nobody_s_word(world: Any) -> None:
    numbers = [f"INC{number}" for number in range(5)]
    await asyncio.gather(*(post({**INCIDENT, "incident_number": number}) for number in numbers))

    assert len(await listed()) == 5


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "failed"},
        {"kind": "wrong", "reason": "because"},
        {"kind": "incident", "reason": "no number"},
        {"kind": "failed", "reason": "because", "incident_number": "INC1"},
        {"kind": "failed", "reason": "because", "by": "somebody else"},
    ],
)
async def test_what_says_nothing_clear_is_refused(world: Any, body: Any) -> None:
    assert (await post(body)).status_code == 400
    assert world.publisher.events == []


async def test_only_approvers_correct_and_only_known_people_read(world: Any) -> None:
    assert [(await post(FAILED, token)).status_code for token in ("", "reader", "bruno")] == [401, 403, 403]
    assert (await list_all(request(route=ROUTE))).status_code == 401
    assert world.publisher.events == []


async def test_an_id_that_cannot_be_one_is_refused(world: Any) -> None:
    for id_ in (" ", "a\x00b", "x" * 301):
        assert (await list_all(request(route={"id": id_}, token="reader"))).status_code == 400


async def test_personal_data_in_a_reason_is_kept_from_everybody(world: Any) -> None:
    told = body_of(await post({"kind": "failed", "reason": "ask ana@contoso.example"}))

    assert "contoso.example" not in told["reason"]


async def test_nobody_fills_the_store(world: Any) -> None:
    kinds = ("failed", "not_failed")
    for number in range(triggers.MOST):
        await post({"kind": kinds[number % 2], "reason": "again"})

    assert (await post(FAILED)).status_code == 409
