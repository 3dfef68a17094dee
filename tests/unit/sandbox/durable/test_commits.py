"""Transactions."""

import asyncio
import sqlite3
from typing import Any

import grpc
import pytest

from sandbox.durable.commits import Commits, Refused, Step
from tests.unit.sandbox.durable.conftest import Bench


def put(name: str) -> Any:
    def transition(step: Step) -> str:
        step.db.execute("INSERT INTO entities (entity_id, modified_us) VALUES (?, 0)", (name,))
        return name

    return transition


def broken(step: Step) -> None:
    put("half")(step)
    raise ZeroDivisionError


def refused(_: Step) -> None:
    raise Refused(grpc.StatusCode.NOT_FOUND, "nobody")


def names(bench: Bench) -> list[str]:
    return [name for (name,) in bench.rows("SELECT entity_id FROM entities ORDER BY entity_id")]


async def test_what_arrives_together_shares_one_transaction_and_keeps_its_order(bench: Bench) -> None:
    statements: list[str] = []
    bench.db.set_trace_callback(statements.append)
    committed: list[Step] = []
    commits = Commits(bench.db, bench.sequence, committed.extend)
    answers = await asyncio.gather(*(commits.run(put(name)) for name in "abc"))
    bench.db.set_trace_callback(None)
    assert answers == ["a", "b", "c"]
    assert statements.count("COMMIT") == 1
    assert len(committed) == 3


async def test_one_that_raises_undoes_itself_alone(bench: Bench) -> None:
    commits = Commits(bench.db, bench.sequence, lambda _: None)
    lost: list[str] = []
    outcome = await asyncio.gather(
        commits.run(put("a")),
        commits.run(broken, lambda: lost.append("broken")),
        commits.run(put("b")),
        return_exceptions=True,
    )
    assert (outcome[0], outcome[2]) == ("a", "b")
    assert isinstance(outcome[1], ZeroDivisionError)
    assert names(bench) == ["a", "b"]
    assert lost == ["broken"]


async def test_a_refusal_reaches_only_the_one_refused(bench: Bench) -> None:
    commits = Commits(bench.db, bench.sequence, lambda _: None)
    outcome = await asyncio.gather(commits.run(put("a")), commits.run(refused), return_exceptions=True)
    assert outcome[0] == "a"
    assert isinstance(outcome[1], Refused)
    assert names(bench) == ["a"]


async def test_nothing_happens_in_memory_for_what_did_not_reach_the_disk(bench: Bench) -> None:
    committed: list[Step] = []
    commits = Commits(bench.db, bench.sequence, committed.extend)
    with pytest.raises(ZeroDivisionError):
        await commits.run(broken)
    assert committed == []


async def test_a_disk_that_fails_fails_all_and_the_next_try_works(bench: Bench) -> None:
    commits = Commits(bench.db, bench.sequence, lambda _: None)
    bench.db.execute("PRAGMA query_only = 1")
    outcome = await asyncio.gather(commits.run(put("a")), commits.run(put("b")), return_exceptions=True)
    assert all(isinstance(error, sqlite3.OperationalError) for error in outcome)
    bench.db.execute("PRAGMA query_only = 0")
    assert await commits.run(put("a")) == "a"


async def test_what_nobody_awaits_any_more_is_committed_all_the_same(bench: Bench) -> None:
    commits = Commits(bench.db, bench.sequence, lambda _: None)
    commits.run(put("a")).cancel()
    await commits.run(put("b"))
    assert names(bench) == ["a", "b"]
