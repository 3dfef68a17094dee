"""Evidence over real connections: each story of the simulators gives the bundle from which its cause is found.

The collectors run as the worker runs them; a source that hangs, fails or is refused leaves a gap and no more.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import stamina

from orchestrations.activities import (
    dynatrace,
    evidence_azure_devops,
    evidence_costs,
    evidence_dynatrace,
    evidence_logs,
    evidence_metrics,
    evidence_servicenow,
)
from orchestrations.incidents import evidence
from sandbox.vendors.dynatrace.plots import PLOTS
from shared import services
from shared.clients.azure_devops import azure_devops_client
from shared.clients.dynatrace import dynatrace_client
from shared.clients.servicenow import servicenow_client
from shared.domain.diagnosis import ranking
from tests.fakes.remediation import SERVICE as REGISTERED
from tests.fakes.services import fake_services
from tests.fakes.vendors import act
from tests.unit.sandbox.vendors.rig import Rig

MODULES = (
    dynatrace,
    evidence_azure_devops,
    evidence_costs,
    evidence_dynatrace,
    evidence_logs,
    evidence_metrics,
    evidence_servicenow,
)
ENTITY = "SERVICE-0123456789ABCDEF"
CI = "c" * 32
TIMEOUT_S = 3.0
RATE = 'builtin:service.errors.total.rate:splitBy("dt.entity.service")'


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """All vendors, and the app's services on them."""
    rig = Rig(tmp_path)
    await rig.start()
    own = rig.credentials
    made = fake_services(EVIDENCE_TIMEOUT_S=str(TIMEOUT_S))
    made.__dict__.update(
        dynatrace=dynatrace_client(rig.urls["dynatrace"], own["dynatrace"]["token"]),
        azure_devops=azure_devops_client(f"{rig.urls['azure_devops']}/contoso", own["azure_devops"]["token"]),
        servicenow=servicenow_client(
            rig.urls["servicenow"], own["servicenow"]["client_id"], own["servicenow"]["client_secret"]
        ),
    )
    services.use(made)
    with stamina.set_testing(True, attempts=100, cap=True):
        yield rig
    for client in (made.dynatrace, made.azure_devops, made.servicenow):
        await client.aclose()
    services.use(None)
    await rig.stop()
    await rig.http.aclose()


async def collect(told: dict[str, Any], service: dict[str, Any] | None = None) -> Any:
    """The bundle that all collectors give about the problem of a story."""
    problem = told["problem"]
    stub = problem["affectedEntities"][0]
    about = {
        "language": "en",
        "problem": {
            "problem_id": problem["problemId"],
            "start_ms": problem["startTime"],
            "entities": [{"id": stub["entityId"]["id"], "name": stub["name"], "type": "SERVICE"}],
            "url": "",
        },
        "service": service,
    }
    activities = {name: getattr(module, name) for module in MODULES for name in dir(module)}
    # Similar incidents come from our own memory, not from a vendor: test_knowledge asks for them.
    names = [name for name in evidence.collectors(service) if name != "collect_similar"]
    outcomes = await asyncio.gather(*(act(activities[name], about) for name in names))
    return evidence.gathered(service, dict(zip(names, outcomes, strict=True)), "en")


async def story(rig: Rig, kind: str, **more: Any) -> dict[str, Any]:
    body = {"kind": kind, "entity_id": ENTITY, "name": "shop", "notify": False, **more}
    told: dict[str, Any] = await rig.control("dynatrace", "POST", "/stories", body)
    return told


@pytest.mark.parametrize(
    ("kind", "more"), [*((kind, {}) for kind in PLOTS), ("saturation", {"resource": "disk"})]
)
async def test_the_cause_of_each_story_is_found_in_its_bundle(
    rig: Rig, kind: str, more: dict[str, Any]
) -> None:
    told = await story(rig, kind, **more)

    bundle = await collect(told)

    best = ranking.rank(
        {"start_ms": told["problem"]["startTime"], "entities": [{"id": ENTITY, "name": "shop"}]},
        bundle["items"],
    )[0]
    assert (best["category"], best["entity_id"]) == (
        told["truth"]["category"],
        told["truth"]["component_id"],
    )
    assert {gap["source"] for gap in bundle["missing"]} == {"changes", "costs", "metric", "runs"}


async def registered(rig: Rig) -> dict[str, Any]:
    """The service in every system: a pipeline with two runs, a configuration item with a change under way."""
    pipeline = await rig.control(
        "azure_devops", "POST", "/pipelines", {"project": "Payments", "name": "shop", "repository": "shop"}
    )
    runs: list[dict[str, Any]] = [
        {"commit": "a" * 40, "comment": "Begin", "finished_ago_seconds": 7200},
        {"commit": "b" * 40, "comment": "Smaller pool", "files": {"config/app.yaml": "5"}},
    ]
    for run in runs:
        body = {"pipeline_id": pipeline["id"], "finished_ago_seconds": 420, **run}
        await rig.control("azure_devops", "POST", "/runs", body)
    start = int(time.time() * 1000) - 3_600_000
    change = {"title": "Move the database", "cmdb_ci": CI, "start_ms": start, "end_ms": start + 7_200_000}
    await rig.control("servicenow", "POST", "/changes", change)
    return {
        **REGISTERED,
        "name": "shop",
        "azure_devops": {"project": "Payments", "pipeline_id": pipeline["id"]},
        "dynatrace": {"entity_id": ENTITY, "metric_selector": RATE, "upper_bound": 2.0, "resolution": "1m"},
        "servicenow_ci": CI,
    }


async def test_every_source_of_a_registered_service_is_in_its_bundle(rig: Rig) -> None:
    service = await registered(rig)

    bundle = await collect(await story(rig, "recent_deployment"), service)

    kinds = {item["kind"] for item in bundle["items"]}
    assert kinds == {"problem", "finding", "entity", "metric", "log", "deployment", "run", "change"}
    assert [gap["source"] for gap in bundle["missing"]] == ["costs"]
    suspect = next(item for item in bundle["items"] if item["kind"] == "run")
    assert (suspect["facts"]["commits"], suspect["facts"]["configuration"]) == (1, True)
    change = next(item for item in bundle["items"] if item["kind"] == "change")
    assert change["facts"]["planned"] is True
    assert len(bundle["items"]) <= 40


@pytest.mark.parametrize(
    ("operation", "sources"),
    [
        ("search_logs", {"logs"}),
        ("query_metrics", {"metrics", "metric"}),
        ("list_entities", {"logs", "metrics", "topology", "changes", "configuration", "expiries"}),
        ("list_events", {"changes", "configuration", "expiries"}),
        ("get_problem", {"problem"}),
    ],
)
async def test_a_source_that_hangs_is_a_gap_in_time_and_the_others_are_told(
    rig: Rig, operation: str, sources: set[str]
) -> None:
    service = await registered(rig)
    told = await story(rig, "dependency")
    fault = {"operation": operation, "kind": "hold", "seconds": 60}
    await rig.control("dynatrace", "PUT", "/faults", [fault])

    began = time.monotonic()
    bundle = await collect(told, service)

    assert time.monotonic() - began < TIMEOUT_S + 5
    missing = {gap["source"] for gap in bundle["missing"]} - {"costs"}
    assert sources <= missing
    assert any("no answer in" in gap["reason"] for gap in bundle["missing"])
    assert {item["source"] for item in bundle["items"]} >= {"azure_devops", "servicenow"}


@pytest.mark.parametrize("vendor", ["servicenow", "azure_devops"])
async def test_a_vendor_that_is_down_leaves_the_others_evidence(rig: Rig, vendor: str) -> None:
    service = await registered(rig)
    told = await story(rig, "dependency")
    await rig.control(vendor, "PUT", "/faults", [{"operation": "*", "kind": "status", "status": 503}])

    bundle = await collect(told, service)

    expected = {"servicenow": "changes", "azure_devops": "runs"}[vendor]
    assert {gap["source"] for gap in bundle["missing"]} == {expected, "costs"}
    assert {item["kind"] for item in bundle["items"]} >= {"problem", "metric", "log", "entity"}


@pytest.mark.parametrize(
    "fault", [{"kind": "drop"}, {"kind": "malformed"}, {"kind": "status", "status": 429}]
)
async def test_what_fails_once_is_asked_again_and_nothing_is_missing(rig: Rig, fault: dict[str, Any]) -> None:
    service = await registered(rig)
    told = await story(rig, "dependency")
    once = [
        {"operation": operation, "times": 1, **fault}
        for operation in ("search_logs", "query_metrics", "list_entities", "list_events", "list_settings")
    ]
    await rig.control("dynatrace", "PUT", "/faults", once)

    bundle = await collect(told, service)

    assert [gap["source"] for gap in bundle["missing"]] == ["costs"]
