"""What follows an incident: few suggestions, from cause, evidence and end; each with a key that makes twice once."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.vendors.dynatrace.schemas import SCHEMAS
from shared.domain.incident import follow_ups, incidents
from shared.domain.incident.follow_ups import MOST, QUICK_S, suggest
from shared.domain.incident.preventive_alerts import METRIC_EVENTS, alert_of, first_deviation
from tests.fakes.follow_ups import CASE, STORY, a_metric
from tests.fakes.remediation import SERVICE as REGISTERED

SERVICE: dict[str, Any] = dict(REGISTERED)
CATEGORIES = sorted(follow_ups._OF_CATEGORY)
OUTCOMES = [
    incidents.RESOLVED,
    incidents.SELF_RESOLVED,
    incidents.REFUSED,
    incidents.EXPIRED,
    incidents.ACTION_FAILED,
    incidents.UNVERIFIED,
    incidents.HANDED_OVER,
]


def titles(**changed: Any) -> list[str]:
    return [one["title"] for one in suggest("en", {**STORY, **changed})["items"]]


def of(category: str, **fields: Any) -> dict[str, Any]:
    return {**CASE, "category": category, **fields}


def the_alert(*items: dict[str, Any], category: str = "recent_deployment", **service: Any) -> dict[str, Any]:
    made = alert_of("en", {**SERVICE, **service}, category, items)
    assert made is not None
    return dict(made)


def test_after_a_deployment_an_alert_a_test_and_an_objective_are_suggested() -> None:
    assert titles() == [
        "checkout: error rate above 3.3 %",
        "Write a test that would have caught: Deployment 102 broke it.",
        "Add error rate of checkout to the gate's objectives",
    ]


@pytest.mark.parametrize(
    ("category", "title"),
    [
        ("configuration", "Check the configuration of cart before it is applied"),
        ("memory_leak", "Fix the memory leak of cart"),
        ("saturation", "Give cart more room, or have it scale by itself"),
        ("dependency", "Have checkout withstand a failure of cart"),
        ("certificate", "Renew the certificate of cart automatically"),
        ("quota", "Raise the quota of cart and watch its use"),
        ("infrastructure", "Spread checkout so that losing cart does not bring it down"),
        ("unknown", "Find the cause of the incident of checkout"),
    ],
)
def test_every_cause_has_its_work(category: str, title: str) -> None:
    assert title in titles(case=of(category, component="cart"))


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        ("unverified", "Review why the recovery of checkout was not verified"),
        ("action_failed", "Repair the action that failed on checkout"),
        ("expired", "Review the on-call of checkout: nobody decided in time"),
        ("handed_over", "Give checkout a runbook for recent deployment"),
    ],
)
def test_an_end_that_was_not_good_is_reviewed(outcome: str, title: str) -> None:
    assert title in titles(outcome=outcome)


def test_without_a_known_cause_no_runbook_is_asked_for() -> None:
    assert titles(outcome="handed_over", case=of("unknown"), items=[]) == [
        "Find the cause of the incident of checkout"
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"outcome": "planned"},
        {"outcome": "self_resolved", "case": of("unknown"), "duration_s": QUICK_S - 1},
        {"outcome": "self_resolved", "case": of("unknown"), "duration_s": None},
        {"service": None},
    ],
)
def test_nothing_follows_what_was_planned_or_went_by_itself_or_is_nobody_s(changed: dict[str, Any]) -> None:
    assert titles(**changed) == []


def test_what_went_by_itself_after_long_is_looked_into() -> None:
    changed = {"outcome": "self_resolved", "case": of("unknown"), "duration_s": QUICK_S}

    assert "Find the cause of the incident of checkout" in titles(**changed)


def test_without_a_project_there_are_no_work_items() -> None:
    service = {**SERVICE, "azure_devops": {"project": "", "pipeline_id": 0}}

    assert [one["kind"] for one in suggest("en", {**STORY, "service": service})["items"]] == ["alert"]


def test_a_work_item_tells_why_and_cites_its_evidence() -> None:
    plan = suggest("en", STORY)
    (_, item, _) = plan["items"]

    assert item["evidence_ids"] == ["E1"]
    assert item["work_item"] == {
        "project": "loja",
        "type": "Task",
        "why": "A deployment passed every test and brought checkout down.",
    }
    assert plan["about"] == [
        "Incident INC0010001: Failure rate increase",
        "Probable cause (80 %): Deployment 102 broke it.",
        "E1: deployed 102",
    ]


def test_the_same_incident_gives_the_same_keys_and_another_one_the_same_alert() -> None:
    first, again = suggest("en", STORY)["items"], suggest("pt-BR", STORY)["items"]
    other = suggest("en", {**STORY, "operation_id": "incident-2-2"})["items"]

    assert [one["key"] for one in first] == [one["key"] for one in again]
    assert first[0]["key"] == other[0]["key"]
    assert {one["key"] for one in first[1:]}.isdisjoint(one["key"] for one in other[1:])


def test_the_alert_is_made_of_what_deviated_first() -> None:
    late, early = a_metric("latency", onset_ms=500, ids="E7"), a_metric("errors", onset_ms=400)

    assert the_alert(late, early)["title"] == "checkout: error rate above 3.3 %"
    early["facts"]["robust_z"] = 1.0
    assert the_alert(late, early)["evidence_ids"] == ["E7"]


def test_its_threshold_lies_beyond_chance_and_below_what_the_incident_reached() -> None:
    wide = a_metric("errors", robust_z=5.0)
    narrow = a_metric("errors", robust_z=1000.0)

    # 0.4 + 3.5/5 of 11.6, and 0.4 + a quarter of 11.6.
    assert the_alert(wide)["value"]["modelProperties"]["threshold"] == 8.52
    assert the_alert(narrow)["value"]["modelProperties"]["threshold"] == 3.3


def test_the_evidence_counts_milliseconds_where_dynatrace_counts_microseconds() -> None:
    item = a_metric("latency", baseline_median=100.0, during_median=900.0)
    made = the_alert(item)

    assert made["value"]["modelProperties"]["threshold"] == 300_000
    assert made["title"] == "checkout: response time above 300 ms"


def test_a_loss_of_traffic_is_watched_from_below() -> None:
    item = a_metric("throughput", baseline_median=600.0, during_median=0.0, robust_z=-50.0)

    assert the_alert(item)["value"]["modelProperties"]["alertCondition"] == "BELOW"
    assert the_alert(item)["value"]["queryDefinition"]["aggregation"] == "VALUE"


def test_more_traffic_alone_is_no_reason_for_an_alert() -> None:
    item = a_metric("throughput", baseline_median=600.0, during_median=900.0, robust_z=50.0)

    assert alert_of("en", SERVICE, "recent_deployment", [item]) is None


def test_a_memory_leak_is_watched_where_memory_grew() -> None:
    memory = a_metric(
        "memory", "PROCESS_GROUP_INSTANCE-1", onset_ms=900, baseline_median=40.0, during_median=95.0
    )
    made = the_alert(a_metric("errors"), memory, category="memory_leak")

    assert made["value"]["queryDefinition"]["metricKey"] == "builtin:tech.generic.mem.usage"
    assert made["value"]["modelProperties"]["threshold"] == 53.75


def test_a_disk_of_a_host_is_watched_below_full() -> None:
    disk = a_metric("disk", "HOST-1", baseline_median=93.0, during_median=101.0, robust_z=3.5)

    made = the_alert(disk, category="saturation")
    assert made["value"]["queryDefinition"]["metricKey"] == "builtin:host.disk.usedPct"
    assert made["value"]["modelProperties"]["threshold"] == 95.0


@pytest.mark.parametrize(
    ("kind", "condition", "threshold"), [("certificate", "BELOW", 21.0), ("quota", "ABOVE", 400.0)]
)
def test_certificates_and_quotas_are_watched_where_their_owner_measures_them(
    kind: str, condition: str, threshold: float
) -> None:
    resource = {"name": "pix", "kind": kind, "metric_selector": "ext:own.metric:avg", "limit": 500.0}
    made = the_alert(category=kind, watch={"resources": [resource]})

    model, query = made["value"]["modelProperties"], made["value"]["queryDefinition"]
    assert (model["alertCondition"], model["threshold"]) == (condition, threshold)
    assert query["metricSelector"] == 'ext:own.metric:filter(eq("dt.entity.service","SERVICE-1")):avg'


def test_without_a_metric_a_certificate_has_no_alert() -> None:
    assert alert_of("en", SERVICE, "certificate", [a_metric("errors")]) is None


@pytest.mark.parametrize(
    ("selector", "scoped"),
    [
        (
            'builtin:service.errors.total.rate:splitBy("dt.entity.service"):avg',
            'builtin:service.errors.total.rate:filter(eq("dt.entity.service","SERVICE-1"))'
            ':splitBy("dt.entity.service"):avg',
        ),
        ("(100)*(builtin:a:splitBy())/(builtin:b:splitBy())", None),
        ("builtin:a:splitBy() / builtin:b:splitBy()", None),
        ("", None),
    ],
)
def test_the_service_s_own_indicator_is_watched_of_this_service_alone(
    selector: str, scoped: str | None
) -> None:
    service = {**SERVICE, "dynatrace": {**SERVICE["dynatrace"], "metric_selector": selector}}
    made = alert_of("en", service, "recent_deployment", [a_metric("indicator")])

    assert (made and made["value"]["queryDefinition"]["metricSelector"]) == scoped


def test_what_was_measured_without_a_name_is_no_deviation() -> None:
    nameless: Any = {"id": "E1", "kind": "metric", "facts": {"robust_z": 4, "onset_ms": 0.0}}

    assert first_deviation([nameless, a_metric("errors")]) == a_metric("errors")
    assert first_deviation([nameless, nameless]) is None


def test_an_id_that_is_more_than_an_id_is_not_watched() -> None:
    assert alert_of("en", SERVICE, "recent_deployment", [a_metric("errors", 'SERVICE-1"),x("')]) is None


TEXT = st.text(max_size=400)
NUMBER = st.one_of(st.none(), st.floats(), st.integers(), TEXT)
ITEM = st.fixed_dictionaries(
    {"id": st.sampled_from(["E1", "E2"]), "kind": st.sampled_from(["metric", "certificate", "log"])},
    optional={
        "facts": st.fixed_dictionaries(
            {},
            optional={
                "indicator": st.sampled_from(["errors", "latency", "memory", "disk", "indicator", "other"]),
                "entity_id": st.one_of(TEXT, st.sampled_from(["SERVICE-1", "HOST-1", "DISK-1"])),
                **dict.fromkeys(("baseline_median", "during_median", "robust_z", "onset_ms"), NUMBER),
            },
        )
    },
)
STORIES = st.fixed_dictionaries(
    {
        "operation_id": TEXT,
        "incident": st.one_of(st.none(), st.fixed_dictionaries({"number": TEXT})),
        "service": st.one_of(st.none(), st.just(SERVICE), st.just({"name": "checkout"})),
        "case": st.fixed_dictionaries(
            {"category": st.sampled_from(CATEGORIES)},
            optional={
                **dict.fromkeys(("title", "service", "component", "hypothesis"), TEXT),
                "cited": st.just("E1, E2"),
                "confidence": st.integers(0, 100),
                "evidence": st.lists(st.fixed_dictionaries({"id": st.just("E1"), "text": TEXT}), max_size=9),
            },
        ),
        "items": st.lists(ITEM, max_size=5),
        "outcome": st.sampled_from([*OUTCOMES, incidents.PLANNED]),
        "duration_s": st.one_of(st.none(), st.floats(0, 1e6)),
    }
)


@settings(deadline=None)
@given(STORIES, st.sampled_from(["en", "pt-BR"]))
def test_whatever_happened_suggestions_are_few_bounded_and_valid(
    story: dict[str, Any], language: str
) -> None:
    plan = suggest(language, story)
    found = plan["items"]

    assert len(found) <= MOST
    assert len({one["key"] for one in found}) == len(found)
    assert bool(plan["about"]) == bool(found)
    assert all(len(line) <= 160 for line in plan["about"])
    assert len(json.dumps(plan, ensure_ascii=False)) < 4_500
    for one in found:
        assert 0 < len(one["title"]) <= 250
        assert "\n" not in one["title"]
        assert not set("<>") & set(one["title"])
        assert "{{" not in one["title"]
        if one["kind"] == "alert":
            assert one["alert"]["schema_id"] == METRIC_EVENTS
            assert list(SCHEMAS[METRIC_EVENTS].faults(one["alert"]["value"])) == []
        else:
            assert one["work_item"]["type"] in ("Task", "Bug", "Issue")
            assert 0 < len(one["work_item"]["why"]) <= 140
