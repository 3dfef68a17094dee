"""The simulated Dynatrace agrees with the published Environment API v2."""

import json
import re
from typing import Any

import pytest

from sandbox.vendors.dynatrace import entities, events, logs, metrics, problems, settings, slos
from sandbox.vendors.dynatrace.placeholders import fill
from sandbox.vendors.dynatrace.vendor import Dynatrace
from shared.domain.service import monitoring
from tests.contract.vendors.published import check, read, resolve, sample, undeclared
from tests.unit.sandbox.vendors.rig import Rig

SPEC = "dynatrace-env-v2.json"


def schema_of(method: str, path: str, status: str) -> str:
    """The reference to the schema of an answer's body."""
    content = read(SPEC)["paths"][path][method]["responses"][status]["content"]
    return str(next(iter(content.values()))["schema"]["$ref"])


def conforms(method: str, path: str, status: str, answer: Any, beside: frozenset[str] = frozenset()) -> None:
    """beside: fields of kinds that the description names by a discriminator alone."""
    reference = schema_of(method, path, status)
    check(read(SPEC), reference, answer)
    assert undeclared(read(SPEC), reference, answer) == beside


OF_METRIC = {"endTime", "metricId", "unit", "valueBeforeChangePoint", "valueAfterChangePoint"}
OF_EVENT = {"endTime", "eventId", "eventType", "data"}
OF_SERVICE = {"numberOfPotentiallyAffectedServiceCalls"}


async def call(rig: Rig, method: str, path: str, **options: Any) -> Any:
    answer = await rig.call("dynatrace", method, path, **options)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def opened(rig: Rig) -> dict[str, Any]:
    """A service with a deployment and a problem."""
    body = {
        "name": "checkout",
        "tags": ["env:prod", "[AZURE]owner:x"],
        "properties": {"serviceType": "WebService"},
    }
    entity = await rig.control("dynatrace", "POST", "/entities", body)
    event = {"eventType": "CUSTOM_DEPLOYMENT", "title": "Deploy", "properties": {"commit": "a" * 40}}
    await call(
        rig,
        "POST",
        "/api/v2/events/ingest",
        json=event | {"entitySelector": f'entityId("{entity["entityId"]}")'},
    )
    body = {"title": "Failure rate increase", "service_entity_id": entity["entityId"]}
    made: dict[str, Any] = await rig.control("dynatrace", "POST", "/problems", body)
    return made


def test_every_operation_is_one_of_the_published(rig: Rig) -> None:
    published = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, methods in read(SPEC)["paths"].items()
        for method in methods
    }
    vendor = rig.vendors["dynatrace"]
    assert isinstance(vendor, Dynatrace)

    offered = {(one.method, re.sub(r"\{\w+\}", "{}", one.path)) for one in vendor.operations()}

    assert offered <= published


def test_every_query_parameter_is_one_of_the_published_and_none_is_missing() -> None:
    for path, known in (
        ("/api/v2/problems", problems._LIST_PARAMETERS),
        ("/api/v2/entities", entities._LIST_PARAMETERS),
        ("/api/v2/events", events._LIST_PARAMETERS),
        ("/api/v2/metrics/query", metrics._PARAMETERS),
        ("/api/v2/slo", slos._LIST_PARAMETERS),
        ("/api/v2/logs/search", logs.PARAMETERS - {"nextSliceKey"}),
        # Published later than the description at hand.
        ("/api/v2/settings/objects", settings._LIST_PARAMETERS - {"externalIds"}),
    ):
        parameters = read(SPEC)["paths"][path]["get"]["parameters"]
        published = {one["name"] for one in parameters if one["in"] == "query"}
        assert known | CURSORS == published | CURSORS


CURSORS = frozenset({"nextPageKey", "nextSliceKey"})


def test_the_event_types_are_the_published() -> None:
    published = resolve(read(SPEC), "#/components/schemas/EventIngest")["properties"]["eventType"]["enum"]

    assert set(published) == set(events.TYPES)


@pytest.mark.parametrize("end", ["", "/resolve"])
async def test_problems_conform_open_and_closed_with_and_without_details(rig: Rig, end: str) -> None:
    problem_id = (await opened(rig))["problemId"]
    one, comment = f"/api/v2/problems/{problem_id}", {"message": "x", "context": "y"}
    await call(rig, "POST", f"{one}/comments", json=comment)
    if end:
        await rig.control("dynatrace", "POST", f"/problems/{problem_id}{end}")
    fields = {"fields": "evidenceDetails,impactAnalysis,recentComments"}
    details = {f"evidenceDetails.details.[].{name}" for name in OF_METRIC | OF_EVENT}
    details |= {f"impactAnalysis.impacts.[].{name}" for name in OF_SERVICE}

    for params, beside in (({}, set()), (fields, details)):
        path = "/api/v2/problems/{problemId}"
        conforms("get", path, "200", await call(rig, "GET", one, params=params), frozenset(beside))
        listed = await call(rig, "GET", "/api/v2/problems", params=params)
        conforms(
            "get", "/api/v2/problems", "200", listed, frozenset(f"problems.[].{name}" for name in beside)
        )


async def test_each_kind_of_evidence_and_impact_conforms(rig: Rig) -> None:
    made = await opened(rig)
    kinds = resolve(read(SPEC), "#/components/schemas/Evidence")["discriminator"]["mapping"]

    for evidence in made["evidenceDetails"]["details"]:
        check(read(SPEC), kinds[evidence["evidenceType"]], evidence)
        assert undeclared(read(SPEC), kinds[evidence["evidenceType"]], evidence) == set()
    assert {one["evidenceType"] for one in made["evidenceDetails"]["details"]} == {"METRIC", "EVENT"}
    for impact in made["impactAnalysis"]["impacts"]:
        check(read(SPEC), "#/components/schemas/ServiceImpact", impact)


async def test_comments_and_closing_conform(rig: Rig) -> None:
    path = "/api/v2/problems/{problemId}"
    problem_id = (await opened(rig))["problemId"]
    comment = {"message": "Olá", "context": "ValueFlow"}
    check(read(SPEC), "#/components/schemas/CommentRequestDtoImpl", comment)

    await call(rig, "POST", f"/api/v2/problems/{problem_id}/comments", json=comment)
    comments = await call(rig, "GET", f"/api/v2/problems/{problem_id}/comments")
    closed = await call(rig, "POST", f"/api/v2/problems/{problem_id}/close", json={"message": "done"})

    conforms("get", f"{path}/comments", "200", comments)
    conforms("post", f"{path}/close", "200", closed)


async def test_entities_conform(rig: Rig) -> None:
    problem = await opened(rig)
    entity_id = problem["affectedEntities"][0]["entityId"]["id"]

    one = await call(rig, "GET", f"/api/v2/entities/{entity_id}")
    params = {"entitySelector": 'type("SERVICE")', "fields": "+tags,+properties,+managementZones"}
    listed = await call(rig, "GET", "/api/v2/entities", params=params)

    # The description types each property as an object; the vendor's own example there holds numbers and texts.
    for entity in (one, *listed["entities"]):
        entity["properties"] = {}
    conforms("get", "/api/v2/entities/{entityId}", "200", one)
    conforms("get", "/api/v2/entities", "200", listed)


async def test_events_conform_as_sent_and_as_read(rig: Rig) -> None:
    event = {
        "eventType": "CUSTOM_DEPLOYMENT",
        "title": "Deploy 42",
        "startTime": 1_795_262_523_456,
        "timeout": 15,
        "properties": {"dt.event.deployment.version": "42"},
    }
    check(read(SPEC), "#/components/schemas/EventIngest", event)

    results = await call(rig, "POST", "/api/v2/events/ingest", json=event)
    listed = await call(rig, "GET", "/api/v2/events", params={"from": "1795262520000"})

    conforms("post", "/api/v2/events/ingest", "201", results)
    conforms("get", "/api/v2/events", "200", listed)
    assert listed["totalCount"] == 1


async def test_metrics_conform(rig: Rig) -> None:
    await opened(rig)
    selector = 'builtin:service.errors.total.rate:splitBy("dt.entity.service"),builtin:service.response.time:splitBy()'

    for resolution in ("1m", "Inf", "30"):
        params = {"metricSelector": selector, "resolution": resolution}
        conforms(
            "get",
            "/api/v2/metrics/query",
            "200",
            await call(rig, "GET", "/api/v2/metrics/query", params=params),
        )


async def test_a_story_s_entities_with_their_relationships_and_its_logs_conform(rig: Rig) -> None:
    told = await rig.control(
        "dynatrace", "POST", "/stories", {"kind": "dependency", "entity_id": "SERVICE-0123456789ABCDEF"}
    )
    params = {
        "entitySelector": f'entityId("{told["entities"]["service"]}")',
        "fields": "+tags,+managementZones,+fromRelationships,+toRelationships",
    }

    listed = await call(rig, "GET", "/api/v2/entities", params=params)
    found = await call(rig, "GET", "/api/v2/logs/search", params={"from": "now-1h", "limit": "10"})

    (entity,) = listed["entities"]
    assert [one["id"] for one in entity["fromRelationships"]["calls"]] == [told["entities"]["dependency"]]
    assert [one["id"] for one in entity["toRelationships"]["calls"]] == [told["entities"]["caller"]]
    conforms("get", "/api/v2/entities", "200", listed)
    conforms("get", "/api/v2/logs/search", "200", found)
    assert (len(found["results"]), "nextSliceKey" in found) == (10, True)


async def test_a_maintenance_window_of_the_vendor_s_own_example_is_taken(rig: Rig) -> None:
    """https://docs.dynatrace.com/docs/dynatrace-api/environment-api/settings/objects/get-objects"""
    once = {"startTime": "2022-12-22T09:00:00", "endTime": "2022-12-22T12:00:00", "timeZone": "UTC"}
    value: dict[str, Any] = {
        "enabled": True,
        "generalProperties": {
            "name": "Synthetic scaling",
            "description": "Maintenance window for adaptations of Synthetic monitors",
            "maintenanceType": "PLANNED",
            "suppression": "DETECT_PROBLEMS_DONT_ALERT",
            "disableSyntheticMonitorExecution": False,
        },
        "schedule": {"scheduleType": "ONCE", "onceRecurrence": once},
        "filters": [{"entityType": "HOST", "entityTags": ["[AWS]Usage:Synthetic"], "managementZones": []}],
    }
    draft = {"schemaId": "builtin:alerting.maintenance-window", "scope": "environment", "value": value}
    zoned = {**once, "startTime": "2022-12-22T09:00:00Z"}
    wrong = {**value, "schedule": {"scheduleType": "ONCE", "onceRecurrence": zoned}}

    made = await call(rig, "POST", OBJECTS, json=[draft])
    listed = await call(rig, "GET", OBJECTS, params={"schemaIds": draft["schemaId"]})
    refused = await rig.call("dynatrace", "POST", OBJECTS, json=[{**draft, "value": wrong}])

    assert listed["items"] == [{"objectId": made[0]["objectId"], "value": value}]
    conforms("get", OBJECTS, "200", listed)
    (violation,) = refused.json()[0]["error"]["constraintViolations"]
    assert "local_date_time" in violation["message"]


OBJECTS, SLO = "/api/v2/settings/objects", "/api/v2/slo"


async def test_settings_conform_as_sent_and_as_answered(rig: Rig) -> None:
    settings = [monitoring.management_zone("orders"), monitoring.auto_tag()]
    drafts = [
        {"schemaId": one["schema_id"], "scope": "environment", "externalId": "k", "value": one["value"]}
        for one in settings
    ]
    for draft in drafts:
        check(read(SPEC), "#/components/schemas/SettingsObjectCreate", draft)

    answers = await call(rig, "POST", OBJECTS, json=drafts)
    refused = await rig.call("dynatrace", "POST", OBJECTS, json=[*drafts, {**drafts[0], "schemaId": "x"}])
    listed = await call(rig, "GET", OBJECTS, params={"scopes": "environment"})
    one = f"{OBJECTS}/{answers[0]['objectId']}"
    got = await call(rig, "GET", one)
    changed = await call(rig, "PUT", one, json={"value": {"name": "sales"}})

    published = "#/components/schemas/SettingsObjectResponse"
    assert refused.status_code == 207
    for answer in (*answers, *refused.json(), changed):
        check(read(SPEC), published, answer)
        assert {path.partition(".")[0] for path in undeclared(read(SPEC), published, answer)} <= {
            "invalidValue"
        }
    conforms("get", OBJECTS, "200", listed)
    conforms("get", f"{OBJECTS}/{{objectId}}", "200", got)
    assert await call(rig, "DELETE", one) is None
    gone = await rig.call("dynatrace", "DELETE", one)
    check(read(SPEC), published, gone.json())


async def test_objectives_conform_as_sent_and_as_answered(rig: Rig) -> None:
    wanted = [
        {"name": "availability", "target": 99.5, "warning": 99.8},
        {"name": "latency", "threshold_ms": 500, "target": 95, "warning": 97},
    ]
    await rig.control("dynatrace", "POST", "/entities", {"name": "orders", "tags": ["service:orders"]})
    for objective in monitoring.objectives("orders", wanted):
        reference = "#/components/schemas/SloConfigItemDtoImpl"
        check(read(SPEC), reference, objective["definition"])
        assert undeclared(read(SPEC), reference, objective["definition"]) == set()
        await call_without_answer(rig, "POST", SLO, json=objective["definition"])

    for evaluate in ("false", "true"):
        listed = await call(rig, "GET", SLO, params={"evaluate": evaluate, "enabledSlos": "all"})
        conforms("get", SLO, "200", listed)
        assert listed["totalCount"] == 2
    one = f"{SLO}/{listed['slo'][0]['id']}"
    conforms("get", f"{SLO}/{{id}}", "200", await call(rig, "GET", one))
    await call_without_answer(rig, "PUT", one, json=monitoring.objectives("orders", wanted)[0]["definition"])
    await call_without_answer(rig, "DELETE", one)
    gone = await rig.call("dynatrace", "GET", one)
    check(read(SPEC), "#/components/schemas/ErrorEnvelope", gone.json())


async def call_without_answer(rig: Rig, method: str, path: str, **options: Any) -> None:
    assert await call(rig, method, path, **options) is None


async def test_errors_conform(rig: Rig) -> None:
    for path, params in (
        ("/api/v2/problems/1", {}),
        ("/api/v2/problems", {"pageSize": "0"}),
        ("/api/v2/entities", {"entitySelector": "x"}),
        ("/api/v2/settings/objects", {}),
        ("/api/v2/slo", {"sloSelector": "x"}),
    ):
        answer = await rig.call("dynatrace", "GET", path, params=params)
        check(read(SPEC), "#/components/schemas/ErrorEnvelope", answer.json())
        assert undeclared(read(SPEC), "#/components/schemas/ErrorEnvelope", answer.json()) == set()


async def test_the_published_template_makes_a_body_of_the_published_shape(rig: Rig) -> None:
    expected = sample("dynatrace.docs.problem.open.json")
    template = json.dumps({name: f"{{{name}}}" for name in expected})
    for name in ("ImpactedEntities", "ProblemDetailsJSON"):
        template = template.replace(f'"{{{name}}}"', f"{{{name}}}")

    body = json.loads(fill(template, await opened(rig), "http://127.0.0.1:1"))

    assert {name: type(value) for name, value in body.items()} == {
        name: type(value) for name, value in expected.items()
    }
    assert [set(entity) for entity in body["ImpactedEntities"]] == [set(expected["ImpactedEntities"][0])]
    assert "ID" in body["ProblemDetailsJSON"]
