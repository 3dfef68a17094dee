"""What gates do outside: measuring that never invents a value, history that leaves out the bad, checks, notes."""

import json
from typing import Any

import httpx
import pytest

from orchestrations.activities.gates import answer_check, keep_gate, measure_gate, note_change
from shared.corrections import path_of
from shared.domain.gate import gates
from shared.gates.rules import rules_of
from tests.fakes import azure_devops
from tests.fakes.dynatrace import SERVICE
from tests.fakes.vendor import status
from tests.fakes.vendors import Vendors, act, value

MINUTE = 60_000
FROM = 1_795_262_400_000
UNTIL = FROM + 10 * MINUTE
LATENCY, ERRORS = "builtin:service.response.time", "builtin:service.errors.total.rate"
THROUGHPUT = "builtin:service.requestCount.total"
DOCUMENT: dict[str, Any] = {
    "name": "checkout",
    "tier": 3,
    "dynatrace": {"entity_id": SERVICE, "metric_selector": "own", "upper_bound": 2.0},
}


@pytest.fixture(autouse=True)
def healthy(vendors: Vendors) -> None:
    fill(vendors, LATENCY, 100_000.0)
    fill(vendors, ERRORS, 0.2)
    fill(vendors, THROUGHPUT, 600.0)


def fill(vendors: Vendors, key: str, level: float | None, first: int = -30, last: int = 12) -> None:
    """A sample a minute, of minutes from the window's beginning."""
    points = vendors.dynatrace.metrics.setdefault((key, SERVICE), [])
    kept = [one for one in points if not FROM + first * MINUTE <= one[0] < FROM + last * MINUTE]
    new = [(FROM + minute * MINUTE, level) for minute in range(first, last)]
    vendors.dynatrace.metrics[key, SERVICE] = sorted([*kept, *new])


async def measure(document: dict[str, Any] = DOCUMENT, **changes: Any) -> dict[str, Any]:
    asked = {
        "service": document,
        "environment": "production",
        "version": "2",
        "rules": rules_of(document),
        "from_ms": FROM,
        "until_ms": UNTIL,
        "length_ms": UNTIL - FROM,
        "deployed_ms": FROM,
    }
    found: dict[str, Any] = (await value(measure_gate, {**asked, **changes}))["measured"]
    return found


async def test_each_objective_is_measured_in_its_own_unit(vendors: Vendors) -> None:
    told = await measure()

    assert {name: (one["value"], one["unit"], one["samples"]) for name, one in told.items()} == {
        "errors": (0.2, "%", 10),
        "latency": (100.0, "ms", 10),
        "throughput": (600.0, "/min", 10),
    }
    assert all(one["reason"] == "" for one in told.values())
    assert len(told["latency"]["points"]) == 10


async def test_the_window_before_is_the_baseline_of_the_first_deployment(vendors: Vendors) -> None:
    fill(vendors, LATENCY, 200_000.0, 0, 12)

    told = (await measure())["latency"]
    assert (told["value"], told["baseline"], told["baseline_from"]) == (200.0, 100.0, "before")


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [(0, 12, "no_data"), (3, 12, "few_samples"), (6, 12, "late")],
    ids=["nothing", "too few", "late"],
)
async def test_what_is_missing_is_named(vendors: Vendors, first: int, last: int, reason: str) -> None:
    fill(vendors, LATENCY, None, first, last)

    told = (await measure())["latency"]
    assert (told["value"], told["reason"]) == (None, reason)


async def test_slots_that_are_not_wholly_in_the_window_do_not_count(vendors: Vendors) -> None:
    told = (await measure(from_ms=FROM + 1, until_ms=UNTIL - 1))["latency"]

    assert told["samples"] == 8


async def test_a_metric_that_dynatrace_has_not_is_one_unknown_objective(vendors: Vendors) -> None:
    vendors.dynatrace.unknown.add(LATENCY)

    told = await measure()
    assert (told["latency"]["reason"], told["errors"]["reason"]) == ("vendor", "")


async def test_dynatrace_away_leaves_all_unknown(vendors: Vendors) -> None:
    vendors.dynatrace.fail("GET", "", *[status(503)] * 200)

    assert {one["reason"] for one in (await measure()).values()} == {"vendor"}


async def test_production_says_nothing_of_another_environment(vendors: Vendors) -> None:
    assert {one["reason"] for one in (await measure(environment="preview")).values()} == {"not_measured"}
    own = {**DOCUMENT, "gate": {"entities": {"preview": SERVICE}}}
    assert {one["reason"] for one in (await measure(own, environment="preview")).values()} == {""}


async def test_a_service_dynatrace_has_not_seen_is_not_measured(vendors: Vendors) -> None:
    unseen = {**DOCUMENT, "dynatrace": {**DOCUMENT["dynatrace"], "entity_id": ""}}

    assert {one["reason"] for one in (await measure(unseen)).values()} == {"not_measured"}


async def test_a_window_that_is_too_young_proves_nothing(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestrations.activities import gates as module

    monkeypatch.setattr(module, "now_ms", lambda: FROM + 5 * MINUTE)
    assert {one["reason"] for one in (await measure(until_ms=None)).values()} == {"too_soon"}
    monkeypatch.setattr(module, "now_ms", lambda: FROM + 11 * MINUTE)
    assert {one["reason"] for one in (await measure(until_ms=None)).values()} == {""}


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("median", 100.0), ("mean", 190.0), ("max", 1000.0), ("min", 100.0), ("p95", 1000.0)],
)
async def test_samples_are_brought_together_as_the_objective_says(
    vendors: Vendors, aggregate: str, expected: float
) -> None:
    fill(vendors, LATENCY, 1_000_000.0, 4, 5)
    rules = rules_of(DOCUMENT)
    rules["objectives"][1]["aggregate"] = aggregate

    assert (await measure(rules=rules))["latency"]["value"] == expected


def a_result(number: int, verdict: str = "pass", level: float = 100.0, **changes: Any) -> dict[str, Any]:
    rules = rules_of(DOCUMENT)
    return {
        "id": f"gate-checkout-{number}",
        "service": "checkout",
        "environment": "production",
        "version": f"1.{number}",
        "commit": f"c{number}",
        "verdict": verdict,
        "decided_at": f"2026-11-20T12:{number:02}:00Z",
        "deployment_id": None,
        "run_id": 100 + number,
        "from_ms": FROM - (10 - number) * 60 * MINUTE,
        "dry_run": False,
        "rollback": None,
        "rules": rules,
        "objectives": [{"value": level} for _ in rules["objectives"]],
        **changes,
    }


async def test_earlier_good_deployments_are_the_baseline_and_bad_ones_are_not(vendors: Vendors) -> None:
    for result in (
        a_result(1, level=90.0),
        a_result(2, level=110.0),
        a_result(3, "fail", 900.0),
        a_result(4, "inconclusive", 900.0),
        a_result(5, "pass", 900.0, rollback={"state": "verified"}),
        a_result(6, "pass", 900.0, dry_run=True),
    ):
        await value(keep_gate, {"result": result})

    told = (await measure())["latency"]
    assert (told["baseline"], told["baseline_from"], told["baseline_of"]) == (100.0, "history", 2)


async def test_the_window_before_a_deployment_is_no_baseline_where_a_failed_version_ran(
    vendors: Vendors,
) -> None:
    await value(keep_gate, {"result": a_result(1, "fail")})

    told = (await measure())["latency"]
    assert (told["baseline"], told["baseline_from"]) == (None, "")


@pytest.mark.parametrize("asked", [{}, {"deployment_id": "azure_devops:102:production", "run_id": None}])
async def test_a_version_that_people_call_failed_is_no_baseline_any_more(
    vendors: Vendors, asked: dict[str, Any]
) -> None:
    await value(keep_gate, {"result": a_result(1, level=90.0)})
    await value(keep_gate, {"result": a_result(2, level=900.0, **asked)})
    said = [{"kind": "failed", "correction_id": "1", "at": "2026-11-21T12:00:00Z"}]
    vendors.services.blob.blobs[path_of("azure_devops:102:production")] = json.dumps(said).encode()

    told = (await measure())["latency"]
    assert (told["baseline"], told["baseline_of"]) == (90.0, 1)


async def test_a_gate_is_kept_once_however_often_it_is_told(vendors: Vendors) -> None:
    for result in (a_result(1), a_result(1), a_result(1, "fail")):
        await value(keep_gate, {"result": result})

    (entry,) = json.loads(vendors.services.blob.blobs["gates/history/checkout/production.json"])
    assert entry["verdict"] == "fail"
    assert json.loads(vendors.services.blob.blobs["gates/results/gate-checkout-1.json"])["verdict"] == "fail"


async def test_blob_away_is_tried_again_later(vendors: Vendors) -> None:
    vendors.services.blob.away = True

    assert (await act(keep_gate, {"result": a_result(1)}))["status"] == "unavailable"
    assert (await act(measure_gate, {"service": DOCUMENT, "environment": "production", "version": "2",
                                     "rules": rules_of(DOCUMENT), "from_ms": FROM, "until_ms": UNTIL,
                                     "deployed_ms": FROM}))["status"] == "unavailable"  # fmt: skip


async def test_a_change_gets_its_note_once_and_no_secret(vendors: Vendors) -> None:
    change = vendors.servicenow.add("change_request", number="CHG0030001")
    asked = {"number": "CHG0030001", "text": "Quality gate: pass. password=hunter2hunter2"}

    first = await value(note_change, asked)
    again = await value(note_change, asked)

    assert (first["result"], again["result"]) == ("created", "adopted")
    (note,) = vendors.servicenow.notes(change["sys_id"])
    assert "Quality gate: pass" in note
    assert "hunter2" not in note


async def test_a_change_that_is_not_there_is_said_so(vendors: Vendors) -> None:
    assert (await value(note_change, {"number": "CHG0099999", "text": "x"}))["result"] == "absent"


@pytest.mark.parametrize(("proceed", "result"), [(True, "succeeded"), (False, "failed")])
async def test_a_check_hears_its_end_at_our_own_organisation(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch, proceed: bool, result: str
) -> None:
    heard: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(404 if len(heard) > 1 else 204)

    monkeypatch.setattr(vendors.devops, "respond", respond)
    check = {"project_id": "p1", "hub_name": "checks", "plan_id": "q1", "job_id": "j1", "task_id": "t1"}

    for _ in range(2):
        await value(answer_check, {"check": check, "proceed": proceed})

    assert str(heard[0].url).partition("?")[0] == (
        f"{azure_devops.URL}/p1/_apis/distributedtask/hubs/checks/plans/q1/events"
    )
    assert json.loads(heard[0].content) == {
        "name": "TaskCompleted",
        "taskId": "t1",
        "jobId": "j1",
        "result": result,
    }


def test_every_reason_of_the_unknown_has_its_words() -> None:
    from shared.texts import TEXTS

    reasons = (
        gates.NO_DATA,
        gates.FEW_SAMPLES,
        gates.LATE,
        gates.VENDOR,
        gates.NOT_MEASURED,
        gates.NO_BASELINE,
    )
    assert all(f"gate.reason.{reason}" in TEXTS for reason in (*reasons, gates.TOO_SOON))
