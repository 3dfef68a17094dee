"""The environment over HTTP: problems, comments, entities, events, metrics, and what the story does to them."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.unit.sandbox.vendors.rig import Receiver, Rig, eventually

RATE = 'builtin:service.errors.total.rate:splitBy("dt.entity.service")'
TEMPLATE = '{"PID": "{PID}", "State": "{State}", "Title": "{ProblemTitle}"}'


async def service(rig: Rig, name: str = "checkout", **more: Any) -> str:
    made = await rig.control("dynatrace", "POST", "/entities", {"name": name, "tags": ["env:prod"], **more})
    return str(made["entityId"])


async def problem(rig: Rig, entity_id: str, **more: Any) -> dict[str, Any]:
    body = {"title": "Failure rate increase", "service_entity_id": entity_id, **more}
    made: dict[str, Any] = await rig.control("dynatrace", "POST", "/problems", body)
    return made


async def get(rig: Rig, path: str, **params: Any) -> httpx.Response:
    return await rig.call("dynatrace", "GET", f"/api/v2{path}", params=params)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Missing authorization parameter."),
        ({"Authorization": "Api-Token wrong"}, "Token Authentication failed"),
        ({"Authorization": "Bearer wrong"}, "Token Authentication failed"),
    ],
)
async def test_who_has_no_token_is_refused(rig: Rig, headers: dict[str, str], message: str) -> None:
    answer = await rig.http.get(f"{rig.urls['dynatrace']}/api/v2/problems", headers=headers)

    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": 401, "message": message}}


async def test_an_open_problem_has_no_end_and_its_start_in_its_id(rig: Rig) -> None:
    made = await problem(rig, await service(rig))

    found = (await get(rig, f"/problems/{made['problemId']}")).json()

    assert (found["status"], found["endTime"]) == ("OPEN", -1)
    assert found["problemId"].endswith(f"_{found['startTime']}V2")
    assert found["displayId"].startswith("P-")
    assert found["affectedEntities"][0]["name"] == "checkout"


async def test_details_come_only_when_asked_for(rig: Rig) -> None:
    made = await problem(rig, await service(rig))
    path = f"/problems/{made['problemId']}"

    assert "evidenceDetails" not in (await get(rig, path)).json()
    detailed = (await get(rig, path, fields="+evidenceDetails,impactAnalysis,recentComments")).json()
    assert detailed["evidenceDetails"]["details"][0]["evidenceType"] == "METRIC"
    assert detailed["impactAnalysis"]["impacts"][0]["impactType"] == "SERVICE"
    assert detailed["recentComments"]["totalCount"] == 0
    assert (await get(rig, path, fields="colour")).status_code == 400


async def test_a_problem_that_is_not_there_is_404(rig: Rig) -> None:
    answer = await get(rig, "/problems/1_1V2")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


async def test_problems_are_found_by_selector_entity_and_time(rig: Rig) -> None:
    first, second = await service(rig), await service(rig, "search")
    old = await problem(rig, first, start_ms=1_795_000_000_000)
    young = await problem(rig, second)
    await rig.control("dynatrace", "POST", f"/problems/{old['problemId']}/resolve")

    async def found(**params: str) -> list[str]:
        answer = (await get(rig, "/problems", **params)).json()
        return [one["problemId"] for one in answer["problems"]]

    assert await found() == [young["problemId"], old["problemId"]]
    assert await found(sort="+startTime") == [old["problemId"], young["problemId"]]
    assert await found(problemSelector='status("open")') == [young["problemId"]]
    assert await found(problemSelector='status("closed"),severityLevel("ERROR")') == [old["problemId"]]
    assert await found(entitySelector=f'entityId("{first}")') == [old["problemId"]]
    assert await found(**{"from": "0", "to": "1795000000001"}) == [old["problemId"]]
    assert await found(**{"from": "now-1m", "to": "now"}) != []


async def test_a_page_key_stands_for_the_whole_question_and_allows_no_other_parameter(rig: Rig) -> None:
    entity = await service(rig)
    made = [(await problem(rig, entity))["problemId"] for _ in range(3)]

    first = (await get(rig, "/problems", pageSize=2, sort="+startTime")).json()
    second = (await get(rig, "/problems", nextPageKey=first["nextPageKey"])).json()

    assert first["totalCount"] == second["totalCount"] == 3
    assert [one["problemId"] for page in (first, second) for one in page["problems"]] == made
    assert "nextPageKey" not in second
    assert (await get(rig, "/problems", nextPageKey=first["nextPageKey"], pageSize=2)).status_code == 400
    assert (await get(rig, "/problems", pageSize=501)).status_code == 400
    assert (await get(rig, "/problems", colour="red")).status_code == 400
    assert (await get(rig, "/problems", nextPageKey="!")).status_code == 400


async def test_a_comment_stays_with_its_problem(rig: Rig) -> None:
    made, other = await problem(rig, await service(rig)), await problem(rig, await service(rig))
    path = f"/api/v2/problems/{made['problemId']}/comments"

    answer = await rig.call("dynatrace", "POST", path, json={"message": "Olá", "context": "ValueFlow"})

    assert (answer.status_code, answer.content) == (201, b"")
    comments = (await rig.call("dynatrace", "GET", path)).json()
    assert [(one["content"], one["context"]) for one in comments["comments"]] == [("Olá", "ValueFlow")]
    assert (await get(rig, f"/problems/{other['problemId']}/comments")).json()["totalCount"] == 0
    assert (await rig.call("dynatrace", "POST", path, json={})).status_code == 400
    assert (await rig.call("dynatrace", "POST", path, content=b"{")).status_code == 400


async def test_closing_answers_200_once_and_204_afterwards(rig: Rig) -> None:
    made = await problem(rig, await service(rig))
    path = f"/api/v2/problems/{made['problemId']}/close"

    first = await rig.call("dynatrace", "POST", path, json={"message": "done"})
    second = await rig.call("dynatrace", "POST", path, json={"message": "done"})

    assert (first.status_code, second.status_code) == (200, 204)
    assert first.json()["closing"] is True
    found = (await get(rig, f"/problems/{made['problemId']}")).json()
    assert (found["status"], found["endTime"]) == ("CLOSED", first.json()["closeTimestamp"])


async def test_entities_are_listed_by_selector_with_the_fields_asked_for(rig: Rig) -> None:
    first = await service(rig)
    await service(rig, "host", type="HOST")

    answer = (await get(rig, "/entities", entitySelector='type("SERVICE")')).json()
    detailed = (await get(rig, "/entities", entitySelector='type("SERVICE")', fields="+tags")).json()

    assert [one["entityId"] for one in answer["entities"]] == [first]
    assert "tags" not in answer["entities"][0]
    assert detailed["entities"][0]["tags"][0]["stringRepresentation"] == "env:prod"
    assert (await get(rig, f"/entities/{first}")).json()["displayName"] == "checkout"
    assert (await get(rig, "/entities/SERVICE-0")).status_code == 404
    assert (await get(rig, "/entities")).status_code == 400


async def ingest(rig: Rig, **body: Any) -> httpx.Response:
    event = {"eventType": "CUSTOM_DEPLOYMENT", "title": "Deploy 42", **body}
    return await rig.call("dynatrace", "POST", "/api/v2/events/ingest", json=event)


async def test_a_deployment_is_kept_for_its_entity_and_becomes_evidence_of_a_later_problem(rig: Rig) -> None:
    entity, other = await service(rig), await service(rig, "search")

    answer = await ingest(rig, entitySelector=f'entityId("{entity}")', properties={"commit": "a" * 40})

    assert answer.status_code == 201
    assert answer.json()["eventIngestResults"][0]["status"] == "OK"
    params = {"eventSelector": 'eventType("CUSTOM_DEPLOYMENT")'}
    (event,) = (await get(rig, "/events", entitySelector=f'entityId("{entity}")', **params)).json()["events"]
    assert event["properties"] == [{"key": "commit", "value": "a" * 40}]
    none = (await get(rig, "/events", entitySelector=f'entityId("{other}")', **params)).json()
    assert none["events"] == []
    assert (await get(rig, f"/events/{event['eventId']}")).json()["title"] == "Deploy 42"
    made = await problem(rig, entity)
    assert [item["evidenceType"] for item in made["evidenceDetails"]["details"]] == ["METRIC", "EVENT"]


async def test_an_event_for_no_entity_is_answered_201_and_not_kept(rig: Rig) -> None:
    answer = await ingest(rig, entitySelector='entityId("SERVICE-0")')

    assert (answer.status_code, answer.json()) == (201, {"reportCount": 0, "eventIngestResults": []})


@pytest.mark.parametrize(
    "body",
    [
        {"eventType": "PARTY"},
        {"title": ""},
        {"startTime": "now"},
        {"properties": {"a": 1}},
        {"entitySelector": 'tag("a")'},
    ],
)
async def test_a_wrong_event_is_refused(rig: Rig, body: dict[str, Any]) -> None:
    answer = await ingest(rig, **body)

    assert answer.status_code == 400
    assert answer.json()["error"]["constraintViolations"]


async def test_an_event_with_reserved_properties_is_answered_but_not_kept(rig: Rig) -> None:
    answer = await ingest(rig, properties={"dt.owner": "me"})

    assert answer.json()["eventIngestResults"][0]["status"] == "INVALID_METADATA"
    assert (await get(rig, "/events")).json()["totalCount"] == 0


async def values(rig: Rig, entity_id: str, **params: Any) -> list[Any]:
    query = {
        "metricSelector": RATE,
        "entitySelector": f'entityId("{entity_id}")',
        "resolution": "1m",
        **params,
    }
    answer = await get(rig, "/metrics/query", **query)
    assert answer.status_code == 200, answer.text
    return [value for one in answer.json()["result"][0]["data"] for value in one["values"]]


async def test_a_metric_is_raised_from_the_start_of_the_problem_to_its_end(rig: Rig) -> None:
    entity = await service(rig)
    hour_ago = int(time.time() * 1000) - 3_600_000
    made = await problem(rig, entity, start_ms=hour_ago)
    assert max(await values(rig, entity, **{"from": "now-2h", "to": "now-62m"})) < 1
    assert min(await values(rig, entity, **{"from": "now-58m"})) > 15

    await rig.control("dynatrace", "PUT", "/config", {"sample_seconds": 0.1})
    await rig.control("dynatrace", "POST", f"/problems/{made['problemId']}/resolve")
    healed_ms = int(time.time() * 1000)
    await eventually(lambda: int(time.time() * 1000) > healed_ms + 400)

    assert max(await values(rig, entity, **{"from": str(healed_ms + 100)})) < 1
    assert (
        min(await values(rig, entity, **{"from": str(healed_ms - 60_000), "to": str(healed_ms - 1000)})) > 15
    )


async def test_closing_by_hand_heals_nothing(rig: Rig) -> None:
    entity = await service(rig)
    made = await problem(rig, entity, start_ms=int(time.time() * 1000) - 600_000)

    await rig.call("dynatrace", "POST", f"/api/v2/problems/{made['problemId']}/close", json={"message": "x"})

    assert min(await values(rig, entity, **{"from": "now-5m"})) > 15
    await rig.control("dynatrace", "POST", f"/entities/{entity}/heal")
    assert [
        window["to_ms"] is None for window in (await rig.control("dynatrace", "GET", "/state"))["window"]
    ] == [False]


async def test_a_silent_service_has_gaps_instead_of_values(rig: Rig) -> None:
    entity = await service(rig)
    window = {"entity_id": entity, "effect": "silent", "from_ms": 0}
    await rig.control("dynatrace", "POST", "/windows", window)

    assert set(await values(rig, entity, **{"from": "now-10m"})) == {None}


async def test_splitting_keeps_one_series_an_entity_and_merging_makes_one(rig: Rig) -> None:
    await service(rig)
    await service(rig, "search")
    key = "builtin:service.response.time"

    async def series(selector: str) -> list[dict[str, Any]]:
        answer = await get(rig, "/metrics/query", metricSelector=selector, resolution="5m")
        return list(answer.json()["result"][0]["data"])

    assert len(await series(key)) == 2
    assert len(await series(f'{key}:splitBy("dt.entity.service"):avg')) == 2
    assert len(await series(f"{key}:splitBy():percentile(95)")) == 1
    folded = await series(f'{key}:merge("dt.entity.service"):fold')
    assert [len(one["values"]) for one in folded] == [1]
    assert folded[0]["dimensionMap"] == {}


async def test_several_selectors_give_several_results(rig: Rig) -> None:
    await service(rig)
    selector = f"{RATE},builtin:service.response.time:avg"

    answer = (await get(rig, "/metrics/query", metricSelector=selector, resolution="Inf")).json()

    assert [one["metricId"] for one in answer["result"]] == selector.split(",")
    assert answer["resolution"] == "Inf"
    assert [len(one["data"][0]["values"]) for one in answer["result"]] == [1, 1]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"metricSelector": "builtin:unheard.of"}, 404),
        ({"metricSelector": f"{RATE}:sparkle"}, 400),
        ({"metricSelector": RATE, "resolution": "soon"}, 400),
        ({"metricSelector": RATE, "from": "now-30d", "resolution": "1m"}, 400),
        ({"metricSelector": RATE, "entitySelector": "nonsense"}, 400),
    ],
)
async def test_a_wrong_metric_query_is_refused(rig: Rig, params: dict[str, str], status: int) -> None:
    assert (await get(rig, "/metrics/query", **params)).status_code == status


async def webhook(rig: Rig, receiver: Receiver, **more: Any) -> None:
    settings = {"url": receiver.url, "headers": {"X-Secret": "s3"}, "template": TEMPLATE, **more}
    await rig.control("dynatrace", "PUT", "/notification", settings)


async def test_opening_and_resolving_notify_the_webhook(rig: Rig, receiver: Receiver) -> None:
    await webhook(rig, receiver)
    made = await problem(rig, await service(rig))
    await eventually(lambda: len(receiver.received) == 1)
    await rig.control("dynatrace", "POST", f"/problems/{made['problemId']}/resolve")
    await rig.control("dynatrace", "POST", f"/problems/{made['problemId']}/resolve")
    await eventually(lambda: len(receiver.received) == 2)

    bodies = [json.loads(body) for _, body in receiver.received]
    assert [(body["PID"], body["State"]) for body in bodies] == [
        (made["problemId"], "OPEN"),
        (made["problemId"], "RESOLVED"),
    ]
    assert receiver.received[0][0]["X-Secret"] == "s3"
    assert receiver.received[0][0]["Content-Type"].startswith("application/json")


async def test_a_webhook_that_fails_is_tried_again(
    rig: Rig, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.outbox.WAITS_S", (0.01, 0.01))
    receiver.answers = [503, 503]
    await webhook(rig, receiver)

    await problem(rig, await service(rig))

    def delivered() -> Any:
        (one,) = rig.vendors["dynatrace"].collection("notification").all()
        return one if one["state"] == "delivered" else None

    notification = await eventually(delivered)
    assert [one["outcome"] for one in notification["tries"]] == ["503", "503", "202"]


async def test_a_webhook_that_never_takes_it_is_given_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.vendors.outbox.WAITS_S", (0.01,))
    settings = {"url": "http://127.0.0.1:1/hook", "template": TEMPLATE}
    await rig.control("dynatrace", "PUT", "/notification", settings)

    await problem(rig, await service(rig))

    kept = rig.vendors["dynatrace"].collection("notification")
    await eventually(lambda: kept.all()[0]["state"] == "failed")
    assert len(kept.all()[0]["tries"]) == 2


async def test_a_notification_can_be_delivered_again_and_is_the_same(rig: Rig, receiver: Receiver) -> None:
    await webhook(rig, receiver)
    made = await problem(rig, await service(rig))
    await eventually(lambda: len(receiver.received) == 1)
    (first,) = rig.vendors["dynatrace"].collection("notification").all()

    await rig.control("dynatrace", "POST", f"/notifications/{first['id']}/resend")
    await rig.control("dynatrace", "POST", f"/problems/{made['problemId']}/notify")

    await eventually(lambda: len(receiver.received) == 3)
    assert len({body for _, body in receiver.received}) == 1


async def test_what_was_not_delivered_goes_out_after_a_restart(rig: Rig, receiver: Receiver) -> None:
    receiver.answers = [503]
    await webhook(rig, receiver)
    await problem(rig, await service(rig))
    await eventually(lambda: len(receiver.received) == 1)

    await rig.stop()
    await rig.start()

    await eventually(lambda: len(receiver.received) == 2)


async def test_a_template_that_does_not_make_json_is_refused(rig: Rig) -> None:
    settings = {"url": "http://127.0.0.1:1/", "template": '{"e": "{ImpactedEntities}"}'}

    answer = await rig.http.put(f"{rig.urls['dynatrace']}/_sandbox/notification", json=settings)

    assert answer.status_code == 400
    assert "not valid JSON" in answer.json()["error"]


async def test_the_state_shows_no_webhook_secret(rig: Rig, receiver: Receiver) -> None:
    await webhook(rig, receiver)
    await problem(rig, await service(rig))
    await eventually(lambda: receiver.received)

    assert "s3" not in json.dumps(await rig.control("dynatrace", "GET", "/state"))


async def test_an_id_can_be_used_again_once_its_problem_is_closed(rig: Rig) -> None:
    entity = await service(rig)
    first = await problem(rig, entity, start_ms=1_795_000_000_000)
    again = {"title": "Again", "service_entity_id": entity, "problem_id": first["problemId"]}
    url = f"{rig.urls['dynatrace']}/_sandbox/problems"
    assert (await rig.http.post(url, json=again)).status_code == 409

    await rig.control("dynatrace", "POST", f"/problems/{first['problemId']}/resolve")
    second = await problem(rig, entity, problem_id=first["problemId"])

    assert second["startTime"] > first["startTime"]
    found = (await get(rig, f"/problems/{first['problemId']}")).json()
    assert found["status"] == "OPEN"


@pytest.mark.parametrize(
    "change",
    [
        {"title": ""},
        {"severity": "BAD"},
        {"impact": "BAD"},
        {"start_ms": "now"},
        {"service_entity_id": "SERVICE-0"},
    ],
)
async def test_a_wrong_problem_of_the_story_is_refused(rig: Rig, change: dict[str, Any]) -> None:
    body = {"title": "T", "service_entity_id": await service(rig), **change}

    answer = await rig.http.post(f"{rig.urls['dynatrace']}/_sandbox/problems", json=body)

    assert answer.status_code in (400, 404)
