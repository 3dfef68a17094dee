"""Entity locks."""

from durabletask.internal import orchestrator_service_pb2 as pb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.durable import entities, locks
from sandbox.durable.commits import Kind
from sandbox.durable.events import text
from tests.unit.sandbox.durable import turns
from tests.unit.sandbox.durable.conftest import Bench


def ask(bench: Bench, section: str, *wanted: str) -> None:
    request = pb.EntityLockRequestedEvent(criticalSectionId=section, lockSet=wanted)
    execution = turns.start(bench, section)
    bench.run(lambda step: locks.request(step, execution, section, request))


def holders(bench: Bench) -> dict[str, str]:
    return dict(bench.rows("SELECT entity_id, section FROM entities WHERE section IS NOT NULL"))


def give_back(bench: Bench, section: str, *entities: str) -> None:
    for entity_id in entities:
        bench.run(lambda step, entity_id=entity_id: locks.release(step, section, entity_id))


def signal(bench: Bench, entity_id: str) -> None:
    signaled = pb.EntityOperationSignaledEvent(
        requestId="r", operation="add", targetInstanceId=text(entity_id)
    )
    bench.run(lambda step: entities.signal(step, signaled))


def test_all_entities_or_none(bench: Bench) -> None:
    ask(bench, "first", "@e@1")
    ask(bench, "second", "@e@1", "@e@2")
    assert holders(bench) == {"@e@1": "first"}
    give_back(bench, "first", "@e@1")
    assert holders(bench) == {"@e@1": "second", "@e@2": "second"}


def test_a_later_request_does_not_pass_an_earlier_one_it_would_hold_up(bench: Bench) -> None:
    ask(bench, "first", "@e@1")
    ask(bench, "second", "@e@1", "@e@2")
    ask(bench, "third", "@e@2")
    ask(bench, "fourth", "@e@3")
    assert holders(bench) == {"@e@1": "first", "@e@3": "fourth"}


def test_a_lock_waits_for_operations_sent_before_it(bench: Bench) -> None:
    signal(bench, "@e@1")
    ask(bench, "first", "@e@1")
    assert holders(bench) == {}
    batch = entities.load(bench.db, "@e@1")
    assert batch is not None
    done = pb.EntityBatchResult(results=[pb.OperationResult(success=pb.OperationResultSuccess())])
    bench.run(lambda step: entities.complete(step, "@e@1", batch.content, done))
    assert holders(bench) == {"@e@1": "first"}


def test_while_an_entity_is_held_only_its_holder_gets_through(bench: Bench) -> None:
    ask(bench, "first", "@e@1")
    signal(bench, "@e@1")
    assert entities.load(bench.db, "@e@1") is None
    step = bench.step()
    locks.release(step, "first", "@e@1")
    assert (Kind.ENTITY, "@e@1") in step.ready
    assert entities.load(bench.db, "@e@1") is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(wanted=st.lists(st.sets(st.sampled_from(["@e@1", "@e@2", "@e@3"]), min_size=1), max_size=6))
def test_everyone_who_asks_gets_their_turn_and_never_two_the_same(
    bench: Bench, wanted: list[set[str]]
) -> None:
    bench.db.executescript(
        "DELETE FROM entities; DELETE FROM locks; DELETE FROM instances; DELETE FROM inbox;"
    )
    left = {f"s{number}": entities for number, entities in enumerate(wanted)}
    for section, entities_wanted in left.items():
        ask(bench, section, *sorted(entities_wanted))
    while left:
        held = holders(bench)
        served = next(section for section in left if section in held.values())
        assert {entity for entity, section in held.items() if section == served} == left[served]
        give_back(bench, served, *left.pop(served))
    assert holders(bench) == {}
    assert bench.count("locks") == 0


def test_an_execution_that_ends_without_a_word_gives_back_what_it_held_and_waited_for(bench: Bench) -> None:
    ask(bench, "first", "@e@1")
    ask(bench, "second", "@e@1")
    ask(bench, "third", "@e@1")
    for section in ("second", "first"):
        ((execution,),) = bench.rows("SELECT execution FROM instances WHERE instance_id = ?", section)
        turns.answer(bench, turns.turn(bench, execution), turns.end(pb.ORCHESTRATION_STATUS_FAILED))
    assert holders(bench) == {"@e@1": "third"}
