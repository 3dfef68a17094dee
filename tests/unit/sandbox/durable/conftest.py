"""Transitions run directly against a state file, without the loop and without a worker."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.durable.commits import Step
from sandbox.durable.history import HistoryCache
from sandbox.durable.store import Sequence, open_store


class Bench:
    """An open state file. clock_us: the time each transition sees."""

    def __init__(self, path: Path) -> None:
        self.db: sqlite3.Connection = open_store(path)
        self.cache = HistoryCache(self.db)
        self.sequence = Sequence(self.db)
        self.clock_us = 1_800_000_000_000_000

    def step(self) -> Step:
        return Step(self.db, self.sequence, self.clock_us)

    def run[T](self, transition: Callable[[Step], T]) -> T:
        """Run a transition, and what it wants done afterwards."""
        step = self.step()
        answer = transition(step)
        for act in step.after:
            act()
        return answer

    def count(self, table: str) -> int:
        (number,) = self.db.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(number)

    def rows(self, sql: str, *values: Any) -> list[Any]:
        return self.db.execute(sql, values).fetchall()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "hub.db")
    yield bench
    bench.db.close()
