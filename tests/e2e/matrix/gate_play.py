"""Play a gate while something breaks, let it end, and judge what there is: one way back at most, told once."""

import asyncio
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.storage.blob.aio import ContainerClient

from sandbox.platform.waiting import until
from shared.clients.azure_devops import KEY_VARIABLE
from tests.e2e.matrix.cases import APPROVAL, CUT, KILLS, LATE, LOST, PLAIN, REFUSED, SERVICENOW, STAYS
from tests.e2e.matrix.gate_rows import (
    NOT_BACK,
    STOPPED,
    UNJUDGED,
    UNVERIFIED,
    VERIFIED,
    GateCase,
)
from tests.e2e.matrix.gate_world import WINDOW_S, Deployed, deploy_badly
from tests.e2e.matrix.judging import Row
from tests.e2e.matrix.rig import Rig
from tests.e2e.matrix.snapshot import CONTAINER

ENDS_WITHIN_S = 240.0
"""A notice is tried for a minute, and then once each."""
_LEFT_OUT = (REFUSED, STAYS, CUT, LOST, LATE)
"""After these a notice, or the answer to a check, may be missing: none is repeated blindly, none is waited for."""


async def play(rig: Rig, case: GateCase, name: str) -> Row:
    """Play one case."""
    call, began = case.call, time.monotonic()
    world = "" if call.world == PLAIN else call.world
    row = Row(case.number, case.step, call.part, world, case.fault, case.outcome)
    try:
        await rig.breaking.heal()
        deployed = await deploy_badly(rig, name, call.world)
        await rig.breaking.order(case, name)
        gate_id = await _ask(rig, deployed)
        async with asyncio.TaskGroup() as group:
            if case.fault in KILLS:
                group.create_task(rig.breaking.kill_worker(case))
            if call.world == APPROVAL and case.outcome not in (STOPPED, NOT_BACK):
                await rig.attend(APPROVAL, "", gate_id)
        ended = await rig.settled(gate_id, ENDS_WITHIN_S)
        await rig.breaking.was_met(case)
        await rig.breaking.heal()
        _judge(row, case, ended, await _found(rig, deployed, gate_id), deployed)
    finally:
        await rig.breaking.heal()
        row.seconds = round(time.monotonic() - began, 1)
    return row


async def _ask(rig: Rig, deployed: Deployed) -> str:
    """As a pipeline does, which never knows whether its request arrived: twice."""
    until_ = datetime.now(UTC) - timedelta(seconds=2)
    body = {
        **deployed.asks,
        "from": (until_ - timedelta(seconds=WINDOW_S)).isoformat(),
        "until": until_.isoformat(),
    }
    answers = [await rig.call("POST", "/api/quality-gates", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    first, second = [answer.json()["operation_id"] for answer in answers]
    assert first == second
    return str(first)


async def _found(rig: Rig, deployed: Deployed, gate_id: str) -> dict[str, Any]:
    """What there is of this gate in all systems."""
    world = rig.world
    devops, journal = (
        await world.state("azure_devops"),
        (await world.state("servicenow"))["sys_journal_field"],
    )
    gate = await until(
        "the gate can be read",
        lambda: rig.call("GET", f"/api/quality-gates/{gate_id}"),
        lambda answer: answer.status_code == 200,
    )
    keys = [(run, str(run["variables"].get(KEY_VARIABLE, {}).get("value", ""))) for run in devops["run"]]
    return {
        "gate": gate.json(),
        "runs": [run for run, key in keys if key.startswith(f"{gate_id}/")],
        "notes": [each["value"] for each in journal if each["element_id"] == deployed.change["sys_id"]],
        "cards": [
            card for card in (await world.state("teams")).get("card", []) if gate_id in json.dumps(card)
        ],
        "checks": [one for one in devops.get("check", []) if one["plan"] == deployed.check["plan_id"]],
        "actions": await _list_in_blob(world.document, f"actions/{deployed.name}.json"),
        "history": await _list_in_blob(world.document, f"gates/history/{deployed.name}/production.json"),
    }


async def _list_in_blob(document: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    connection = document["blob"]["connection_string"]
    async with ContainerClient.from_connection_string(connection, CONTAINER) as container:
        if not await container.get_blob_client(path).exists():
            return []
        found: list[dict[str, Any]] = json.loads(await (await container.download_blob(path)).readall())
        return found


def _judge(
    row: Row, case: GateCase, ended: Mapping[str, Any], found: Mapping[str, Any], deployed: Deployed
) -> None:
    gate, wanted = found["gate"], case.outcome
    soft = case.fault in _LEFT_OUT
    stopped = ended["state"] == "failed"
    row.check(stopped == (wanted == STOPPED), f"it ended {ended['state']}: {ended['error']}")
    verdict = "inconclusive" if wanted == UNJUDGED else "fail"
    judged = gate["state"] == "decided"
    row.check(gate["verdict"] == verdict if judged else stopped, f"verdict {gate['verdict']}")
    row.check(gate["decision"] in ("stop", "hold"), f"the pipeline is told to {gate['decision']}")
    back = (gate.get("rollback") or {}).get("state")
    if wanted != STOPPED:
        row.check(back == (None if wanted == UNJUDGED else wanted), f"going back: {back}")

    versions = [run["version"] for run in found["runs"]]
    most = 0 if wanted in (UNJUDGED, NOT_BACK) else 1
    least = 1 if wanted in (VERIFIED, UNVERIFIED) else 0
    row.check(least <= len(versions) <= most, f"{len(versions)} runs")
    row.check(set(versions) <= {deployed.good}, f"deployed {versions}")
    row.check(len(found["actions"]) <= 1, f"{len(found['actions'])} actions begun")
    if wanted == VERIFIED:
        row.check([one["state"] for one in found["actions"]] == ["done"], f"actions: {found['actions']}")
    row.check(len(found["history"]) <= 1, f"{len(found['history'])} gates remembered")
    if found["history"] and not stopped:
        row.check(found["history"][0]["taken_back"] == (back == VERIFIED), "the history says otherwise")

    keys = [note.rsplit("[valueflow:", 1)[-1] for note in found["notes"]]
    row.check(len(keys) == len(set(keys)), f"a note was written twice: {sorted(keys)}")
    if wanted == VERIFIED:
        notes = 3 if case.call.world == APPROVAL else 4
        least = 0 if (case.call.vendor, case.fault) == (SERVICENOW, STAYS) else notes - soft
        row.check(least <= len(keys) <= notes, f"{len(keys)} notes, {notes} expected")
        row.check(soft or found["checks"], "the pipeline's check was not answered")
    row.check(len(found["checks"]) <= 1, f"{len(found['checks'])} answers to one check")
    row.cards = len(found["cards"])
    # The verdict, what became of it or why it stopped; asked, the question and its answer. A card that was being posted
    # when the worker died may be posted again: nobody can look for it.
    most_cards = 2 + stopped + 2 * (case.call.world == APPROVAL) + (case.fault in KILLS)
    row.check(row.cards <= most_cards, f"{row.cards} cards, {most_cards} at most")
