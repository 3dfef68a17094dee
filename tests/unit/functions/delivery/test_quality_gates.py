"""Quality gates over HTTP: asked for once, polled by pipelines, read by people; nothing outside is called."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.delivery.quality_gates import ask_for_gate, get_gate
from functions.pages.gate import chart
from shared.domain.gate import gates
from shared.domain.gate.gate_results import result_of
from shared.gates.rules import rules_of
from tests.fakes.durable import FakeDurableClient
from tests.fakes.requests import body_of, function_of, request

ask, look = function_of(ask_for_gate), function_of(get_gate)

SERVICE: dict[str, Any] = {
    "name": "checkout",
    "product": "Loja",
    "owner": "time-loja",
    "tier": 2,
    "azure_devops": {"project": "loja", "pipeline_id": 7},
    "dynatrace": {"entity_id": "SERVICE-1", "metric_selector": "m", "upper_bound": 2.0},
}
ASKED = {"service": "checkout", "version": "1.4.2", "commit": "b" * 40, "run_id": 102}
HTML = {"Accept": "text/html", "Accept-Language": "en"}
GUID = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
CHECK = {"project_id": GUID, "hub_name": "checks", "plan_id": GUID, "job_id": GUID, "task_id": GUID}


@pytest.fixture(autouse=True)
async def registered(world: Any) -> None:
    await world.registry.put(SERVICE)


async def post(client: FakeDurableClient, token: str = "bruno", key: str = "", **changes: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return await ask(request("POST", body={**ASKED, **changes}, token=token, headers=headers), client)


async def read(client: FakeDurableClient, gate_id: str, token: str = "reader", **headers: str) -> Any:
    return await look(request(route={"id": gate_id}, token=token, headers=headers), client)


async def decide(world: Any, gate_id: str, *values: float | None, **changes: Any) -> dict[str, Any]:
    """A verdict as evaluate_gate keeps it, with these values of errors, latency and throughput."""
    rules = rules_of(SERVICE)
    measured = {
        one["name"]: {
            **gates.unmeasured("" if value is not None else "no_data"),
            "value": value,
            "unit": "ms",
            "samples": 10,
            "baseline": 100.0,
            "baseline_from": "history",
            "baseline_of": 3,
            "points": [[1_795_262_400_000 + 60_000 * at, value or 0.0] for at in range(10)],
        }
        for one, value in zip(rules["objectives"], values, strict=False)
    }
    asked = {
        "service": "checkout",
        "environment": "production",
        "version": "1.4.2<b>",
        "commit": None,
        "deployment_id": None,
        "run_id": 102,
        "change_number": None,
        "dry_run": False,
        "from_ms": 1_795_262_400_000,
        "until_ms": 1_795_263_000_000,
    }
    told: Any = gates.evaluate(rules, measured)  # type: ignore[arg-type]
    result = {**result_of(gate_id, asked, rules, told, "2026-11-21T12:12:00Z"), **changes}
    await world.gates.put(result)
    return result


async def test_a_pipeline_asks_and_gets_an_address_to_poll(client: FakeDurableClient) -> None:
    answer = await post(client)

    told = body_of(answer)
    assert answer.status_code == 202
    assert answer.headers["Location"] == told["status_url"]
    assert told["status_url"].endswith(f"/api/quality-gates/{told['operation_id']}")
    (instance,) = client.instances.values()
    assert instance.name == "evaluate_gate"
    sent = instance.request
    assert sent["asked"]["until_ms"] - sent["asked"]["from_ms"] == 10 * 60_000
    assert sent["asked"]["environment"] == "production"
    assert sent["rules"]["inconclusive"] == "hold"
    assert sent["policy"]["gate_settle_s"] == 120


async def test_the_same_run_is_judged_once(client: FakeDurableClient) -> None:
    first, again = body_of(await post(client)), body_of(await post(client))
    other = body_of(await post(client, run_id=103))

    assert again == {**first, "started": False}
    assert other["operation_id"] != first["operation_id"]
    assert client.starts == 2


async def test_a_key_of_the_caller_s_says_what_is_the_same(client: FakeDurableClient) -> None:
    first = body_of(await post(client, key="a"))
    again = body_of(await post(client, key="a", run_id=103))
    other = body_of(await post(client, key="b"))

    assert again["operation_id"] == first["operation_id"] != other["operation_id"]


async def test_a_dry_run_is_another_gate(client: FakeDurableClient) -> None:
    assert (
        body_of(await post(client))["operation_id"]
        != body_of(await post(client, dry_run=True))["operation_id"]
    )


@pytest.mark.parametrize(("token", "status"), [("", 401), ("nobody", 401), ("reader", 403), ("ana", 403)])
async def test_only_requesters_ask(client: FakeDurableClient, token: str, status: int) -> None:
    assert (await post(client, token)).status_code == status
    assert client.starts == 0


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "Checkout!"},
        {"version": "a b"},
        {"version": ""},
        {"commit": "abc"},
        {"run_id": 0},
        {"environment": "../x"},
        {"change_number": "CHG1^ORsys_id"},
        {"window_minutes": 0},
        {"window_minutes": 1441},
        {"until": (NOW + timedelta(hours=1)).isoformat(), "window_minutes": 5},
        {"until": NOW.replace(tzinfo=None).isoformat()},
        {"from": (NOW - timedelta(days=15)).isoformat()},
        {"from": NOW.isoformat(), "until": (NOW - timedelta(minutes=1)).isoformat()},
        {"from": (NOW + timedelta(hours=23)).isoformat(), "window_minutes": 120},
        {"callback_url": "https://169.254.169.254/metadata"},
        {"check": {**CHECK, "plan_id": "../../x"}},
        {"check": {**CHECK, "hub_name": "x/y"}},
        {"check": {**CHECK, "url": "https://evil.example"}},
    ],
)
async def test_what_is_wrong_starts_nothing(client: FakeDurableClient, wrong: dict[str, Any]) -> None:
    assert (await post(client, **wrong)).status_code == 400
    assert client.starts == 0


async def test_a_check_is_taken_by_its_ids_alone(client: FakeDurableClient) -> None:
    assert (await post(client, check=CHECK)).status_code == 202


async def test_a_service_nobody_registered_is_not_guessed(client: FakeDurableClient) -> None:
    assert (await post(client, service="unknown")).status_code == 404


async def test_a_service_s_own_gate_that_is_wrong_is_named(world: Any, client: FakeDurableClient) -> None:
    await world.registry.put({**SERVICE, "gate": {"objectives": [{"name": "x"}]}})
    answer = await post(client)

    assert answer.status_code == 400
    assert "objectives[0]" in body_of(answer)["errors"][0]["message"]


async def test_a_key_that_cannot_be_read_is_refused(client: FakeDurableClient) -> None:
    assert (await post(client, key="x" * 201)).status_code == 400


async def test_while_it_runs_the_pipeline_is_told_to_look_again(client: FakeDurableClient) -> None:
    gate_id = body_of(await post(client, check=CHECK))["operation_id"]
    answer = await read(client, gate_id)

    told = body_of(answer)
    assert (told["state"], told["verdict"], told["decision"]) == ("running", None, None)
    assert answer.headers["Retry-After"] == "10"
    assert "check" not in told


async def test_an_operation_that_failed_counts_as_inconclusive(client: FakeDurableClient) -> None:
    gate_id = body_of(await post(client))["operation_id"]
    client.instances[gate_id].status = "FAILED"

    told = body_of(await read(client, gate_id))
    assert (told["state"], told["verdict"], told["decision"]) == ("failed", "inconclusive", "hold")


async def test_its_verdict_explains_itself(world: Any, client: FakeDurableClient) -> None:
    await decide(world, "gate-checkout-1", 0.1, 300.0, None)
    told = body_of(await read(client, "gate-checkout-1"))

    assert (told["state"], told["verdict"], told["decision"]) == ("decided", "fail", "stop")
    assert [one["status"] for one in told["objectives"]] == ["pass", "fail", "unknown"]
    assert told["objectives"][1]["baseline_of"] == 3
    assert "rules" not in told


async def test_what_is_answered_is_what_is_published(world: Any, client: FakeDurableClient) -> None:
    from functions.models.gates import QualityGate

    gate_id = body_of(await post(client))["operation_id"]
    QualityGate.model_validate(body_of(await read(client, gate_id)))
    await decide(world, gate_id, 0.1, 300.0, None)
    QualityGate.model_validate(body_of(await read(client, gate_id)))


@pytest.mark.parametrize("gate_id", ["gate-nobody", "incident-1", "gate-../x", "gate-" + "a" * 91])
async def test_there_is_no_such_gate(client: FakeDurableClient, gate_id: str) -> None:
    assert (await read(client, gate_id)).status_code == 404


async def test_only_readers_read(client: FakeDurableClient) -> None:
    assert (await read(client, "gate-1", token="")).status_code == 401


@pytest.mark.parametrize(("language", "word"), [("en", "Passes if"), ("pt-BR", "Aprovado se")])
async def test_the_page_shows_each_objective_without_a_script(
    world: Any, client: FakeDurableClient, language: str, word: str
) -> None:
    rollback = {"state": "asked", "action": "<i>back", "reason": "", "done": False}
    await decide(world, "gate-1", 0.1, 300.0, None, rollback=rollback)
    answer = await read(client, "gate-1", **{**HTML, "Accept-Language": language})

    page = answer.get_body().decode()
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert f'<html lang="{language}">' in page
    assert word in page
    assert page.count("<svg") == 2 + 1
    assert "<script" not in page
    assert "style=" not in page
    assert "1.4.2&lt;b&gt;" in page
    assert "&lt;i&gt;back" in page
    assert all(f'aria-label="{name}' in page for name in ("errors", "latency"))


async def test_a_person_without_a_token_is_asked_to_sign_in(client: FakeDurableClient) -> None:
    answer = await read(client, "gate-1", token="", **HTML)

    assert answer.status_code == 401
    assert (
        "/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Fquality-gates%2Fgate-1"
        in answer.get_body().decode()
    )


async def test_the_page_of_a_gate_that_runs_comes_again_by_itself(client: FakeDurableClient) -> None:
    gate_id = body_of(await post(client))["operation_id"]
    page = (await read(client, gate_id, **HTML)).get_body().decode()

    assert 'http-equiv="refresh"' in page
    assert "wait for the window" in page


async def test_the_page_of_nothing_says_so(client: FakeDurableClient) -> None:
    answer = await read(client, "gate-1", **HTML)

    assert answer.status_code == 404
    assert "no quality gate" in answer.get_body().decode()


def an_objective(points: list[list[float]], baseline: float | None = 100.0) -> dict[str, Any]:
    return {
        "name": "latency",
        "unit": "ms",
        "samples": len(points),
        "baseline": baseline,
        "points": points,
        "criteria": {"pass": [{"criteria": ["<=+10%"]}, {"criteria": ["<=50"]}], "warn": []},
    }


@pytest.mark.parametrize(
    "points", [[[0, 5.0]], [[0, 0.0], [1, 0.0]], [[0, -5.0], [60_000, 900.0], [120_000, 3.0]]]
)
@pytest.mark.parametrize("baseline", [None, 0.0, 100.0, 1e9])
def test_a_chart_stays_within_its_box(points: list[list[float]], baseline: float | None) -> None:
    drawn = chart("en", an_objective(points, baseline))

    assert drawn is not None
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", drawn["line"])]
    assert all(0 <= x <= drawn["width"] for x in numbers[::2])
    assert all(0 <= y <= drawn["height"] for y in numbers[1::2])
    for y in [*drawn["limits"], *([drawn["baseline"]] if drawn["baseline"] is not None else [])]:
        assert 0 <= y <= drawn["height"]


def test_nothing_measured_has_no_chart() -> None:
    assert chart("en", an_objective([])) is None


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        ({}, ""),
        ({"inconclusive": "warn", "entities": {"preview": "SERVICE-1"}}, ""),
        ({"inconclusive": "pass"}, "inconclusive"),
        ({"objectives": []}, "objectives"),
    ],
)
def test_an_owner_s_gate_is_checked_when_the_service_is_registered(gate: dict[str, Any], fault: str) -> None:
    from functions.models.services import ServiceDraft
    from functions.validation import validate
    from shared.errors import InvalidRequest

    sent = {name: value for name, value in SERVICE.items() if name != "name"}
    if not fault:
        assert validate(ServiceDraft, {**sent, "gate": gate}).gate == gate
        return
    with pytest.raises(InvalidRequest) as raised:
        validate(ServiceDraft, {**sent, "gate": gate})
    assert fault in str(raised.value.faults)
