"""Reading page by page while instances come and go."""

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.wrappers_pb2 import StringValue

from sandbox.durable import purging, queries
from tests.unit.sandbox.durable import turns
from tests.unit.sandbox.durable.conftest import Bench


def test_pages_skip_and_repeat_nothing_when_rows_vanish_and_appear_in_between(bench: Bench) -> None:
    for number in range(6):
        execution = turns.start(bench, f"i{number}")
        turns.answer(bench, turns.turn(bench, execution), turns.end())
    first = queries.query(bench.db, pb.InstanceQuery(maxInstanceCount=2))
    assert [state.instanceId for state in first.orchestrationState] == ["i0", "i1"]
    bench.run(lambda step: purging._remove(step, ["i0", "i1"], recursive=False))
    turns.start(bench, "i6")
    second = queries.query(
        bench.db, pb.InstanceQuery(maxInstanceCount=9, continuationToken=first.continuationToken)
    )
    assert [state.instanceId for state in second.orchestrationState] == ["i2", "i3", "i4", "i5", "i6"]
    assert not second.HasField("continuationToken")


def test_a_prefix_is_taken_literally(bench: Bench) -> None:
    for instance_id in ("a%b", "aXb", "a_b"):
        turns.start(bench, instance_id)
    found = queries.query(bench.db, pb.InstanceQuery(instanceIdPrefix=StringValue(value="a%")))
    assert [state.instanceId for state in found.orchestrationState] == ["a%b"]
