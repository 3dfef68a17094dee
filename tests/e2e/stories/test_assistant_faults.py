"""Whatever OpenAI does, the incident goes out with an answer, and says whose; without Dynatrace nothing is proven."""

import itertools
import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from bench.processes import platform
from sandbox.demo.stage import Operation, Stage, operation_of
from sandbox.platform.story import World
from shared.assistant.openai import WITHIN_S
from shared.texts import say

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMBEDDED, MODEL = say("pt-BR", "author.embedded"), say("pt-BR", "author.openai", model="gpt-5-mini")
SLACK_S = 30
_numbers = itertools.count(1)


class Sick(NamedTuple):
    """A service that fails since its last deployment. began: seconds, monotonic."""

    problem_id: str
    began: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A platform that does not look for long whether an action helped."""
    settings = {"VERIFICATION_TIMEOUT_MINUTES": "0.1"}
    async with platform(tmp_path_factory.mktemp("platform"), settings) as made:
        await made.control("dynatrace", "PUT", "config", {"sample_seconds": 1.0})
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def slow(there: World) -> Sick:
    """A problem about which the model thinks for longer than anybody waits; it does so while other stories go on."""
    await there.control("openai", "PUT", "config", {"next": [{"kind": "slow", "seconds": 2 * WITHIN_S}]})
    sick = await fall_sick(there)
    stage = Stage(there, say=lambda _: None)
    await stage.until(
        "the model is asked",
        lambda: there.control("openai", "GET", "config"),
        lambda found: not found["next"],
    )
    return sick


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def well_again(stage: Stage) -> AsyncIterator[None]:
    yield
    await stage.world.control("openai", "PUT", "config", {"next": [], "always": None})


async def fall_sick(there: World) -> Sick:
    """A service of its own, that nobody registered, gets a new version and fails."""
    name = f"sick-{next(_numbers)}"
    made = await there.control("dynatrace", "POST", "entities", {"name": name, "type": "SERVICE"})
    now_ms = int(time.time() * 1000)
    event = {
        "eventType": "CUSTOM_DEPLOYMENT",
        "title": f"{name} 2.0",
        "entitySelector": f'type(SERVICE),entityId("{made["entityId"]}")',
        "startTime": now_ms - 60_000,
        "endTime": now_ms - 30_000,
        "properties": {"commit": "c0ffee", "dt.event.deployment.version": "2.0"},
    }
    vendor = there.document["vendors"]["dynatrace"]
    answer = await there.http.post(
        f"{vendor['url']}/api/v2/events/ingest",
        json=event,
        headers={"Authorization": f"Api-Token {vendor['token']}"},
    )
    answer.raise_for_status()
    told = {"title": f"Failure rate increase of {name}", "service_entity_id": made["entityId"]}
    began = time.monotonic()
    problem = await there.control("dynatrace", "POST", "problems", told)
    return Sick(problem["problemId"], began)


async def has_incident(stage: Stage, problem_id: str) -> Operation:
    """The operation of this problem, once its incident is open and says what was found."""
    operation = await stage.until(
        "the operation has an incident",
        lambda: stage.operation(operation_of(problem_id)),
        lambda found: found and "incident" in found["links"],
        for_s=WITHIN_S + SLACK_S,
    )
    assert operation is not None
    return operation


async def first_note(stage: Stage, operation: Operation) -> str:
    """What the incident tells of evidence and cause."""

    async def look() -> str:
        (incident,) = await stage.incidents(operation["id"])
        rows = (await stage.world.state("servicenow")).get("sys_journal_field", [])
        return next((row["value"] for row in rows if row["element_id"] == incident["sys_id"]), "")

    return await stage.until("the first work note", look, bool)


async def decide(stage: Stage, operation: Operation, decision: str) -> None:
    url = f"{stage.world.document['app']['url']}/api/approvals/{operation['id']}"
    body = {"decision": decision, "action_hash": operation["approval"]["action_hash"], "comment": "ok"}
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    answer = await stage.world.http.post(url, json=body, headers=headers)
    assert answer.status_code == 202, answer.text


async def assert_embedded(stage: Stage, operation: Operation) -> None:
    """The embedded assistant's answer went out, marked as such, and cites what there is."""
    case = operation["case"]
    assert case["author"] == EMBEDDED
    assert case["hypothesis"]
    assert set(case["cited"].split(", ")) <= {item["id"] for item in case["evidence"]}
    note = await first_note(stage, operation)
    assert EMBEDDED in note
    assert "E9001" not in note


async def test_a_model_that_is_well_is_believed_and_named(stage: Stage) -> None:
    operation = await has_incident(stage, (await fall_sick(stage.world)).problem_id)

    assert operation["case"]["author"] == MODEL
    assert MODEL in await first_note(stage, operation)


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 503}, {"kind": "status", "status": 500}, {"kind": "drop"}]
)
async def test_without_a_model_the_incident_goes_out_with_the_embedded_answer(
    stage: Stage, fault: dict[str, Any]
) -> None:
    await stage.world.control("openai", "PUT", "faults", [{"operation": "create_completion", **fault}])

    sick = await fall_sick(stage.world)
    operation = await has_incident(stage, sick.problem_id)

    await assert_embedded(stage, operation)
    assert time.monotonic() - sick.began < WITHIN_S


@pytest.mark.long
@pytest.mark.parametrize("kind", ["quota", "nonsense", "invented", "refusal", "length", "content_filter"])
async def test_a_model_without_a_usable_answer_is_not_waited_for(stage: Stage, kind: str) -> None:
    await stage.world.control("openai", "PUT", "config", {"always": kind})

    sick = await fall_sick(stage.world)
    operation = await has_incident(stage, sick.problem_id)

    await assert_embedded(stage, operation)
    assert time.monotonic() - sick.began < WITHIN_S


@pytest.mark.long
async def test_without_dynatrace_gaps_are_told_and_no_action_is_called_a_fix(stage: Stage) -> None:
    kinds = ("get_*", "list_*", "query_*", "search_*")
    faults = [{"operation": kind, "kind": "status", "status": 503} for kind in kinds]
    await stage.world.control("dynatrace", "PUT", "faults", faults)
    operation = await stage.decision_wanted(await stage.open_problem("Dynatrace is silent"))

    missing = set(operation["case"]["missing"])
    assert {"problema", "mudanças", "indicador do serviço", "indicadores", "topologia"} <= missing
    assert "topologia" in await first_note(stage, operation)

    await decide(stage, operation, "approve")
    offered = await stage.until(
        "taking it back is offered",
        lambda: stage.operation(operation["id"]),
        lambda found: found and found["approval"]["action_hash"] != operation["approval"]["action_hash"],
        for_s=60,
    )
    assert offered is not None
    await decide(stage, offered, "refuse")
    ended = await stage.ended(operation["id"])

    assert ended["outcome"] == "unverified"
    assert len(await stage.runs(operation["id"])) == 1
    (incident,) = await stage.incidents(operation["id"])
    assert incident["state"] not in ("6", "7")


@pytest.mark.long
async def test_a_slow_model_holds_no_incident_up_for_longer_than_it_may(stage: Stage, slow: Sick) -> None:
    operation = await has_incident(stage, slow.problem_id)

    await assert_embedded(stage, operation)
    opened = next(step for step in operation["steps"] if step["name"] == "open_incident")
    diagnosed = next(step for step in operation["steps"] if step["name"] == "diagnose")
    assert opened["state"] == "done"
    assert time.monotonic() - slow.began >= WITHIN_S
    assert diagnosed["ended_at"] < opened["ended_at"]
