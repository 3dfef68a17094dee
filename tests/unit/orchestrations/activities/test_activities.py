"""The activities, over the real clients and vendors that behave: outcomes as data, keys that make once of twice."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from orchestrations.activities import assistant, azure_devops, dynatrace, platform, servicenow, teams
from shared.domain.cards import incident_card
from shared.security import links
from tests.fakes import dynatrace as fake_dynatrace
from tests.fakes import teams as fake_teams
from tests.fakes.remediation import PROBLEM, SERVICE, SUSPECT
from tests.fakes.vendor import done_but_failed, lost_reply, timed_out
from tests.fakes.vendors import Vendors, act

ENTITY = fake_dynatrace.SERVICE
START_MS = 1_700_000_000_000
PROBLEM_HERE = {
    **PROBLEM,
    "problem_id": "-123_456V2",
    "start_ms": START_MS,
    "entities": [{"id": ENTITY, "name": "pay"}],
}
SERVICE_HERE = {
    **SERVICE,
    "azure_devops": {"project": "Payments", "pipeline_id": 7},
    "dynatrace": {"entity_id": ENTITY, "metric_selector": "errors", "upper_bound": 2.0, "resolution": "1m"},
}


def series(*points: tuple[int, float | None]) -> list[dict[str, Any]]:
    return [
        {"timestamps": [at for at, _ in points], "values": [value for _, value in points], "dimensions": []}
    ]


async def test_the_metric_is_told_before_and_during_the_problem(vendors: Vendors) -> None:
    vendors.dynatrace.series = series(
        (START_MS - 120_000, 0.5), (START_MS - 60_000, None), (START_MS + 60_000, 12.0)
    )

    outcome = await act(
        dynatrace.collect_metric, {"problem": PROBLEM_HERE, "service": SERVICE_HERE, "language": "en"}
    )

    (item,) = outcome["value"]["items"]
    assert "before median 0.5" in item["text"]
    assert "during median 12" in item["text"]
    assert (item["facts"]["indicator"], item["facts"]["during_median"]) == ("indicator", 12.0)


async def test_a_run_tells_how_it_stands(vendors: Vendors) -> None:
    vendors.devops.add_run(104, result=None)
    place = {"project": "Payments", "pipeline_id": 7, "run_id": 104}

    assert (await act(azure_devops.get_run, place))["value"] == {
        "state": "inProgress",
        "result": "",
        "finished_at": None,
    }

    vendors.devops.add_run(104, result="succeeded")
    assert (await act(azure_devops.get_run, place))["value"]["result"] == "succeeded"


DRAFT = {
    "correlation_id": "incident-1",
    "short_description": "x",
    "description": "y",
    "impact": "2",
    "urgency": "1",
    "cmdb_ci": "",
}


async def test_an_incident_is_opened_once_noted_once_and_resolved_once(vendors: Vendors) -> None:
    vendors.servicenow.fail("POST", "/incident", lost_reply)
    vendors.servicenow.fail("PATCH", "/incident", done_but_failed(500))

    opened = [await act(servicenow.open_incident, DRAFT) for _ in range(2)]
    sys_id = opened[0]["value"]["sys_id"]
    notes = [await act(servicenow.add_work_note, {"sys_id": sys_id, "text": "found"}) for _ in range(2)]
    ends = [
        await act(servicenow.resolve_incident, {"sys_id": sys_id, "close_notes": "done"}) for _ in range(2)
    ]

    assert [outcome["status"] for outcome in (*opened, *notes, *ends)] == ["done"] * 6
    assert len(vendors.servicenow.incidents) == 1
    assert len(vendors.servicenow.notes(sys_id)) == 1
    assert vendors.servicenow.incidents[sys_id]["state"] == "6"
    assert ends[1]["value"]["result"] == "adopted"


async def test_a_card_s_approval_link_is_signed_and_no_other(vendors: Vendors) -> None:
    case: Any = {
        "title": "t",
        "hypothesis": "h",
        "confidence": 1,
        "author": "a",
        "action_text": "x",
        "risk": "low",
    }
    incident = {"number": "INC1", "url": "https://snow.example/INC1"}
    approval = "https://app.example/api/approvals/op-1"
    card = incident_card("en", incident, case | {"evidence": []}, approval)

    assert (await act(teams.post_card, {"card": card, "sign_for": "op-1"}))["status"] == "done"

    (shown,) = vendors.teams.cards
    decide, open_incident = (action["url"] for action in shown["actions"])
    token = parse_qs(urlsplit(decide).query)["token"][0]
    links.verify(vendors.services.settings.link_secrets, token, "approval", "op-1", now_s=time.time())
    assert open_incident == "https://snow.example/INC1"


async def test_a_card_that_may_stand_in_the_channel_is_an_unknown_outcome(vendors: Vendors) -> None:
    vendors.teams.fail("POST", "/", timed_out)

    outcome = await act(teams.post_card, {"card": {"actions": []}})

    assert outcome["status"] == "unknown"
    assert len(vendors.teams.cards) == 1
    assert fake_teams.SECRET not in outcome["reason"]


async def test_a_service_is_found_by_its_entity(vendors: Vendors) -> None:
    await vendors.services.registry.put(SERVICE_HERE)

    found = await act(platform.find_service, {"entities": [{"id": ENTITY}]})
    nobody = await act(platform.find_service, {"entities": [{"id": "HOST-1"}]})

    assert found["value"]["service"]["name"] == "checkout"
    assert nobody["value"]["service"] is None


async def test_a_postmortem_is_kept_and_its_address_is_ours(vendors: Vendors) -> None:
    outcome = await act(platform.write_postmortem, {"text": "# INC1"})

    assert vendors.services.blob.blobs == {"postmortems/op-1.md": b"# INC1"}
    assert outcome["value"]["url"] == "http://localhost:7071/api/operations/op-1/postmortem"


async def test_a_fact_said_twice_is_one_event(vendors: Vendors) -> None:
    fact = {"type": "incident.opened", "subject": "op-1", "data": {}, "time": "2026-11-21T12:00:00Z"}

    for _ in range(2):
        await act(platform.publish_event, fact)

    assert len({event.id for event in vendors.services.publisher.events}) == 1


async def test_the_topic_being_away_is_an_outcome(vendors: Vendors) -> None:
    vendors.services.publisher.away = True
    fact = {"type": "incident.opened", "subject": "op-1", "data": {}, "time": "2026-11-21T12:00:00Z"}

    outcome = await act(platform.publish_event, fact)

    assert (outcome["status"], outcome["retry_after_s"]) == ("unavailable", 7)


async def test_without_a_model_the_embedded_assistant_diagnoses(vendors: Vendors) -> None:
    run = {"id": "E1", "source": "azure_devops", "kind": "run", "at": "", "text": "run 102", "link": ""}
    payload = {"problem": PROBLEM, "bundle": {"items": [run], "missing": []}, "runs": {"suspect": SUSPECT}}

    outcome = await act(assistant.diagnose, payload)

    assert outcome["value"]["author"] == "embedded"
    assert (outcome["value"]["category"], outcome["value"]["component"]) == ("recent_deployment", "checkout")
    assert outcome["value"]["evidence_ids"] == ["E1"]
    assert [one["category"] for one in outcome["value"]["candidates"]] == ["recent_deployment", "unknown"]
