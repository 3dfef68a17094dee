"""The `incidents` subscription: one remediation per problem, whatever order its events arrive in."""

import asyncio
import json
import time
from typing import Any

import azure.functions as func
import pytest

from functions.incidents.problems import handle_problem, on_problem_event, read_problem
from shared.domain.incident.problems import Problem
from shared.errors import PoisonMessage, VendorUnavailable
from tests.fakes.durable import FakeDurableClient, Instance
from tests.fakes.remediation import PROBLEM
from tests.fakes.requests import function_of

trigger: Any = function_of(on_problem_event)
ID = "incident--123_1763726400000V2-1763726400000"


class Message(func.ServiceBusMessage):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_body(self) -> bytes:
        return self._body


def problem(**changes: Any) -> Problem:
    return Problem(**{**PROBLEM, **changes})  # type: ignore[typeddict-item]


async def test_an_opened_problem_starts_its_remediation(world: Any, client: FakeDurableClient) -> None:
    await handle_problem(client, problem())  # type: ignore[arg-type]

    assert client.instances[ID].name == "remediate_problem"
    assert client.instances[ID].request["policy"]["approval_timeout_s"] == 3600


async def test_a_secret_in_the_title_goes_no_further(world: Any, client: FakeDurableClient) -> None:
    await handle_problem(client, problem(title="login failed, password=Tr0c@r#1"))  # type: ignore[arg-type]

    assert client.instances[ID].request["problem"]["title"] == "login failed, password=«SECRET»"


@pytest.mark.parametrize("status", ["RUNNING", "COMPLETED", "FAILED"])
async def test_a_redelivered_opening_changes_nothing(
    world: Any, client: FakeDurableClient, status: str
) -> None:
    client.add(Instance("remediate_problem", ID, status=status))

    await handle_problem(client, problem())  # type: ignore[arg-type]

    assert client.starts == 0
    assert client.instances[ID].events == []


async def test_two_starters_at_once_start_one(world: Any, client: FakeDurableClient) -> None:
    client.add(Instance("remediate_problem", ID))
    client.unseen.add(ID)

    await handle_problem(client, problem())  # type: ignore[arg-type]

    assert client.starts == 0


async def test_a_resolved_problem_tells_its_running_remediation(
    world: Any, client: FakeDurableClient
) -> None:
    client.add(Instance("remediate_problem", ID))

    await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]

    assert client.instances[ID].events == [("problem_resolved", {"identity": ID})]


async def test_a_resolution_that_comes_first_starts_a_remediation_that_knows_it(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]
    await handle_problem(client, problem(state="OPEN"))  # type: ignore[arg-type]

    assert client.starts == 1
    assert client.instances[ID].request["problem"]["state"] == "RESOLVED"


@pytest.mark.parametrize("outcome", ["refused", "expired", "action_failed", "unverified", "handed_over"])
async def test_a_problem_that_closes_after_an_open_end_is_told_in_its_incident(
    world: Any, client: FakeDurableClient, outcome: str
) -> None:
    output = {"outcome": outcome, "incident_sys_id": "s1"}
    client.add(Instance("remediate_problem", ID, status="COMPLETED", output=output))

    for _ in range(2):
        await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]

    assert client.starts == 1
    assert client.instances[f"{ID}-recovered"].request["incident_sys_id"] == "s1"


@pytest.mark.parametrize("outcome", ["resolved", "self_resolved"])
async def test_a_resolved_incident_needs_no_more_words(
    world: Any, client: FakeDurableClient, outcome: str
) -> None:
    client.add(Instance("remediate_problem", ID, status="COMPLETED", output={"outcome": outcome}))

    await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]

    assert client.starts == 0


async def test_a_failed_remediation_without_an_incident_does_not_crash(
    world: Any, client: FakeDurableClient
) -> None:
    client.add(Instance("remediate_problem", ID, status="FAILED", failure="open_incident: away"))

    await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]

    assert client.starts == 0


async def test_a_start_time_nobody_sent_is_asked_from_dynatrace(
    world: Any, client: FakeDurableClient
) -> None:
    world.dynatrace.problems.known["99999"] = {"start_ms": 42}
    event = {"data": {**PROBLEM, "problem_id": "99999", "start_ms": None}}

    await trigger(Message(json.dumps(event).encode()), client)

    assert list(client.instances) == ["incident-99999-42"]


async def test_dynatrace_being_away_leaves_the_message_to_be_delivered_again(
    world: Any, client: FakeDurableClient
) -> None:
    world.dynatrace.problems.away = True
    event = {"data": {**PROBLEM, "start_ms": None}}

    with pytest.raises(VendorUnavailable):
        await trigger(Message(json.dumps(event).encode()), client)
    assert client.instances == {}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"data": 5}', b'{"data": {}}', b"\xff"])
def test_what_cannot_be_read_is_poison(body: bytes) -> None:
    with pytest.raises(PoisonMessage):
        read_problem(body)


def other(**changes: Any) -> Problem:
    return problem(problem_id="-456_1763726460000V2", start_ms=1763726460000, **changes)


OTHER_ID = "incident--456_1763726460000V2-1763726460000"
ELSEWHERE = [{"id": "SERVICE-9", "name": "search", "type": "SERVICE"}]


async def test_a_problem_of_the_same_entity_joins_the_open_incident(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem())  # type: ignore[arg-type]
    for _ in range(2):
        await handle_problem(client, other(title="Slow"))  # type: ignore[arg-type]

    assert list(client.instances) == [ID]
    told = {json.dumps(data, sort_keys=True) for name, data in client.instances[ID].events}
    assert len(told) == 1
    assert client.instances[ID].events[0][1]["reason"] == "same_entity"


async def test_a_neighbour_s_problem_joins_whichever_came_first(
    world: Any, client: FakeDurableClient
) -> None:
    world.dynatrace.entities.known = {"SERVICE-9": ["SERVICE-1"]}
    await handle_problem(client, problem())  # type: ignore[arg-type]
    await handle_problem(client, other(entities=ELSEWHERE))  # type: ignore[arg-type]

    assert list(client.instances) == [ID]
    assert client.instances[ID].events[0][1]["reason"] == "neighbour"


async def test_without_topology_a_problem_elsewhere_has_an_incident_of_its_own(
    world: Any, client: FakeDurableClient
) -> None:
    world.dynatrace.entities.away = True
    await handle_problem(client, problem())  # type: ignore[arg-type]
    await handle_problem(client, other(entities=ELSEWHERE))  # type: ignore[arg-type]

    assert list(client.instances) == [ID, OTHER_ID]


async def test_a_problem_that_comes_back_reopens_its_incident(world: Any, client: FakeDurableClient) -> None:
    incident = {"sys_id": "s" * 32, "number": "INC1", "url": "https://snow.example"}
    await handle_problem(client, problem())  # type: ignore[arg-type]
    ended = {"ended_ms": int(time.time() * 1000), "outcome": "resolved", "incident": incident}
    await world.open_incidents.update(ID, ended)
    client.instances[ID].status = "COMPLETED"

    await handle_problem(client, other())  # type: ignore[arg-type]
    await handle_problem(client, other())  # type: ignore[arg-type]

    assert client.starts == 2
    assert client.instances[OTHER_ID].request["reopens"] == incident


async def test_a_problem_whose_incident_ended_meanwhile_is_not_lost(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem())  # type: ignore[arg-type]
    client.instances[ID].status = "COMPLETED"

    await handle_problem(client, other())  # type: ignore[arg-type]

    assert OTHER_ID in client.instances


async def test_a_storm_gives_one_incident_and_loses_no_problem(world: Any, client: FakeDurableClient) -> None:
    storm = [
        problem(problem_id=f"-{n}_{1763726400000 + n}V2", start_ms=1763726400000 + n) for n in range(100)
    ]

    await asyncio.gather(*(handle_problem(client, one) for one in storm))  # type: ignore[arg-type]

    assert client.starts == 1
    (entry,) = await world.open_incidents.all()
    assert len(entry["problems"]) == 100


async def test_a_problem_told_while_its_incident_ended_gets_another(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem())  # type: ignore[arg-type]
    raised = client.raise_orchestration_event

    async def end_then_raise(operation_id: str, name: str, *, data: Any) -> None:
        await world.open_incidents.update(ID, {"ended_ms": 1, "outcome": "handed_over"})
        await raised(operation_id, name, data=data)

    client.raise_orchestration_event = end_then_raise  # type: ignore[method-assign,assignment]
    await handle_problem(client, other())  # type: ignore[arg-type]

    assert OTHER_ID in client.instances
    holders = [
        entry["operation_id"] for entry in await world.open_incidents.all() if OTHER_ID in entry["problems"]
    ]
    assert holders == [OTHER_ID]


async def test_a_problem_that_joins_one_about_to_end_is_told_at_once_and_keeps_it_open(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem(state="RESOLVED"))  # type: ignore[arg-type]
    await handle_problem(client, other())  # type: ignore[arg-type]

    assert list(client.instances) == [ID]
    assert [data["identity"] for _, data in client.instances[ID].events] == [OTHER_ID]
    now_ms = int(time.time() * 1000)
    assert await world.open_incidents.end(ID, "self_resolved", now_ms) == [OTHER_ID]


async def test_an_opening_that_comes_after_its_problem_and_incident_ended_opens_nothing(
    world: Any, client: FakeDurableClient
) -> None:
    await handle_problem(client, problem())  # type: ignore[arg-type]
    await handle_problem(client, other(state="RESOLVED"))  # type: ignore[arg-type]
    await world.open_incidents.update(ID, {"ended_ms": int(time.time() * 1000), "outcome": "resolved"})
    client.instances[ID].status = "COMPLETED"

    await handle_problem(client, other())  # type: ignore[arg-type]

    assert client.starts == 1


async def test_what_dynatrace_blames_brings_problems_together(world: Any, client: FakeDurableClient) -> None:
    blamed = {"start_ms": 1, "root_cause": {"entity_id": "SERVICE-7", "name": "database"}}
    world.dynatrace.problems.known = dict.fromkeys((problem()["problem_id"], other()["problem_id"]), blamed)
    await handle_problem(client, problem())  # type: ignore[arg-type]
    await handle_problem(client, other(entities=ELSEWHERE))  # type: ignore[arg-type]

    assert client.instances[ID].events[0][1]["reason"] == "same_root_cause"


async def test_incidents_that_keep_ending_leave_the_message_to_be_delivered_again(
    world: Any, client: FakeDurableClient
) -> None:
    raised = client.raise_orchestration_event

    async def end_then_raise(operation_id: str, name: str, *, data: Any) -> None:
        await world.open_incidents.update(operation_id, {"ended_ms": 1})
        await raised(operation_id, name, data=data)

    apart = [{"id": f"SERVICE-{number}", "name": "", "type": "SERVICE"} for number in range(6)]
    for number, entity in enumerate(apart):
        await handle_problem(client, problem(problem_id=f"P{number}", entities=[entity]))  # type: ignore[arg-type]
    client.raise_orchestration_event = end_then_raise  # type: ignore[method-assign,assignment]

    with pytest.raises(VendorUnavailable):
        await handle_problem(client, other(entities=apart))  # type: ignore[arg-type]
    assert OTHER_ID not in {name for entry in await world.open_incidents.all() for name in entry["problems"]}
