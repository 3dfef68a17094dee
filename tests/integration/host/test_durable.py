"""Durable triggers, the durable client and the management API, over the official in-memory backend."""

import json
from typing import Any

import httpx
import pytest

from tests.integration.host.harness import Host, StartHost, eventually


@pytest.fixture(scope="module")
def host(start_host: StartHost, backend: str) -> Host:
    return start_host(durable=backend)


def start(http: httpx.Client, host: Host, name: str, instance: str, given: object) -> dict[str, str]:
    answer = http.post(f"{host.url}/api/start/{name}/{instance}", json=given)
    assert answer.status_code == 202
    links: dict[str, str] = answer.json()
    return links


def wait(http: httpx.Client, host: Host, instance: str) -> dict[str, Any]:
    result: dict[str, Any] = http.get(f"{host.url}/api/wait/{instance}").json()
    return result


def test_a_chain_of_activities_runs(host: Host, http: httpx.Client) -> None:
    start(http, host, "chain", "chain-1", 3)
    assert wait(http, host, "chain-1") == {"status": "COMPLETED", "output": "8", "error": None}


def test_every_kind_of_step_works_and_the_links_lead_through(host: Host, http: httpx.Client) -> None:
    links = start(http, host, "everything", "all-1", "ana")
    eventually(lambda: _is_waiting(http, links["statusQueryGetUri"]))
    decide = links["sendEventPostUri"].replace("{eventName}", "decision")
    assert http.post(decide, json={"approved": True}).status_code == 202
    result = wait(http, host, "all-1")
    assert json.loads(result["output"]) == ["hello ana", 7, 5, {"approved": True}]
    done = http.get(links["statusQueryGetUri"])
    assert (done.status_code, done.json()["runtimeStatus"]) == (200, "Completed")
    assert done.json()["input"] == "ana"
    assert http.post(decide, json=1).status_code == 410


def _is_waiting(http: httpx.Client, address: str) -> bool:
    answer = http.get(address)
    assert answer.status_code == 202
    return bool(answer.json()["customStatus"] == "waiting")


def test_a_failing_activity_fails_its_instance_with_its_type_and_message(
    host: Host, http: httpx.Client
) -> None:
    links = start(http, host, "refused", "refused-1", "card declined")
    result = wait(http, host, "refused-1")
    assert result["status"] == "FAILED"
    assert "card declined" in result["error"][1]
    status = http.get(links["statusQueryGetUri"])
    assert (status.status_code, status.json()["runtimeStatus"]) == (200, "Failed")
    as_error = links["statusQueryGetUri"] + "&returnInternalServerErrorOnFailure=true"
    assert http.get(as_error).status_code == 500


def test_an_unknown_activity_fails_its_instance(host: Host, http: httpx.Client) -> None:
    start(http, host, "missing_activity", "missing-1", None)
    assert "nobody" in wait(http, host, "missing-1")["error"][1]


def manage(host: Host, path: str) -> str:
    key = host.keys["systemKeys"]["durabletask_extension"]
    return f"{host.url}/runtime/webhooks/durabletask/{path}{'&' if '?' in path else '?'}code={key}"


def test_the_management_api_needs_its_system_key(host: Host, http: httpx.Client) -> None:
    root = f"{host.url}/runtime/webhooks/durabletask/instances"
    default = host.keys["functionKeys"]["default"]
    assert http.get(root).status_code == 401
    assert http.get(root, params={"code": default}).status_code == 401
    assert http.get(root, headers=host.master).status_code == 200
    assert http.get(manage(host, "instances")).status_code == 200


def test_the_management_api_starts_lists_and_purges(host: Host, http: httpx.Client) -> None:
    started = http.post(manage(host, "orchestrators/chain/by-api?timeout=10"), json=1)
    assert (started.status_code, started.json()["output"]) == (200, 6)
    listed = http.get(manage(host, "instances?runtimeStatus=Completed&instanceIdPrefix=by-")).json()
    assert [one["instanceId"] for one in listed] == ["by-api"]
    history = http.get(manage(host, "instances/by-api?showHistory=true&showHistoryOutput=true")).json()
    assert [one["EventType"] for one in history["historyEvents"]].count("TaskCompleted") == 5
    assert http.delete(manage(host, "instances/by-api")).json() == {"instancesDeleted": 1}
    assert http.get(manage(host, "instances/by-api")).status_code == 404


def test_the_management_api_steers_an_instance(host: Host, http: httpx.Client) -> None:
    http.post(manage(host, "orchestrators/everything/steered"), json="bo")
    again = http.post(manage(host, "orchestrators/everything/steered"), json="bo")
    assert again.status_code == 409
    status = manage(host, "instances/steered")
    eventually(lambda: http.get(status).json()["customStatus"] == "waiting")
    for operation, state in (("suspend", "Suspended"), ("resume", "Running"), ("terminate", "Terminated")):
        answer = http.post(manage(host, f"instances/steered/{operation}?reason=why"))
        assert answer.status_code == 202
        eventually(lambda state=state: http.get(status).json()["runtimeStatus"] == state)
    assert http.post(manage(host, "instances/steered/terminate")).status_code == 410
    entity = manage(host, "entities/counter/by-hand?op=add")
    assert http.post(entity, json=4).status_code == 202
    # Known before its operation has run: its state is null until then.
    eventually(lambda: http.get(manage(host, "entities/counter/by-hand")).content == b"4")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "orchestrators/nobody", 400),
        ("GET", "instances/nobody", 404),
        ("DELETE", "instances/nobody", 404),
        ("POST", "instances/nobody/terminate", 404),
        ("POST", "instances/nobody/dance", 404),
        ("GET", "instances?runtimeStatus=Dancing", 400),
        ("GET", "entities/counter/nobody", 404),
        ("GET", "nonsense", 404),
    ],
)
def test_the_management_api_refuses_what_is_not_there(
    host: Host, http: httpx.Client, method: str, path: str, status: int
) -> None:
    assert http.request(method, manage(host, path)).status_code == status


def test_without_its_backend_the_host_serves_http_and_says_what_is_missing(start_host: StartHost) -> None:
    host = start_host(durable="127.0.0.1:1")
    assert httpx.get(f"{host.url}/api/ping").text == "pong"
    assert httpx.get(manage(host, "instances")).status_code == 503
    eventually(lambda: host.logs(category="Host.Durable", level="WARNING"))
