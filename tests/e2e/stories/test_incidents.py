"""Incidents on the whole platform: late, twice, out of order, with replies lost and processes killed."""

import asyncio
import itertools
import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo.stage import Operation, Stage, operation_of
from sandbox.platform.story import read_document

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = itertools.count(1)


def new_problem_id() -> str:
    return f"-{random.randrange(10**17)}{next(_numbers)}_{int(time.time() * 1000)}V2"


def notification(problem_id: str, state: str = "OPEN") -> str:
    """A notification of a problem that Dynatrace knows nothing more of."""
    return json.dumps(
        {"PID": problem_id, "State": state, "ProblemTitle": "Told by a test", "ProblemID": "P-1"}
    )


async def only_incident(stage: Stage, operation_id: str) -> dict[str, Any]:
    (incident,) = await stage.incidents(operation_id)
    return incident


async def notes_of(stage: Stage, incident: dict[str, Any]) -> list[str]:
    rows = (await stage.world.state("servicenow")).get("sys_journal_field", [])
    return [row["value"] for row in rows if row["element_id"] == incident["sys_id"]]


async def decide(stage: Stage, operation: Operation, decision: str) -> int:
    """Decide as a tool does, with a token."""
    url = f"{stage.world.document['app']['url']}/api/approvals/{operation['id']}"
    body = {"decision": decision, "action_hash": operation["approval"]["action_hash"], "comment": "por teste"}
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    return (await stage.world.http.post(url, json=body, headers=headers)).status_code


async def test_resolved_before_open_is_one_resolved_incident(stage: Stage) -> None:
    problem_id = new_problem_id()

    await stage.notify(notification(problem_id, "RESOLVED"))
    await stage.until(
        "the operation exists",
        lambda: stage.operation(operation_of(problem_id)),
        lambda found: found is not None,
    )
    await stage.notify(notification(problem_id, "OPEN"))
    ended = await stage.ended(operation_of(problem_id))
    await stage.drained("incidents")

    assert ended["outcome"] == "self_resolved"
    assert (await only_incident(stage, ended["id"]))["state"] == "6"


async def test_a_storm_of_repeated_and_mixed_notifications_is_one_incident(stage: Stage) -> None:
    problem_id = new_problem_id()
    states = ["OPEN"] * 10 + ["RESOLVED"] * 5
    random.shuffle(states)

    answers = await asyncio.gather(*(stage.notify(notification(problem_id, state)) for state in states))
    ended = await stage.ended(operation_of(problem_id))
    await stage.drained("incidents")

    assert {answer.status_code for answer in answers} == {202}
    assert ended["outcome"] == "self_resolved"
    assert (await only_incident(stage, ended["id"]))["state"] == "6"


async def test_an_unknown_state_is_recorded_and_changes_nothing(stage: Stage) -> None:
    problem_id = new_problem_id()

    answer = await stage.notify(notification(problem_id, "MERGED"))
    await stage.drained("incidents", "archive")

    assert answer.json()["type"] == "problem.unrecognised"
    assert await stage.operation(operation_of(problem_id)) is None


async def test_a_refused_action_runs_nothing_and_the_incident_tells_it(stage: Stage) -> None:
    operation = await stage.decision_wanted(await stage.open_problem("Refused"))

    assert await decide(stage, operation, "refuse") == 202
    ended = await stage.ended(operation["id"])

    assert ended["outcome"] == "refused"
    assert await stage.runs(operation["id"]) == []
    incident = await only_incident(stage, operation["id"])
    assert incident["state"] not in ("6", "7")
    assert any("por teste" in note for note in await notes_of(stage, incident))
    assert await decide(stage, operation, "approve") == 409


async def test_a_problem_that_closes_by_itself_ends_the_wait(stage: Stage) -> None:
    problem_id = await stage.open_problem("Closes by itself")
    operation = await stage.decision_wanted(problem_id)

    await stage.world.control("dynatrace", "POST", f"problems/{problem_id}/resolve", {})
    ended = await stage.ended(operation["id"])

    assert ended["outcome"] == "self_resolved"
    assert await stage.runs(operation["id"]) == []
    assert (await only_incident(stage, operation["id"]))["state"] == "6"


async def test_a_rollback_that_fails_is_not_called_a_fix(stage: Stage) -> None:
    operation = await stage.decision_wanted(await stage.open_problem("Rollback fails"))
    await stage.world.control("azure_devops", "PUT", "config", {"run_seconds": 1.0, "next_result": "failed"})

    await decide(stage, operation, "approve")
    ended = await stage.ended(operation["id"])

    assert ended["outcome"] == "action_failed"
    assert len(await stage.runs(operation["id"])) == 1
    assert (await only_incident(stage, operation["id"]))["state"] not in ("6", "7")


WRITES = {"servicenow": ("create_incident", "update_incident"), "azure_devops": ("create_run",)}


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "kind",
    [
        "lost_reply",
        pytest.param("drop", marks=LONG),
        pytest.param("malformed", marks=LONG),
        pytest.param("status", marks=LONG),
    ],
)
async def test_vendors_that_misbehave_never_get_a_second_incident_note_or_run(
    stage: Stage, kind: str
) -> None:
    for vendor, operations in WRITES.items():
        faults = [
            {"operation": operation, "kind": kind, "times": 2, "status": 500} for operation in operations
        ]
        await stage.world.control(vendor, "PUT", "faults", faults)

    operation = await stage.decision_wanted(await stage.open_problem(f"Vendors with {kind}"))
    await decide(stage, operation, "approve")
    ended = await stage.ended(operation["id"])

    assert ended["outcome"] == "resolved"
    assert len(await stage.runs(operation["id"])) == 1
    notes = await notes_of(stage, await only_incident(stage, operation["id"]))
    keys = [note.rsplit("[valueflow:", 1)[1] for note in notes]
    assert len(keys) == len(set(keys)) == 3
    suffered = [
        entry["operation"]
        for vendor in WRITES
        for entry in await stage.world.journal(vendor)
        if entry["fault"] == kind
    ]
    assert {"create_incident", "update_incident", "create_run"} <= set(suffered)


@pytest.mark.long
async def test_evidence_that_nobody_gives_is_said_to_be_missing(stage: Stage) -> None:
    faults = [{"operation": "query_metrics", "kind": "status", "status": 503}]
    await stage.world.control("dynatrace", "PUT", "faults", faults)

    operation = await stage.decision_wanted(await stage.open_problem("Metrics are away"))

    assert {"indicador do serviço", "indicadores", "custos"} <= set(operation["case"]["missing"])
    await stage.world.control("dynatrace", "DELETE", "faults")
    await decide(stage, operation, "refuse")
    await stage.ended(operation["id"])


async def test_killing_the_durable_backend_while_people_decide_loses_nothing(stage: Stage) -> None:
    operation = await stage.decision_wanted(await stage.open_problem("Backend killed"))

    kill(stage, "durable")
    await stage.until("the operation is there again", lambda: stage.operation(operation["id"]), bool)
    answered = await stage.until(
        "the decision is taken",
        lambda: decide(stage, operation, "approve"),
        lambda status: status in (202, 409),
    )
    ended = await stage.ended(operation["id"])

    assert answered == 202
    assert ended["outcome"] == "resolved"
    assert len(await stage.runs(operation["id"])) == 1


@pytest.mark.long
async def test_killing_the_worker_again_and_again_does_nothing_twice(stage: Stage) -> None:
    problem_id = await stage.open_problem("Worker killed again and again")
    operation_id = operation_of(problem_id)

    for _ in range(4):
        await asyncio.sleep(random.uniform(0, 0.6))  # anywhere in the flow: that is what is tested
        kill(stage, "host")
        await stage.until("the app answers again", lambda: stage.ask("GET", "/api/openapi.json"), bool)
    operation = await stage.decision_wanted(problem_id)
    await stage.until(
        "the decision is taken", lambda: decide(stage, operation, "approve"), lambda told: told == 202
    )
    await asyncio.sleep(random.uniform(0, 0.6))
    kill(stage, "host")
    ended = await stage.ended(operation_id)

    assert ended["outcome"] == "resolved"
    assert len(await stage.runs(operation_id)) == 1
    notes = await notes_of(stage, await only_incident(stage, operation_id))
    keys = [note.rsplit("[valueflow:", 1)[1] for note in notes]
    assert len(keys) == len(set(keys)) == 3


async def test_service_bus_being_away_is_503_and_nothing_half_done(stage: Stage) -> None:
    problem_id = new_problem_id()
    pid = process(stage, "servicebus")
    os.kill(pid, signal.SIGSTOP)
    try:
        answer = await stage.notify(notification(problem_id, "RESOLVED"))
    finally:
        os.kill(pid, signal.SIGCONT)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    again = await stage.until(
        "Service Bus takes events again",
        lambda: stage.notify(notification(problem_id, "RESOLVED")),
        lambda told: told.status_code == 202,
    )
    assert again.status_code == 202
    assert (await stage.ended(operation_of(problem_id)))["outcome"] == "self_resolved"
    await only_incident(stage, operation_of(problem_id))


async def test_killing_service_bus_loses_no_event(stage: Stage) -> None:
    ids = [new_problem_id() for _ in range(5)]
    for problem_id in ids:
        assert (await stage.notify(notification(problem_id, "RESOLVED"))).status_code == 202
    kill(stage, "servicebus")

    for problem_id in ids:
        assert (await stage.ended(operation_of(problem_id)))["outcome"] == "self_resolved"
        await only_incident(stage, operation_of(problem_id))


async def test_a_poison_event_is_dead_lettered_explained_and_can_be_sent_again(stage: Stage) -> None:
    from azure.servicebus import ServiceBusMessage
    from azure.servicebus.aio import ServiceBusClient

    connection = stage.world.document["servicebus"]["connection_string"]
    message = ServiceBusMessage(
        json.dumps({"id": "poison-1", "type": "problem.opened", "data": {"state": "OPEN"}}),
        message_id=f"poison-{time.time()}",
        application_properties={"type": "problem.opened"},
    )
    async with (
        ServiceBusClient.from_connection_string(connection) as client,
        client.get_topic_sender("events") as to,
    ):
        await to.send_messages(message)

    async def letters() -> list[dict[str, Any]]:
        return list((await stage.ask("GET", "/api/dead-letters")).json()["dead_letters"])

    (letter,) = await stage.until("the dead letter is listed", letters, lambda found: len(found) == 1)
    assert letter["event_id"] == "poison-1"
    assert letter["reason"] == "MaxDeliveryCountExceeded"
    assert "problem_id" in letter["fault"]
    assert "body" not in letter

    path = f"/api/dead-letters/incidents/{letter['sequence_number']}/resubmit"
    assert (await stage.ask("POST", path)).status_code == 202
    (again,) = await stage.until(
        "it dies again, as the same event",
        letters,
        lambda found: len(found) == 1 and found[0]["sequence_number"] != letter["sequence_number"],
    )
    assert again["event_id"] == "poison-1"
    assert (await stage.ask("POST", path)).status_code == 404


async def test_every_endpoint_says_401_to_a_stranger(stage: Stage) -> None:
    url = stage.world.document["app"]["url"]
    for path in (
        "operations",
        "operations/x",
        "operations/x/postmortem",
        "approvals/x",
        "services",
        "dead-letters",
    ):
        assert (await stage.world.http.get(f"{url}/api/{path}")).status_code == 401, path


async def test_no_log_holds_a_secret_or_a_body(stage: Stage) -> None:
    """Runs last in this file: what the stories before it left in the logs is what is looked at."""
    document = stage.world.document
    secrets = [
        document["app"]["webhook_secret"],
        document["app"]["function_key"],
        document["app"]["link_secret"],
        document["app"]["master_key"],
        document["servicebus"]["key"],
        document["blob"]["key"],
        document["warehouse"]["password"],
        document["vendors"]["teams"]["path_secret"],
        *(
            document["vendors"][name][key]
            for name, key in (("dynatrace", "token"), ("servicenow", "client_secret"))
        ),
        *(document["vendors"][name][key] for name, key in (("azure_devops", "token"), ("openai", "api_key"))),
    ]
    text = logs(Path(document["state"], "logs"))

    assert len(text) > 1000
    assert [secret for secret in secrets if secret in text] == []
    assert "Told by a test" not in text
    assert "por teste" not in text


def logs(folder: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in folder.glob("*.log*"))


def process(stage: Stage, name: str) -> int:
    pid = read_document(Path(stage.world.document["state"]))["processes"][name]
    return int(pid["pid"] if isinstance(pid, dict) else pid)


def kill(stage: Stage, name: str) -> None:
    os.kill(process(stage, name), signal.SIGKILL)
