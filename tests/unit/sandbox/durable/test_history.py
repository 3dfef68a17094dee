"""Histories as they are stored, sent and kept in memory."""

from durabletask.internal import orchestrator_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from sandbox.durable import history
from sandbox.durable.events import event
from sandbox.durable.history import HistoryCache
from tests.unit.sandbox.durable.conftest import Bench

texts = st.text(max_size=20)


def raised(name: str) -> pb.HistoryEvent:
    return event(1, eventRaised=pb.EventRaisedEvent(name=name))


@given(steps=st.lists(st.lists(texts, max_size=4), max_size=6), new=texts)
def test_rows_put_one_after_the_other_are_one_work_item(steps: list[list[str]], new: str) -> None:
    rows = [history.encode([raised(name) for name in names]) for names in steps]
    request = pb.OrchestratorRequest(instanceId="i", newEvents=[raised(new)])
    tail = pb.WorkItem(orchestratorRequest=request, completionToken="t").SerializeToString()
    item = pb.WorkItem.FromString(b"".join([*rows, tail]))
    expected = [name for names in steps for name in names]
    assert [past.eventRaised.name for past in item.orchestratorRequest.pastEvents] == expected
    assert item.orchestratorRequest.newEvents[0].eventRaised.name == new
    assert (item.orchestratorRequest.instanceId, item.completionToken) == ("i", "t")


def store(bench: Bench, execution: int, count: int) -> list[bytes]:
    rows = [history.encode([raised(f"{execution}-{number}")]) for number in range(count)]
    for number, row in enumerate(rows):
        history.append(bench.db, execution, number, row)
    return rows


def test_what_is_kept_is_what_is_stored(bench: Bench) -> None:
    rows = store(bench, 1, 3)
    cache = HistoryCache(bench.db)
    assert cache.get(1, 3) == rows
    more = history.encode([raised("more")])
    history.append(bench.db, 1, 3, more)
    cache.add(1, more)
    assert cache.get(1, 4) == [*rows, more]


def test_what_does_not_match_the_disk_is_read_again(bench: Bench) -> None:
    rows = store(bench, 1, 3)
    cache = HistoryCache(bench.db)
    cache.get(1, 3)
    cache.add(1, b"of a transaction that was undone")
    assert cache.get(1, 3) == rows


def test_no_more_is_kept_than_the_limit_and_the_rest_is_read_when_needed(bench: Bench) -> None:
    rows = {execution: store(bench, execution, 2) for execution in range(1, 11)}
    cache = HistoryCache(bench.db, limit_bytes=3 * sum(map(len, rows[1])))
    for execution, expected in rows.items():
        assert cache.get(execution, 2) == expected
    statements: list[str] = []
    bench.db.set_trace_callback(statements.append)
    assert cache.get(10, 2) == rows[10]
    assert statements == []
    assert cache.get(1, 2) == rows[1]
    assert len(statements) == 1
    bench.db.set_trace_callback(None)


def test_no_more_executions_are_kept_than_the_limit(bench: Bench) -> None:
    cache = HistoryCache(bench.db, limit_executions=2)
    for execution in range(5):
        cache.get(execution, 0)
    assert len(cache._kept) == 2
