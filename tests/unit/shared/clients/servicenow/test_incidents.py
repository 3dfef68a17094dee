"""One incident, one note, one resolution, whatever ServiceNow does in between."""

import asyncio
from typing import Any, cast

import pytest

from shared.clients.servicenow import IncidentDraft, ServiceNowClient, servicenow_client
from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable
from tests.fakes.servicenow import CLIENT_ID, CLIENT_SECRET, URL, FakeServiceNow
from tests.fakes.vendor import Fault, Late, body_of, every_fault, no_connection, retry_later, status

INCIDENTS = "/table/incident"


def a_draft(**fields: Any) -> IncidentDraft:
    draft = {
        "correlation_id": "incident--123_456V2-1700000000000",
        "short_description": "payments: failure rate increase",
        "description": "Failure rate 12 %",
        "impact": "2",
        "urgency": "1",
        "category": "software",
        **fields,
    }
    return cast("IncidentDraft", draft)


async def test_an_incident_is_opened_with_what_the_draft_says(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    opened = await client.incidents.open(a_draft(cmdb_ci="c" * 32, work_notes="first look"))
    (row,) = fake.incidents.values()
    assert opened == {
        "sys_id": row["sys_id"],
        "number": "INC0000001",
        "url": f"{URL}/incident.do?sys_id={row['sys_id']}",
        "state": "1",
        "correlation_id": "incident--123_456V2-1700000000000",
        "short_description": "payments: failure rate increase",
        "close_code": "",
        "close_notes": "",
        "created_at": "2026-11-21 12:00:00",
        "result": "created",
        "duplicates": [],
    }
    assert (row["impact"], row["urgency"], row["category"], row["cmdb_ci"]) == (
        "2",
        "1",
        "software",
        "c" * 32,
    )
    assert fake.notes(row["sys_id"]) == ["first look"]


async def test_the_same_correlation_id_is_adopted_even_when_closed(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    first = await client.incidents.open(a_draft())
    fake.incidents[first["sys_id"]]["state"] = "7"
    again = await client.incidents.open(a_draft(short_description="other words"))
    assert (again["sys_id"], again["result"], again["state"]) == (first["sys_id"], "adopted", "7")
    assert len(fake.incidents) == 1


@every_fault
async def test_one_incident_whatever_happens_to_the_insert(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    fake.fail("POST", INCIDENTS, fault, fault)
    opened = await retry_later(lambda: client.incidents.open(a_draft()))
    assert [opened["sys_id"]] == list(fake.incidents)


@every_fault
async def test_one_incident_whatever_happens_to_the_looks(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    fake.fail("GET", INCIDENTS, fault, fault)
    opened = await client.incidents.open(a_draft())
    assert (list(fake.incidents), opened["result"]) == ([opened["sys_id"]], "created")


async def test_an_incident_of_this_call_is_created_though_the_look_after_it_failed(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    fake.before_insert = lambda: fake.fail("GET", INCIDENTS, status(503))
    assert (await client.incidents.open(a_draft()))["result"] == "created"


async def test_an_insert_that_may_still_be_at_work_is_not_repeated_in_the_same_call(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    late = Late()
    fake.fail("POST", INCIDENTS, late)
    with pytest.raises(OutcomeUnknown) as unknown:
        await client.incidents.open(a_draft())
    assert unknown.value.retry_after_s
    assert late.finish
    late.finish()
    assert (await client.incidents.open(a_draft()))["result"] == "adopted"
    assert len(fake.incidents) == 1


async def test_when_a_race_makes_two_all_agree_on_the_older_and_the_other_is_named(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    def somebody_else() -> None:
        fake.before_insert = lambda: None
        fake.add_incident(
            correlation_id=a_draft()["correlation_id"],
            short_description="theirs",
            sys_created_on="2026-11-21 11:59:59",
        )

    fake.before_insert = somebody_else
    opened = await client.incidents.open(a_draft())
    assert (opened["short_description"], opened["result"]) == ("theirs", "adopted")
    assert opened["duplicates"] == ["INC0000002"]
    assert (await client.incidents.open(a_draft()))["sys_id"] == opened["sys_id"]


async def test_many_callers_at_once_agree_on_one_incident(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    opened = await asyncio.gather(*(client.incidents.open(a_draft()) for _ in range(8)))
    again = await client.incidents.open(a_draft())
    assert {one["sys_id"] for one in opened} | {again["sys_id"]} == {again["sys_id"]}


async def test_an_instance_that_ignores_our_condition_does_not_lead_us_to_a_strangers_incident(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    stranger = fake.add_incident(correlation_id="other", short_description="printer")
    fake.ignores_queries = True
    opened = await client.incidents.open(a_draft())
    assert opened["sys_id"] != stranger["sys_id"]
    assert opened["result"] == "created"


@pytest.mark.parametrize(
    "value",
    ["a^state=7", "a\nb", "", "javascript:gs.log()", "JavaScript:x", "x" * 101, "a\x00", "^NQactive=true"],
)
async def test_a_correlation_id_that_is_more_than_a_value_is_refused_before_anything_is_sent(
    fake: FakeServiceNow, client: ServiceNowClient, value: str
) -> None:
    with pytest.raises(VendorRefused):
        await client.incidents.open(a_draft(correlation_id=value))
    assert not fake.requests


async def test_long_texts_are_cut_visibly_rather_than_by_the_column(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    await client.incidents.open(a_draft(short_description="s" * 200, description="d" * 5000))
    (row,) = fake.incidents.values()
    assert (len(row["short_description"]), row["short_description"][-1]) == (160, "…")
    assert len(row["description"]) == 4000


async def test_a_refused_insert_says_why_and_is_not_repeated(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    refusal = {"error": {"message": "Insert Aborted", "detail": "category software is inactive"}}
    fake.fail("POST", INCIDENTS, status(403, refusal))
    with pytest.raises(VendorRefused, match="Insert Aborted category … is inactive"):
        await client.incidents.open(a_draft())
    assert len(fake.sent("POST", INCIDENTS)) == 1


async def test_a_vendor_that_is_down_is_unavailable_and_nothing_is_left_behind(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    fake.fail("POST", INCIDENTS, *[status(503)] * 99)
    with pytest.raises(VendorUnavailable) as down:
        await client.incidents.open(a_draft())
    assert type(down.value) is VendorUnavailable
    assert not fake.incidents


async def test_a_note_is_written_once_per_key(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    sys_id = fake.add_incident()["sys_id"]
    assert await client.incidents.add_work_note(sys_id, "run-1/told", "approved by Ana") == "created"
    assert await client.incidents.add_work_note(sys_id, "run-1/told", "approved by Ana") == "adopted"
    assert await client.incidents.add_work_note(sys_id, "run-1/told2", "done") == "created"
    assert fake.notes(sys_id) == [
        "approved by Ana\n[valueflow:run-1/told]",
        "done\n[valueflow:run-1/told2]",
    ]


@every_fault
async def test_one_note_whatever_happens_to_it(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    sys_id = fake.add_incident()["sys_id"]
    fake.fail("PATCH", INCIDENTS, fault, fault)
    fake.fail("GET", "sys_journal_field", status(500))
    await retry_later(lambda: client.incidents.add_work_note(sys_id, "k", "text"))
    assert fake.notes(sys_id) == ["text\n[valueflow:k]"]


async def test_a_note_of_another_incident_or_another_case_is_not_ours(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    sys_id = fake.add_incident()["sys_id"]
    other = fake.add_incident(work_notes="x [valueflow:k]")["sys_id"]
    fake.journal.append({"element_id": sys_id, "element": "work_notes", "value": "x [valueflow:K]"})
    fake.ignores_queries = True
    assert await client.incidents.add_work_note(sys_id, "k", "text") == "created"
    assert len(fake.notes(other)) == 1


async def test_a_note_on_an_incident_that_is_not_there_is_refused(client: ServiceNowClient) -> None:
    with pytest.raises(VendorRefused) as refused:
        await client.incidents.add_work_note("0" * 32, "k", "text")
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "sys_id", ["", "INC0000001", "0" * 31, "../sys_user/" + "0" * 20, "A" * 32, "0" * 32 + "\n"]
)
async def test_what_is_no_sys_id_is_refused_before_anything_is_sent(
    fake: FakeServiceNow, client: ServiceNowClient, sys_id: str
) -> None:
    for call in (
        client.incidents.get(sys_id),
        client.incidents.add_work_note(sys_id, "k", "t"),
        client.incidents.resolve(sys_id, "k", "c", "n"),
    ):
        with pytest.raises(VendorError):
            await call
    assert not fake.requests


async def test_an_incident_is_resolved_with_its_notes(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    sys_id = fake.add_incident()["sys_id"]
    resolved = await client.incidents.resolve(sys_id, "k", "Solution provided", "Redeployed run 41")
    assert (resolved["state"], resolved["result"]) == ("6", "created")
    assert fake.incidents[sys_id]["close_code"] == "Solution provided"
    assert fake.incidents[sys_id]["close_notes"] == "Redeployed run 41\n[valueflow:k]"


@pytest.mark.parametrize("state", ["6", "7", "8"])
async def test_an_incident_that_has_ended_is_left_alone(
    fake: FakeServiceNow, client: ServiceNowClient, state: str
) -> None:
    sys_id = fake.add_incident(state=state, close_notes="by Ana")["sys_id"]
    resolved = await client.incidents.resolve(sys_id, "k", "c", "n")
    assert (resolved["result"], resolved["close_notes"]) == ("adopted", "by Ana")
    assert not fake.sent("PATCH")


async def test_a_late_redelivery_does_not_close_what_a_person_reopened(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    sys_id = fake.add_incident()["sys_id"]
    await client.incidents.resolve(sys_id, "k", "c", "n")
    fake.incidents[sys_id]["state"] = "2"
    assert (await client.incidents.resolve(sys_id, "k", "c", "n"))["state"] == "2"
    assert (await client.incidents.resolve(sys_id, "another", "c", "n"))["state"] == "6"


@every_fault
async def test_resolved_whatever_happens(
    fake: FakeServiceNow, client: ServiceNowClient, fault: Fault
) -> None:
    sys_id = fake.add_incident()["sys_id"]
    fake.fail("PATCH", INCIDENTS, fault, fault)
    resolved = await retry_later(lambda: client.incidents.resolve(sys_id, "k", "c", "n"))
    assert resolved["state"] == fake.incidents[sys_id]["state"] == "6"


async def test_an_incident_is_read_or_is_not_there(fake: FakeServiceNow, client: ServiceNowClient) -> None:
    row = fake.add_incident()
    fake.fail("GET", INCIDENTS, status(503))
    found = await client.incidents.get(row["sys_id"])
    assert found is not None
    assert found["number"] == row["number"]
    assert await client.incidents.get("0" * 32) is None


async def test_a_refused_read_is_not_an_absent_incident(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    fake.fail("GET", INCIDENTS, status(403))
    with pytest.raises(VendorRefused):
        await client.incidents.get("0" * 32)


async def test_one_token_serves_many_calls_and_a_revoked_one_is_renewed(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    await client.ping()
    await client.ping()
    assert len(fake.sent("POST", "oauth_token")) == 1
    fake.tokens.clear()
    await client.incidents.open(a_draft())
    assert len(fake.sent("POST", "oauth_token")) == 2
    assert len(fake.incidents) == 1


async def test_ping_tells_wrong_credentials_from_absence(fake: FakeServiceNow) -> None:
    with pytest.raises(VendorRefused) as refused:
        await servicenow_client(URL, CLIENT_ID, "wrong-secret-value", fake.transport).ping()
    assert "wrong-secret-value" not in str(refused.value)
    fake.fail("POST", "oauth_token", no_connection)
    with pytest.raises(VendorUnavailable):
        await servicenow_client(URL, CLIENT_ID, CLIENT_SECRET, fake.transport).ping()


async def test_the_body_sent_holds_only_what_the_draft_may_say(
    fake: FakeServiceNow, client: ServiceNowClient
) -> None:
    await client.incidents.open(a_draft(state="7", cmdb_ci=""))
    (request,) = fake.sent("POST", INCIDENTS)
    assert set(body_of(request)) == {
        "correlation_id",
        "correlation_display",
        "short_description",
        "description",
        "impact",
        "urgency",
        "category",
    }
