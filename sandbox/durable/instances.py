"""Instances as rows: finding them. lifetimes.py begins and ends them."""
# ruff: noqa: S608 - the SQL is put together from constants; values are always parameters

import sqlite3
from dataclasses import dataclass

import grpc

from sandbox.durable.commits import Refused
from sandbox.durable.events import FINISHED

_COLUMNS = (
    "execution, instance_id, execution_id, name, version, status, created_us, updated_us, scheduled_us,"
    " completed_us, steps, custom_status, trace, parent_execution, parent_task, parent_id"
)


@dataclass(slots=True)
class Instance:
    """A row of `instances`; see store.py."""

    execution: int
    instance_id: str
    execution_id: str
    name: str
    version: str | None
    status: int
    created_us: int
    updated_us: int
    scheduled_us: int | None
    completed_us: int | None
    steps: int
    custom_status: str | None
    trace: bytes | None
    parent_execution: int | None
    parent_task: int | None
    parent_id: str | None

    @property
    def finished(self) -> bool:
        """No event can change it any more, save a rewind."""
        return self.status in FINISHED


def find(db: sqlite3.Connection, instance_id: str) -> Instance | None:
    """The instance of that id."""
    row = db.execute(f"SELECT {_COLUMNS} FROM instances WHERE instance_id = ?", (instance_id,)).fetchone()
    return None if row is None else Instance(*row)


def running(db: sqlite3.Connection, execution: int) -> Instance | None:
    """The instance, if that execution is its present one and has not finished."""
    row = db.execute(f"SELECT {_COLUMNS} FROM instances WHERE execution = ?", (execution,)).fetchone()
    instance = None if row is None else Instance(*row)
    return None if instance is None or instance.finished else instance


def must_find(db: sqlite3.Connection, instance_id: str) -> Instance:
    """find, or refuse the request. Raises: Refused (NOT_FOUND)."""
    instance = find(db, instance_id)
    if instance is None:
        raise Refused(grpc.StatusCode.NOT_FOUND, f"No orchestration instance has the id '{instance_id}'.")
    return instance
