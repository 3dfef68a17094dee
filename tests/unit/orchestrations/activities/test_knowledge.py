"""Similar incidents as evidence, and remembering: outcomes as data, once of twice."""

from typing import Any

import pytest

from orchestrations.activities.knowledge import collect_similar, remember_incident
from tests.fakes.remediation import PROBLEM, SERVICE
from tests.fakes.vendors import Vendors, act, value
from tests.unit.shared.knowledge.stage import WordEncoder, knowledge_over

ENDED = {
    "number": "INC0010001",
    "title": "Disk full on db-1",
    "service": "orders",
    "cause": "old logs",
    "category": "saturation",
    "action_type": "run_pipeline",
    "helped": "ran the clean-up pipeline",
    "outcome": "resolved",
    "ended_at": "2026-11-21T12:00:00Z",
    "link": "https://app.example/api/operations/incident-1/postmortem",
}
ASKED = {"problem": {**PROBLEM, "title": "Low disk space"}, "service": SERVICE}


@pytest.fixture
def encoder(vendors: Vendors) -> WordEncoder:
    made = WordEncoder()
    vendors.services.__dict__["knowledge"] = knowledge_over(vendors.services.blob, made)
    return made


async def remember(id_: str = "incident-1", **fields: Any) -> dict[str, Any]:
    return await value(remember_incident, {**ENDED, **fields}, key=f"{id_}/remember")


@pytest.mark.usefixtures("encoder")
async def test_an_incident_that_ended_becomes_evidence_of_the_next_one() -> None:
    assert await remember() == {"result": "created"}

    found = await value(collect_similar, ASKED, key="incident-2/collect_similar")

    (item,) = found["items"]
    assert (item["source"], item["kind"], item["at"]) == ("knowledge", "similar", ENDED["ended_at"])
    assert item["link"] == ENDED["link"]
    assert item["facts"] == {
        "operation_id": "incident-1",
        "number": "INC0010001",
        "similarity": item["facts"]["similarity"],
        "category": "saturation",
        "action_type": "run_pipeline",
        "outcome": "resolved",
    }
    assert 0.9 < item["facts"]["similarity"] <= 1
    assert found["none"] == ""
    for words in ("INC0010001", "% semelhante", "Disk full on db-1", "resolvido e comprovado", "clean-up"):
        assert words in item["text"]


@pytest.mark.usefixtures("encoder")
async def test_in_the_reader_s_language() -> None:
    await remember(outcome="action_failed")

    found = await value(collect_similar, {**ASKED, "language": "en"})

    assert "% similar" in found["items"][0]["text"]
    assert "the action failed. What was tried: ran the clean-up pipeline" in found["items"][0]["text"]


@pytest.mark.usefixtures("encoder")
async def test_none_is_said() -> None:
    await remember(title="certificate expired")

    found = await value(collect_similar, {**ASKED, "language": "en"})

    assert found == {
        "items": [],
        "remembered": 1,
        "none": "None of the 1 remembered incidents is similar.",
    }


@pytest.mark.usefixtures("encoder")
async def test_it_is_not_its_own_evidence_nor_is_what_is_left_out() -> None:
    await remember()
    await remember("incident-3", number="INC3", service="x")

    found = await value(collect_similar, {**ASKED, "without": ["INC3"]}, key="incident-1/collect_similar")

    assert found["items"] == []


@pytest.mark.usefixtures("encoder")
async def test_what_was_found_so_far_helps_to_find() -> None:
    await remember(title="Deadlock in orders")
    findings = [
        {"kind": "finding", "text": "deadlock detected"},
        {"kind": "metric", "text": "disk disk disk"},
    ]
    vague = {**ASKED, "problem": {**PROBLEM, "title": "Failure rate increase"}}

    assert (await value(collect_similar, vague))["items"] == []
    assert len((await value(collect_similar, {**vague, "items": findings}))["items"]) == 1


@pytest.mark.usefixtures("encoder")
async def test_remembered_twice_it_is_remembered_once() -> None:
    await remember()

    assert await remember() == {"result": "adopted"}
    assert (await value(collect_similar, ASKED))["remembered"] == 1


async def test_people_are_not_remembered(vendors: Vendors, encoder: WordEncoder) -> None:
    await remember(helped="Maria Silva ran it: maria@contoso.example", people=["Maria Silva"])

    stored = b"".join(vendors.services.blob.blobs.values()).decode()
    assert "Maria" not in stored
    assert "maria@" not in stored


async def test_what_was_forgotten_is_not_remembered_again(vendors: Vendors, encoder: WordEncoder) -> None:
    await vendors.services.knowledge.forget("incident-1")

    assert await remember() == {"result": "forgotten"}


async def test_storage_or_encoder_away_is_said_and_can_be_tried_again(
    vendors: Vendors, encoder: WordEncoder
) -> None:
    encoder.away = True
    assert (await act(collect_similar, ASKED))["status"] == "unavailable"
    assert (await act(remember_incident, ENDED))["status"] == "unavailable"
    encoder.away, vendors.services.blob.away = False, True
    assert (await act(collect_similar, ASKED))["status"] == "unavailable"
    vendors.services.blob.away = False
    assert await remember() == {"result": "created"}
