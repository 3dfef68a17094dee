"""How every vendor misbehaves when told to, what it writes down, and who may tell it."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import Rig

INCIDENT = {
    "short_description": "Checkout fails",
    "correlation_id": "incident-1",
    "description": "top secret",
}
TABLE = "/api/now/table/incident"


async def create(rig: Rig, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await rig.call("servicenow", "POST", TABLE, json=INCIDENT, headers=headers)


def incidents(rig: Rig) -> list[dict[str, Any]]:
    return rig.vendors["servicenow"].collection("incident").all()


async def test_a_status_fault_answers_in_the_vendors_shape_and_does_nothing(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "status", "status": 429, "retry_after_s": 7, "times": 1}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    refused = await create(rig, token)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.json()["status"] == "failure"
    assert incidents(rig) == []
    assert (await create(rig, token)).status_code == 201


async def test_a_dropped_connection_comes_before_the_work(rig: Rig) -> None:
    token = await rig.servicenow_token()
    await rig.control("servicenow", "PUT", "/faults", [{"operation": "create_incident", "kind": "drop"}])

    with pytest.raises(httpx.TransportError):
        await create(rig, token)

    assert incidents(rig) == []


async def test_a_lost_reply_comes_after_the_work(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "lost_reply", "seconds": 0.2}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    began = time.monotonic()
    with pytest.raises(httpx.TransportError):
        await create(rig, token)

    assert time.monotonic() - began >= 0.2
    assert [row["number"] for row in incidents(rig)] == ["INC0010001"]
    (entry,) = await rig.control("servicenow", "GET", "/journal?operation=create_incident")
    assert (entry["status"], entry["fault"]) == (None, "lost_reply")
    assert entry["ids"]["correlation_id"] == "incident-1"


async def waiting(rig: Rig) -> list[dict[str, str]]:
    found: list[dict[str, str]] = await rig.control("servicenow", "GET", "/waiting")
    return found


async def waits(rig: Rig, *expected: dict[str, str]) -> None:
    async with asyncio.timeout(8):
        while await waiting(rig) != list(expected):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_held_request_is_told_while_it_waits_and_never_done(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "hold", "seconds": 0.3}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    caller = asyncio.create_task(create(rig, token))
    await waits(rig, {"operation": "create_incident", "fault": "hold"})
    with pytest.raises(httpx.TransportError):
        await caller

    assert (incidents(rig), await waiting(rig)) == ([], [])


@pytest.mark.parametrize(("kind", "done"), [("hold", 0), ("lost_reply", 1)])
async def test_who_hangs_up_is_waited_for_no_longer(rig: Rig, kind: str, done: int) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": kind, "seconds": 60}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    caller = asyncio.create_task(create(rig, token))
    await waits(rig, {"operation": "create_incident", "fault": kind})
    assert len(incidents(rig)) == done
    caller.cancel()

    await waits(rig)
    assert len(incidents(rig)) == done


async def test_a_slow_vendor_works_for_a_caller_who_has_hung_up(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "latency", "seconds": 0.3}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    caller = asyncio.create_task(create(rig, token))
    await waits(rig, {"operation": "create_incident", "fault": "latency"})
    caller.cancel()

    await waits(rig)
    assert len(incidents(rig)) == 1


async def test_a_malformed_answer_is_half_a_body_after_the_work(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "malformed"}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    answer = await create(rig, token)

    assert answer.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(incidents(rig)) == 1


async def test_latency_only_delays(rig: Rig) -> None:
    token = await rig.servicenow_token()
    fault = {"operation": "create_incident", "kind": "latency", "seconds": 0.2}
    await rig.control("servicenow", "PUT", "/faults", [fault])

    began = time.monotonic()
    answer = await create(rig, token)

    assert answer.status_code == 201
    assert time.monotonic() - began >= 0.2


async def test_clearing_the_faults_heals_the_vendor(rig: Rig) -> None:
    token = await rig.servicenow_token()
    await rig.control("servicenow", "PUT", "/faults", [{"operation": "*", "kind": "status", "status": 500}])
    assert (await create(rig, token)).status_code == 500

    await rig.control("servicenow", "DELETE", "/faults")

    assert (await create(rig, token)).status_code == 201


async def test_the_journal_holds_no_header_query_or_body(rig: Rig) -> None:
    token = await rig.servicenow_token()
    await create(rig, token)
    secret = rig.credentials["teams"]["path_secret"]
    hook = "/workflows/ops/triggers/manual/paths/invoke"
    await rig.call(
        "teams", "POST", hook, params={"api-version": "1", "sig": secret}, json={"type": "message"}
    )

    written = json.dumps([await rig.control(name, "GET", "/journal") for name in ("servicenow", "teams")])

    assert all(hidden not in written for hidden in (token, secret, "top secret", "Checkout fails"))
    assert "create_incident" in written
    assert "post_card" in written


@pytest.mark.parametrize(
    ("vendor", "field"),
    [
        ("dynatrace", "error"),
        ("servicenow", "error"),
        ("azure_devops", "typeKey"),
        ("teams", "error"),
        ("openai", "error"),
        ("entra", "error_codes"),
        ("app_configuration", "title"),
    ],
)
async def test_an_unknown_address_is_404_or_400_in_the_vendors_own_shape(
    rig: Rig, vendor: str, field: str
) -> None:
    answer = await rig.call(vendor, "GET", "/nothing/to/be/found/here")

    assert answer.status_code in (400, 404)
    assert field in answer.json()


async def test_a_wrong_fault_is_refused_with_the_operations_there_are(rig: Rig) -> None:
    answer = await rig.http.put(
        f"{rig.urls['teams']}/_sandbox/faults", json=[{"operation": "fly", "kind": "drop"}]
    )

    assert answer.status_code == 400
    assert "post_card" in answer.json()["error"]


@pytest.mark.parametrize("headers", [{"Origin": "https://example.com"}, {"Host": "sandbox.example.com"}])
async def test_a_page_from_elsewhere_cannot_steer_the_sandbox(rig: Rig, headers: dict[str, str]) -> None:
    answer = await rig.http.get(f"{rig.urls['entra']}/_sandbox/state", headers=headers)

    assert answer.status_code == 403


async def test_a_reset_forgets_documents_faults_and_journal_and_seeds_anew(rig: Rig) -> None:
    await create(rig, await rig.servicenow_token())
    await rig.control("servicenow", "PUT", "/faults", [{"kind": "drop", "operation": "list_incident"}])

    await rig.control("servicenow", "POST", "/reset")

    state = await rig.control("servicenow", "GET", "/state")
    assert state["incident"] == []
    assert {user["name"] for user in state["sys_user"]} >= {"Ana Souza", "Bruno Lima"}
    assert await rig.control("servicenow", "GET", "/journal") == []
    assert await rig.control("servicenow", "GET", "/faults") == []


async def test_the_state_can_be_cut_to_the_newest(rig: Rig) -> None:
    token = await rig.servicenow_token()
    for _ in range(3):
        await create(rig, token)

    state = await rig.control("servicenow", "GET", "/state?limit=1")

    assert [row["number"] for row in state["incident"]] == ["INC0010003"]


async def test_a_fault_of_the_simulator_is_500_in_the_vendors_shape_and_logs_no_content(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = await rig.servicenow_token()

    def broken(*_: object) -> None:
        raise RuntimeError(INCIDENT["description"])

    monkeypatch.setattr("sandbox.vendors.servicenow.records.Records.create", broken)
    answer = await create(rig, token)

    assert (answer.status_code, answer.json()["status"]) == (500, "failure")
    assert "RuntimeError" in caplog.text
    assert "top secret" not in caplog.text
