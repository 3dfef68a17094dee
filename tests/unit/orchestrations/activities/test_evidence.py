"""The collectors of evidence, over the real clients and vendors that behave: items with facts, gaps with reasons."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrations.activities import (
    evidence_azure_devops,
    evidence_costs,
    evidence_dynatrace,
    evidence_logs,
    evidence_metrics,
    evidence_servicenow,
)
from tests.fakes import dynatrace as fake_dynatrace
from tests.fakes.remediation import PROBLEM, SERVICE
from tests.fakes.vendor import no_connection, status
from tests.fakes.vendors import Vendors, act

ENTITY = fake_dynatrace.SERVICE
DATABASE = "SERVICE-00000000000000DB"
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
START_MS = 1_700_000_040_000
CI = "c" * 32
LATENCY = "builtin:service.response.time"
PROBLEM_HERE = {
    **PROBLEM,
    "problem_id": "-123_456V2",
    "start_ms": START_MS,
    "entities": [{"id": ENTITY, "name": "pay", "type": "SERVICE"}],
}
SERVICE_HERE = {
    **SERVICE,
    "azure_devops": {"project": "Payments", "pipeline_id": 7},
    "dynatrace": {"entity_id": ENTITY, "metric_selector": "errors", "upper_bound": 2.0, "resolution": "1m"},
    "servicenow_ci": CI,
}


async def collected(activity: Any, service: Any = SERVICE_HERE, **problem: Any) -> dict[str, Any]:
    """The value of a collector that is done."""
    outcome = await act(
        activity, {"problem": {**PROBLEM_HERE, **problem}, "service": service, "language": "en"}
    )
    assert outcome["status"] == "done", outcome
    value: dict[str, Any] = outcome["value"]
    return value


@pytest.fixture
def topology(vendors: Vendors) -> None:
    """payments, which calls a database."""
    vendors.dynatrace.add_entity(DATABASE, "database")
    vendors.dynatrace.add_entity(ENTITY, "payments", (DATABASE,))


# the problem


async def test_the_problem_becomes_evidence_with_its_findings(vendors: Vendors) -> None:
    impact = {"impacts": [{"estimatedAffectedUsers": 240}]}
    vendors.dynatrace.problems["-123_456V2"] = fake_dynatrace.a_problem(impactAnalysis=impact)

    problem, finding = (await collected(evidence_dynatrace.collect_problem))["items"]

    assert (problem["kind"], finding["kind"]) == ("problem", "finding")
    assert "ERROR SERVICES: Failure rate increase (payments), about 240 users" in problem["text"]
    assert finding["facts"] == {"entity_id": ENTITY, "type": "EVENT", "root_cause": True}


async def test_findings_of_the_root_cause_come_first(vendors: Vendors) -> None:
    problem = fake_dynatrace.a_problem()
    (cause,) = problem["evidenceDetails"]["details"]
    other = {**cause, "rootCauseRelevant": False, "displayName": "High CPU", "eventType": "HIGH_CPU"}
    problem["evidenceDetails"]["details"] = [other, cause]
    vendors.dynatrace.problems["-123_456V2"] = problem

    _, *findings = (await collected(evidence_dynatrace.collect_problem))["items"]

    assert [one["facts"]["root_cause"] for one in findings] == [True, False]
    assert findings[1]["facts"]["type"] == "EVENT HIGH_CPU"


async def test_a_problem_dynatrace_does_not_know_is_no_evidence_and_no_failure(vendors: Vendors) -> None:
    assert await collected(evidence_dynatrace.collect_problem) == {"items": []}


async def test_a_source_that_is_away_is_an_outcome_not_an_exception(vendors: Vendors) -> None:
    vendors.dynatrace.fail("GET", "/problems", *[no_connection] * 9)

    outcome = await act(
        evidence_dynatrace.collect_problem,
        {"problem": PROBLEM_HERE, "service": SERVICE_HERE, "language": "en"},
    )

    assert outcome["status"] == "unavailable"
    assert "dynatrace problem" in outcome["reason"]


async def test_a_source_that_refuses_is_final(vendors: Vendors) -> None:
    vendors.dynatrace.fail("GET", "/problems", status(403))

    outcome = await act(
        evidence_dynatrace.collect_problem, {"problem": PROBLEM_HERE, "service": None, "language": "en"}
    )

    assert outcome["status"] == "refused"


# events


async def test_deployments_dynatrace_saw_are_evidence(vendors: Vendors) -> None:
    vendors.dynatrace.add_event(
        "CUSTOM_DEPLOYMENT",
        "Deploy 102",
        START_MS - MINUTE_MS,
        commit="b" * 40,
        run_id="102",
        **{"valueflow.deployment_id": "azure_devops:102:production"},
    )
    vendors.dynatrace.add_event("CUSTOM_DEPLOYMENT", "Deploy 90", START_MS - 2 * DAY_MS)
    vendors.dynatrace.add_event("CUSTOM_CONFIGURATION", "Pool 50 to 5", START_MS - MINUTE_MS)

    (item,) = (await collected(evidence_dynatrace.collect_changes))["items"]

    assert item["text"] == "Deploy 102 (payments)"
    assert item["facts"] == {
        "entity_id": ENTITY,
        "at_ms": START_MS - MINUTE_MS,
        "run_id": 102,
        "commit": "b" * 40,
        "result": "",
        "deployment_id": "azure_devops:102:production",
    }


async def test_changes_of_configuration_and_notes_are_told_apart(vendors: Vendors) -> None:
    vendors.dynatrace.add_event("CUSTOM_ANNOTATION", "Load test begins", START_MS - MINUTE_MS)
    vendors.dynatrace.add_event("CUSTOM_CONFIGURATION", "Pool 50 to 5", START_MS - MINUTE_MS)

    items = (await collected(evidence_dynatrace.collect_configuration))["items"]

    assert [(item["kind"], item["facts"]["what"]) for item in items] == [
        *(("configuration", "Pool 50 to 5"), ("annotation", "Load test begins"))
    ]


async def test_notes_that_cannot_be_had_do_not_hide_changes_of_configuration(vendors: Vendors) -> None:
    vendors.dynatrace.add_event("CUSTOM_CONFIGURATION", "Pool 50 to 5", START_MS)

    def refusing_annotations(request: Any, work: Any) -> Any:
        refuses = "ANNOTATION" in request.url.params["eventSelector"]
        return status(403)(request, work) if refuses else work()

    vendors.dynatrace.fail("GET", "/events", *[refusing_annotations] * 2)

    value = await collected(evidence_dynatrace.collect_configuration)

    assert [item["kind"] for item in value["items"]] == ["configuration"]
    assert [gap["source"] for gap in value["missing"]] == ["annotation"]


async def test_a_certificate_that_ended_and_a_quota_used_up_are_evidence(vendors: Vendors) -> None:
    expired = datetime.fromtimestamp((START_MS - MINUTE_MS) / 1000, UTC).isoformat()
    add = vendors.dynatrace.add_event
    add("CUSTOM_INFO", "Checked", START_MS - HOUR_MS, **{"certificate.expires_at": expired})
    add(
        "CUSTOM_ALERT",
        "Checked",
        START_MS,
        **{"quota.name": "calls", "quota.used": "100", "quota.limit": "100"},
    )

    certificate, quota = sorted(
        (await collected(evidence_dynatrace.collect_expiries))["items"], key=lambda item: str(item["kind"])
    )

    assert certificate["facts"] == {"entity_id": ENTITY, "expires_at_ms": START_MS - MINUTE_MS}
    assert "Certificate Checked expired at 2023-11-14T22:13:00Z (payments)" in certificate["text"]
    assert quota["facts"] == {"entity_id": ENTITY, "used": 100.0, "limit": 100.0, "what": "calls"}


async def test_what_was_renewed_since_or_is_far_from_its_end_is_no_evidence(vendors: Vendors) -> None:
    soon, later = ("2023-11-15T00:00:00Z", "2026-01-01T00:00:00Z")
    add = vendors.dynatrace.add_event
    add("CUSTOM_INFO", "Checked", START_MS - 2 * HOUR_MS, **{"certificate.expires_at": soon})
    add("CUSTOM_INFO", "Checked", START_MS - HOUR_MS, **{"certificate.expires_at": later})
    add("CUSTOM_INFO", "Checked", START_MS, **{"quota.used": "10", "quota.limit": "100"})
    add("CUSTOM_INFO", "Nonsense", START_MS, **{"certificate.expires_at": "soon", "quota.used": "x"})

    assert (await collected(evidence_dynatrace.collect_expiries))["items"] == []


# metrics


def measure(vendors: Vendors, key: str, entity_id: str, usual: float, now: float, onset_ms: int) -> None:
    """Two days of a metric, a point a minute, in its own unit."""
    first = START_MS - 26 * HOUR_MS
    vendors.dynatrace.metrics[key, entity_id] = [
        (at, (now if at >= onset_ms else usual) * (1 + 0.01 * (at // MINUTE_MS % 3)))
        for at in range(first, START_MS + 20 * MINUTE_MS, MINUTE_MS)
    ]


@pytest.mark.usefixtures("topology")
async def test_a_metric_is_compared_with_before_and_with_yesterday(vendors: Vendors) -> None:
    measure(vendors, LATENCY, ENTITY, 100_000, 900_000, START_MS - 2 * MINUTE_MS)

    (item,) = (await collected(evidence_metrics.collect_metrics))["items"]

    facts = item["facts"]
    assert (facts["indicator"], facts["entity_id"]) == ("latency", ENTITY)
    assert facts["baseline_median"] == pytest.approx(101)
    assert facts["during_median"] == pytest.approx(909)
    assert facts["robust_z"] > 100
    assert facts["onset_ms"] == START_MS - 2 * MINUTE_MS
    assert (facts["baseline_samples"], facts["samples"]) == (120 + 180, 20)
    assert item["text"].startswith("response time of payments: usually 101 ms, now 909 ms (robust z +")
    assert item["link"].endswith(f"/ui/entity/{ENTITY}")


@pytest.mark.usefixtures("topology")
async def test_what_is_farthest_from_usual_comes_first_whoever_it_is(vendors: Vendors) -> None:
    measure(vendors, LATENCY, ENTITY, 100_000, 200_000, START_MS)
    measure(vendors, LATENCY, DATABASE, 10_000, 900_000, START_MS - 5 * MINUTE_MS)

    items = (await collected(evidence_metrics.collect_metrics))["items"]

    assert [item["facts"]["entity_id"] for item in items] == [DATABASE, ENTITY]
    assert items[0]["facts"]["onset_ms"] < items[1]["facts"]["onset_ms"]


@pytest.mark.usefixtures("topology")
async def test_without_yesterday_today_is_told_and_the_gap_named(vendors: Vendors) -> None:
    measure(vendors, LATENCY, ENTITY, 100_000, 900_000, START_MS)

    def without_yesterday(request: Any, work: Any) -> Any:
        is_old = int(request.url.params["from"]) < START_MS - DAY_MS
        return status(400)(request, work) if is_old else work()

    vendors.dynatrace.fail("GET", "/metrics/query", *[without_yesterday] * 2)

    value = await collected(evidence_metrics.collect_metrics)

    assert value["items"][0]["facts"]["baseline_samples"] == 120
    assert [gap["source"] for gap in value["missing"]] == ["metrics of SERVICE yesterday"]


async def test_entities_that_nobody_measures_are_said(vendors: Vendors) -> None:
    value = await collected(evidence_metrics.collect_metrics)

    assert value == {
        "items": [],
        "missing": [{"source": "metrics", "reason": "no entity that is measured"}],
    }


# logs


@pytest.mark.usefixtures("topology")
async def test_the_pattern_that_rose_most_comes_first_with_its_rates(vendors: Vendors) -> None:
    for number in range(60):
        vendors.dynatrace.add_log(START_MS - HOUR_MS + number * MINUTE_MS // 2, f"Retry {number}", "WARN")
        vendors.dynatrace.add_log(START_MS - MINUTE_MS + number * 1000, f"Order {number}: pool exhausted")
    vendors.dynatrace.add_log(START_MS, "Lock wait timeout", entity_id=DATABASE)

    items = (await collected(evidence_logs.collect_logs))["items"]

    assert [item["facts"]["pattern"] for item in items] == ["Order <n>: pool exhausted", "Lock wait timeout"]
    first = items[0]["facts"]
    assert (first["count"], first["before_count"], first["level"]) == (60, 0, "ERROR")
    assert first["per_minute"] == pytest.approx(60 / 40)
    assert first["first_ms"] == START_MS - MINUTE_MS
    assert items[1]["facts"]["entity_id"] == DATABASE
    assert items[0]["text"].startswith("ERROR of payments, 60 times, 1.5 a minute (before 0): Order <n>")


@pytest.mark.usefixtures("topology")
async def test_what_was_there_before_as_well_has_not_risen(vendors: Vendors) -> None:
    for number in range(-60, 30):
        vendors.dynatrace.add_log(START_MS + number * MINUTE_MS, f"Cache miss {number}")
    vendors.dynatrace.add_log(START_MS, "Out of memory")
    vendors.dynatrace.add_log(START_MS + 1, "Out of memory")

    items = (await collected(evidence_logs.collect_logs))["items"]

    assert [item["facts"]["pattern"] for item in items] == ["Out of memory", "Cache miss <n>"]


@pytest.mark.usefixtures("topology")
async def test_more_lines_than_an_answer_holds_are_at_least_so_many(vendors: Vendors) -> None:
    for number in range(1200):
        vendors.dynatrace.add_log(START_MS + number * 100, f"Order {number} failed")

    (item,) = (await collected(evidence_logs.collect_logs))["items"]

    assert (item["facts"]["count"], item["facts"]["first_ms"]) == (1000, None)
    assert "at least 1000 times" in item["text"]


@pytest.mark.usefixtures("topology")
async def test_logs_that_cannot_be_had_from_before_are_told_without_comparison(vendors: Vendors) -> None:
    vendors.dynatrace.add_log(START_MS, "Out of memory")

    def without_before(request: Any, work: Any) -> Any:
        return status(400)(request, work) if int(request.url.params["to"]) < START_MS else work()

    vendors.dynatrace.fail("GET", "/logs/search", *[without_before] * 2)

    value = await collected(evidence_logs.collect_logs)

    assert [item["facts"]["pattern"] for item in value["items"]] == ["Out of memory"]
    assert [gap["source"] for gap in value["missing"]] == ["logs before the problem"]


# what was planned


def plan(vendors: Vendors, state: str = "-1", starts_h: float = -1, ends_h: float = 1, ci: str = CI) -> str:
    times = [
        datetime.fromtimestamp((START_MS + hours * HOUR_MS) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        for hours in (starts_h, ends_h)
    ]
    row = vendors.servicenow.add(
        "change_request",
        cmdb_ci=ci,
        state=state,
        type="normal",
        short_description="Move the database",
        start_date=times[0],
        end_date=times[1],
    )
    return row["number"]


async def test_an_authorised_change_under_way_is_evidence_and_announced(vendors: Vendors) -> None:
    number = plan(vendors)

    value = await collected(evidence_servicenow.collect_planned_changes)

    (item,) = value["items"]
    assert item["facts"] == {
        "number": number,
        "state": "-1",
        "start_ms": START_MS - HOUR_MS,
        "end_ms": START_MS + HOUR_MS,
        "service": "checkout",
        "planned": True,
    }
    assert f"{number} Move the database (normal, being implemented)" in item["text"]
    assert value["maintenance"] == [
        {
            "start_ms": START_MS - HOUR_MS,
            "end_ms": START_MS + HOUR_MS,
            "source": "servicenow",
            "title": item["text"],
        }
    ]


@pytest.mark.parametrize(
    ("state", "starts_h", "ends_h"), [("-3", -1, 1), ("3", -5, -2)], ids=["not authorised", "over"]
)
async def test_a_change_nobody_announced_for_now_is_evidence_alone(
    vendors: Vendors, state: str, starts_h: float, ends_h: float
) -> None:
    plan(vendors, state, starts_h, ends_h)

    value = await collected(evidence_servicenow.collect_planned_changes)

    assert [item["facts"]["planned"] for item in value["items"]] == [False]
    assert value["maintenance"] == []


@pytest.mark.parametrize(
    ("state", "starts_h", "ends_h", "ci"),
    [("4", -1, 1, CI), ("-1", -60, -40, CI), ("-1", -1, 1, "d" * 32)],
    ids=["cancelled", "long over", "another item's"],
)
async def test_other_changes_are_none_even_if_the_instance_ignores_our_query(
    vendors: Vendors, state: str, starts_h: float, ends_h: float, ci: str
) -> None:
    plan(vendors, state, starts_h, ends_h, ci)
    vendors.servicenow.ignores_queries = True

    assert (await collected(evidence_servicenow.collect_planned_changes))["items"] == []


def maintain(vendors: Vendors, **value: Any) -> None:
    once = {"startTime": "2023-11-14T22:00:00", "endTime": "2023-11-14T23:00:00", "timeZone": "UTC"}
    general = {"name": "Patching", "maintenanceType": "PLANNED", "suppression": "DETECT_PROBLEMS_DONT_ALERT"}
    vendors.dynatrace.add_setting(
        "builtin:alerting.maintenance-window",
        {
            "enabled": True,
            "generalProperties": general,
            "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
            "filters": [],
            **value,
        },
    )


@pytest.mark.usefixtures("topology")
async def test_a_maintenance_window_over_the_entity_is_evidence(vendors: Vendors) -> None:
    maintain(vendors, filters=[{"entityId": ENTITY}])
    maintain(vendors, filters=[{"entityId": "HOST-1"}])
    maintain(vendors, enabled=False)

    value = await collected(evidence_servicenow.collect_planned_changes)

    (item,) = value["items"]
    assert (item["kind"], item["facts"]["entity_ids"]) == ("maintenance", [ENTITY])
    assert item["text"].startswith("Planned maintenance: Patching, 2023-11-14T22:00:00Z to ")
    assert [one["source"] for one in value["maintenance"]] == ["dynatrace"]


async def test_a_window_without_filters_is_for_everybody(vendors: Vendors) -> None:
    maintain(vendors)

    value = await collected(evidence_servicenow.collect_planned_changes)

    assert [item["facts"]["entity_ids"] for item in value["items"]] == [[]]


async def test_changes_of_a_service_nobody_registered_are_missing_not_none(vendors: Vendors) -> None:
    value = await collected(evidence_servicenow.collect_planned_changes, service=None)

    assert value["missing"] == [{"source": "changes", "reason": "no registered service"}]


async def test_servicenow_being_away_does_not_hide_a_maintenance_window(vendors: Vendors) -> None:
    maintain(vendors)
    vendors.servicenow.fail("GET", "/change_request", *[no_connection] * 9)

    value = await collected(evidence_servicenow.collect_planned_changes)

    assert [item["kind"] for item in value["items"]] == ["maintenance"]
    assert [gap["source"] for gap in value["missing"]] == ["changes"]


# runs


def two_versions(vendors: Vendors) -> None:
    """Two good runs, and three commits between them, by somebody."""
    git = vendors.devops.git
    repository_id = git.add_repository("payments")
    first = git.add_commit(repository_id, "Begin", {"/src/app.py": b"1"})
    git.add_commit(repository_id, "Cache prices\n\nReviewed-by: Ana", {"/src/app.py": b"2"})
    git.add_commit(repository_id, "Smaller pool", {"/config/app.yaml": b"pool: 5"})
    last = git.add_commit(repository_id, "Add an index", {"/db/migrations/42.sql": b"create"})
    vendors.devops.add_run(101, first, repository_id=repository_id)
    vendors.devops.add_run(102, last, repository_id=repository_id)


def a_minute_from_now() -> int:
    return int(time.time() * 1000) + 60_000


async def test_the_run_before_the_problem_is_the_suspect_and_the_one_before_it_the_good_one(
    vendors: Vendors,
) -> None:
    vendors.devops.add_run(101, "a" * 40)
    vendors.devops.add_run(102, "b" * 40)
    vendors.devops.add_run(103, "c" * 40, result="failed")

    value = await collected(evidence_azure_devops.collect_runs, start_ms=a_minute_from_now())

    runs = value["runs"]
    assert (runs["suspect"]["run_id"], runs["last_good"]["run_id"]) == (102, 101)
    assert [item["facts"]["role"] for item in value["items"]] == ["suspect", "last_good"]


def deployed_to(vendors: Vendors, run_id: int, environment: str, **fields: Any) -> None:
    run = vendors.devops.add_run(run_id, f"{run_id:040}", **fields)
    run["templateParameters"] = {"action": "apply", "environment": environment}


async def suspected(**service: Any) -> dict[str, Any]:
    found = await collected(
        evidence_azure_devops.collect_runs,
        start_ms=a_minute_from_now(),
        service={**SERVICE_HERE, **service},
    )
    facts: dict[str, Any] = found["items"][0]["facts"]
    return facts


async def test_a_run_bears_the_name_of_its_deployment(vendors: Vendors) -> None:
    """As its own facts have it, so that what blames it blames the right one."""
    deployed_to(vendors, 101, "Prod")

    assert (await suspected())["deployment_id"] == "azure_devops:101:production"


async def test_where_a_run_does_not_say_its_owner_does(vendors: Vendors) -> None:
    vendors.devops.add_run(101, "a" * 40)

    assert (await suspected(delivery={"environment": "production"}))[
        "deployment_id"
    ] == "azure_devops:101:production"
    assert (await suspected())["deployment_id"] == ""


async def test_a_run_of_ours_is_nobody_s_deployment_to_blame(vendors: Vendors) -> None:
    deployed_to(vendors, 101, "production", variables={"VALUEFLOW_KEY": {"value": "incident-1/start_run"}})

    assert (await suspected())["deployment_id"] == ""


async def test_what_went_to_another_environment_is_nobody_s_suspect(vendors: Vendors) -> None:
    deployed_to(vendors, 101, "production")
    deployed_to(vendors, 102, "development")

    assert (await suspected(automation={"environment": "production"}))["run_id"] == 101


async def test_a_run_that_stopped_or_started_the_service_is_neither(vendors: Vendors) -> None:
    for run_id, parameters in ((101, {}), (102, {"action": "stop"}), (103, {}), (104, {"action": "start"})):
        vendors.devops.add_run(run_id, f"{run_id:040}")["templateParameters"] = parameters

    value = await collected(evidence_azure_devops.collect_runs, start_ms=a_minute_from_now())

    runs = value["runs"]
    assert (runs["suspect"]["run_id"], runs["last_good"]["run_id"]) == (103, 101)


async def test_what_lies_between_the_two_runs_is_told_without_anybody_s_name(vendors: Vendors) -> None:
    two_versions(vendors)

    value = await collected(evidence_azure_devops.collect_runs, start_ms=a_minute_from_now())

    suspect, good = value["items"]
    facts = suspect["facts"]
    assert (facts["commits"], facts["files"]) == (3, 3)
    assert (facts["configuration"], facts["migration"], facts["infrastructure"]) == (True, True, False)
    assert '3 commits, 3 files (configuration, migration): "Add an index"; "Smaller pool"' in suspect["text"]
    assert "files" not in good["facts"]
    assert "Ana" not in str(value)
    assert value["missing"] == []


async def test_a_comparison_that_is_refused_leaves_the_runs(vendors: Vendors) -> None:
    two_versions(vendors)
    vendors.devops.fail("GET", "/diffs/commits", status(403))
    vendors.devops.fail("GET", "/build/changes", status(403))

    value = await collected(evidence_azure_devops.collect_runs, start_ms=a_minute_from_now())

    assert value["runs"]["suspect"]["run_id"] == 102
    assert {gap["source"] for gap in value["missing"]} == {"commits", "files"}


async def test_a_run_after_the_problem_is_nobody_s_suspect(vendors: Vendors) -> None:
    vendors.devops.add_run(101, "a" * 40)

    value = await collected(evidence_azure_devops.collect_runs)

    assert value == {"items": [], "missing": [], "runs": {"suspect": None, "last_good": None}}


async def test_cost_is_missing_and_says_why(vendors: Vendors) -> None:
    assert await collected(evidence_costs.collect_costs) == {
        "items": [],
        "missing": [{"source": "costs", "reason": "no cost data is loaded"}],
    }


async def test_evidence_speaks_the_language_of_the_incident(vendors: Vendors) -> None:
    asked = {"problem": PROBLEM_HERE, "service": None, "language": "pt-BR"}

    outcome = await act(evidence_costs.collect_costs, asked)

    assert outcome["value"]["missing"][0]["reason"] == "não há dados de custo carregados"
