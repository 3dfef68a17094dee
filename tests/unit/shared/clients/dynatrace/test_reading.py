"""Dynatrace as it is read, page by page, and one comment per key."""

import pytest

from shared.clients.dynatrace import DEPLOYMENT, DynatraceClient, dynatrace_client
from shared.errors import VendorError, VendorRefused, VendorUnavailable
from tests.fakes.dynatrace import SERVICE, URL, FakeDynatrace, a_problem
from tests.fakes.vendor import Fault, every_fault, malformed, retry_later, status


async def test_a_problem_is_read_with_its_evidence(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.problems["-123_456V2"] = a_problem()
    service = {"entity_id": SERVICE, "name": "payments"}
    assert await client.problems.get("-123_456V2") == {
        "problem_id": "-123_456V2",
        "display_id": "P-2611",
        "title": "Failure rate increase",
        "status": "OPEN",
        "severity": "ERROR",
        "impact": "SERVICES",
        "start_ms": 1_700_000_000_000,
        "end_ms": None,
        "affected": [service],
        "impacted": [service],
        "root_cause": service,
        "evidence": [
            {
                "type": "EVENT",
                "name": "Deployment",
                "entity": service,
                "start_ms": 1_700_000_000_000,
                "is_root_cause": True,
            }
        ],
        "affected_users": None,
        "url": f"{URL}/#problems/problemdetails;pid=-123_456V2",
    }


async def test_the_impact_on_most_users_counts(fake: FakeDynatrace, client: DynatraceClient) -> None:
    impacts = [{"estimatedAffectedUsers": 12}, {"estimatedAffectedUsers": 240}, {}]
    fake.problems["p"] = a_problem("p", impactAnalysis={"impacts": impacts})
    found = await client.problems.get("p")
    assert found is not None
    assert found["affected_users"] == 240
    assert fake.sent("GET")[0].url.params["fields"] == "evidenceDetails,impactAnalysis"


async def test_a_closed_problem_has_an_end_and_may_lack_cause_and_evidence(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    problem = a_problem("p", status="CLOSED", endTime=1_700_000_060_000, rootCauseEntity=None)
    del problem["evidenceDetails"]
    fake.problems["p"] = problem
    found = await client.problems.get("p")
    assert found is not None
    assert (found["end_ms"], found["root_cause"], found["evidence"]) == (1_700_000_060_000, None, [])


async def test_a_state_nobody_knows_is_passed_on(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.problems["p"] = a_problem("p", status="MERGED", impactLevel="GALAXY")
    found = await client.problems.get("p")
    assert found is not None
    assert found["status"] == "MERGED"


async def test_what_is_not_there_is_none(client: DynatraceClient) -> None:
    assert await client.problems.get("nope") is None
    assert await client.entities.get(SERVICE) is None


async def test_a_refusal_is_not_an_absence(fake: FakeDynatrace) -> None:
    with pytest.raises(VendorRefused) as refused:
        await dynatrace_client(URL, "wrong-token", fake.transport).problems.get("p")
    assert str(refused.value) == "dynatrace problem: refused (401): Token Authentication failed"


async def test_all_open_problems_come_page_by_page(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.problems = {f"p{n}": a_problem(f"p{n}") for n in range(5)}
    fake.fail("GET", "problems", status(503), malformed)
    found = await client.problems.open()
    assert [problem["problem_id"] for problem in found] == ["p0", "p1", "p2", "p3", "p4"]
    assert fake.sent("GET")[0].url.params["problemSelector"] == 'status("open")'


async def test_an_entity_is_read_with_its_tags(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.entities[SERVICE] = {
        "entityId": SERVICE,
        "type": "SERVICE",
        "displayName": "payments",
        "tags": [{"context": "AZURE", "key": "owner", "stringRepresentation": "[AZURE]owner:team-pay"}],
        "properties": {"serviceType": "WEB_REQUEST_SERVICE"},
    }
    assert await client.entities.get(SERVICE) == {
        "entity_id": SERVICE,
        "type": "SERVICE",
        "name": "payments",
        "tags": ["[AZURE]owner:team-pay"],
        "properties": {"serviceType": "WEB_REQUEST_SERVICE"},
    }


async def test_entities_are_found_by_selector_page_by_page(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    fake.entities = {f"SERVICE-{n}": {"entityId": f"SERVICE-{n}", "displayName": f"s{n}"} for n in range(5)}
    found = await client.entities.find('type("SERVICE"),tag("service:orders")')
    assert [entity["name"] for entity in found] == ["s0", "s1", "s2", "s3", "s4"]
    assert found[0] == {
        "entity_id": "SERVICE-0",
        "type": "",
        "name": "s0",
        "tags": [],
        "properties": {},
    }
    params = fake.sent("GET")[0].url.params
    assert (params["entitySelector"], params["fields"]) == (
        'type("SERVICE"),tag("service:orders")',
        "+tags,+properties",
    )


async def test_events_of_a_type_come_newest_first(fake: FakeDynatrace, client: DynatraceClient) -> None:
    for start_ms in (100, 300, 200):
        fake.events.append(
            {
                "eventId": f"e{start_ms}",
                "startTime": start_ms,
                "endTime": None,
                "title": "deploy",
                "entityId": {"entityId": {"id": SERVICE, "type": "SERVICE"}, "name": "payments"},
                "properties": [{"key": "dt.event.deployment.version", "value": "1.4.2"}],
            }
        )
    found = await client.events.of([SERVICE, "HOST-1"], 50, 400, DEPLOYMENT)
    assert [deployment["start_ms"] for deployment in found] == [300, 200, 100]
    assert found[0]["properties"] == {"dt.event.deployment.version": "1.4.2"}
    params = fake.sent("GET")[0].url.params
    assert params["eventSelector"] == f'eventType("CUSTOM_DEPLOYMENT"),entityId("{SERVICE}","HOST-1")'
    assert (params["from"], params["to"]) == ("50", "400")


async def test_events_of_nobody_are_not_asked_for(fake: FakeDynatrace, client: DynatraceClient) -> None:
    assert await client.events.of([], 0, 1) == []
    assert not fake.requests


async def test_a_metric_is_points_with_gaps(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.series = [
        {"dimensionMap": {}, "dimensions": [], "timestamps": [1, 2, 3], "values": [0.5, None, 2.0]}
    ]
    assert await client.metrics.query("m", SERVICE, 0, 9, "1m") == [(1, 0.5), (2, None), (3, 2.0)]


async def test_no_series_is_no_points(client: DynatraceClient) -> None:
    assert await client.metrics.query("m", SERVICE, 0, 9, "1m") == []


async def test_several_series_are_not_mixed(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.series = [{"timestamps": [1], "values": [1]}, {"timestamps": [1], "values": [9]}]
    with pytest.raises(VendorRefused, match="2 series"):
        await client.metrics.query("m", SERVICE, 0, 9, "1m")


async def test_points_without_their_times_are_no_answer(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.series = [{"timestamps": [1, 2], "values": [1]}]
    with pytest.raises(VendorUnavailable):
        await client.metrics.query("m", SERVICE, 0, 9, "1m")


@pytest.mark.parametrize("entity_id", ['x"),type("HOST', "", "a b", "a\n"])
async def test_an_entity_id_cannot_change_the_selector(
    fake: FakeDynatrace, client: DynatraceClient, entity_id: str
) -> None:
    for call in (
        client.events.of([SERVICE, entity_id], 0, 1),
        client.entities.nodes([SERVICE, entity_id]),
        client.metrics.of(["m"], [SERVICE, entity_id], "d", 0, 1, "1m"),
        client.metrics.query("m", entity_id, 0, 1, "1m"),
    ):
        with pytest.raises(VendorError):
            await call
    assert not fake.requests


async def test_one_comment_per_key_also_when_it_is_on_a_later_page(
    fake: FakeDynatrace, client: DynatraceClient
) -> None:
    fake.comments["p"] = [{"content": "hello"}, {"content": None}, {}, {"content": "x [valueflow:k2]"}]
    assert await client.problems.comment("p", "k", "Incident INC1") == "created"
    assert await client.problems.comment("p", "k", "Incident INC1") == "adopted"
    assert fake.comments["p"][-1]["content"] == "Incident INC1\n[valueflow:k]"
    assert len(fake.comments["p"]) == 5


@every_fault
async def test_one_comment_whatever_happens(
    fake: FakeDynatrace, client: DynatraceClient, fault: Fault
) -> None:
    fake.fail("POST", "comments", fault, fault)
    fake.fail("GET", "comments", status(503))
    await retry_later(lambda: client.problems.comment("p", "k", "text"))
    assert [comment["content"] for comment in fake.comments["p"]] == ["text\n[valueflow:k]"]


async def test_ping(fake: FakeDynatrace, client: DynatraceClient) -> None:
    await client.ping()
    fake.fail("GET", "problems", status(503))
    with pytest.raises(VendorUnavailable):
        await client.ping()


async def test_pages_without_end_end(fake: FakeDynatrace, client: DynatraceClient) -> None:
    fake.page_size = 1
    fake.problems = {f"p{n}": a_problem(f"p{n}") for n in range(60)}
    with pytest.raises(VendorRefused, match="pages"):
        await client.problems.open()
