"""Remembering and finding: once, newest, best first, never what was forgotten, whoever is away."""

import pytest

from shared.errors import OutcomeUnknown, VendorUnavailable
from shared.knowledge import Knowledge
from tests.fakes.services import FakeBlob
from tests.unit.shared.knowledge.stage import WordEncoder, a_memory, knowledge_over


@pytest.fixture
def blob() -> FakeBlob:
    return FakeBlob()


@pytest.fixture
def knowledge(blob: FakeBlob) -> Knowledge:
    return knowledge_over(blob)


async def numbers(knowledge: Knowledge, text: str, **options: object) -> list[str]:
    return [match["id"] for match in await knowledge.similar(text, **options)]  # type: ignore[arg-type]


async def test_what_was_remembered_is_found_with_how_it_ended(knowledge: Knowledge) -> None:
    await knowledge.remember(a_memory("a", title="disk full", action_type="run_pipeline"))
    await knowledge.remember(a_memory("b", title="certificate expired"))

    (match,) = await knowledge.similar("the disk has no space")

    assert (match["id"], match["outcome"], match["helped"]) == ("a", "resolved", "deleted them")
    assert match["similarity"] > 0.9
    assert match["model"] == "words"


async def test_unlike_incidents_are_not_shown(knowledge: Knowledge) -> None:
    await knowledge.remember(a_memory("a", title="disk full"))

    assert await knowledge.similar("coffee machine") == []


async def test_an_empty_memory_answers_nothing(knowledge: Knowledge) -> None:
    assert await knowledge.similar("disk") == []
    assert await knowledge.count() == 0


async def test_remembering_twice_is_remembering_once(knowledge: Knowledge, blob: FakeBlob) -> None:
    assert await knowledge.remember(a_memory("a")) == "created"
    assert await knowledge.remember(a_memory("a")) == "adopted"

    assert len(blob.blobs) == 1


async def test_a_later_revision_counts_and_an_earlier_one_that_comes_late_does_not(
    knowledge: Knowledge,
) -> None:
    later = a_memory("a", helped="people enlarged it", revised_at="2026-11-22T00:00:00Z")
    for memory in (later, a_memory("a")):
        await knowledge.remember(memory)
    await knowledge.remember_many([a_memory("a", helped="older still", revised_at="2026-01-01T00:00:00Z")])

    (match,) = await knowledge.similar("disk")
    assert match["helped"] == "people enlarged it"
    assert await knowledge.count() == 1


async def test_among_equals_a_verified_fix_comes_first_and_then_the_same_service(
    knowledge: Knowledge,
) -> None:
    for id_, outcome, service in (
        ("handed", "handed_over", "orders"),
        ("people", "solved_by_people", "orders"),
        ("fixed", "resolved", "orders"),
        ("here", "handed_over", "checkout"),
    ):
        await knowledge.remember(a_memory(id_, outcome=outcome, service=service))

    assert await numbers(knowledge, "disk") == ["fixed", "people", "handed", "here"]
    assert (await numbers(knowledge, "disk", service="checkout"))[-1] == "handed"


async def test_a_nearer_failure_comes_before_a_better_end(knowledge: Knowledge) -> None:
    await knowledge.remember(a_memory("near", title="disk queue", outcome="handed_over"))
    await knowledge.remember(a_memory("fixed", title="disk queue latency dns", cause="?", outcome="resolved"))

    assert await numbers(knowledge, "disk queue") == ["near", "fixed"]


async def test_the_incident_itself_is_never_its_own_evidence(knowledge: Knowledge) -> None:
    await knowledge.remember(a_memory("a"))
    await knowledge.remember(a_memory("b", number="INC7"))

    assert await numbers(knowledge, "disk", without=["a", "INC7"]) == []


async def test_one_story_is_told_once(knowledge: Knowledge) -> None:
    for number in range(10):
        await knowledge.remember(a_memory(f"a{number}"))
    await knowledge.remember(a_memory("other", service="checkout"))

    assert sorted(await numbers(knowledge, "disk")) == ["a0", "other"]


async def test_another_process_sees_what_was_remembered(blob: FakeBlob, knowledge: Knowledge) -> None:
    assert await knowledge.similar("disk") == []

    await knowledge_over(blob).remember(a_memory("a"))

    assert await numbers(knowledge, "disk") == ["a"]


async def test_what_is_forgotten_is_gone_and_does_not_come_back(blob: FakeBlob, knowledge: Knowledge) -> None:
    await knowledge.remember_many([a_memory("a"), a_memory("b", service="x"), a_memory("a.b", service="y")])
    await knowledge.remember(a_memory("a", revised_at="2026-12-01T00:00:00Z"))

    assert await knowledge.forget("a") == 2

    assert await numbers(knowledge, "disk") == ["a.b", "b"]
    assert b'"INC-a"' not in b"".join(blob.blobs.values())
    assert not any('"a"' in name or "/a." in name for name in blob.blobs if "a.b." not in name)
    assert await knowledge.remember(a_memory("a")) == "forgotten"
    assert await knowledge.remember_many([a_memory("a")]) == 0
    assert await numbers(knowledge_over(blob), "disk") == ["a.b", "b"]
    assert await knowledge.forget("a") == 0


async def test_forgetting_what_was_never_known_keeps_it_from_being_learnt(knowledge: Knowledge) -> None:
    assert await knowledge.forget("later") == 0

    assert await knowledge.remember(a_memory("later")) == "forgotten"


async def test_forgetting_reaches_what_another_model_made(blob: FakeBlob) -> None:
    await knowledge_over(blob, WordEncoder("earlier")).remember_many([a_memory("a"), a_memory("b")])
    await knowledge_over(blob, WordEncoder("earlier")).remember(a_memory("a", revised_at="2027"))

    assert await knowledge_over(blob, WordEncoder("now")).forget("a") == 2

    assert b"INC-a" not in b"".join(blob.blobs.values())


async def test_who_is_forgotten_while_being_remembered_is_not_kept(blob: FakeBlob) -> None:
    knowledge = knowledge_over(blob)
    usual = blob.put_once

    async def forgotten_meanwhile(name: str, data: bytes | str, content_type: str = "") -> bool:
        await knowledge.forget("a")
        return await usual(name, data, content_type)

    blob.put_once = forgotten_meanwhile  # type: ignore[method-assign]

    assert await knowledge.remember(a_memory("a")) == "adopted"
    assert [name for name in blob.blobs if "forgotten" not in name] == []


async def test_vectors_of_different_models_never_meet(blob: FakeBlob) -> None:
    await knowledge_over(blob, WordEncoder("earlier")).remember(a_memory("a"))

    assert await knowledge_over(blob, WordEncoder("now")).similar("disk") == []


async def test_the_second_encoder_answers_while_the_first_is_away(blob: FakeBlob) -> None:
    first, second = WordEncoder("first"), WordEncoder("second")
    knowledge = knowledge_over(blob, first, second)
    await knowledge.remember(a_memory("a"))
    first.away = True

    (match,) = await knowledge.similar("disk")
    assert match["model"] == "second"
    assert await knowledge.remember(a_memory("b", service="x")) == "created"
    assert await knowledge.remember_many([a_memory("c", service="y")]) == 1
    assert await numbers(knowledge, "disk") == ["a", "b", "c"]


async def test_with_no_encoder_left_it_says_so(blob: FakeBlob) -> None:
    only = WordEncoder()
    knowledge = knowledge_over(blob, only)
    only.away = True

    with pytest.raises(VendorUnavailable):
        await knowledge.similar("disk")
    with pytest.raises(VendorUnavailable):
        await knowledge.remember(a_memory("a"))


async def test_a_write_whose_answer_is_lost_is_one_memory(blob: FakeBlob, knowledge: Knowledge) -> None:
    usual, lost = blob.put_once, list[str]()

    async def losing(name: str, data: bytes | str, content_type: str = "") -> bool:
        stored = await usual(name, data, content_type)
        if not lost:
            lost.append(name)
            raise OutcomeUnknown("blob", "put_once", "sent, and no answer came")
        return stored

    blob.put_once = losing  # type: ignore[method-assign]

    assert await knowledge.remember(a_memory("a")) == "adopted"
    assert await numbers(knowledge, "disk") == ["a"]


async def test_storage_away_is_said(blob: FakeBlob, knowledge: Knowledge) -> None:
    blob.away = True

    with pytest.raises(VendorUnavailable):
        await knowledge.similar("disk")
