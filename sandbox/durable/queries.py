"""What clients may read: one instance, many by filter, finished ids by time, histories.

Pages are cut by key, not by count: what is added or removed between two pages shifts nothing. A continuation
token is the key of the last row, as text.
"""
# ruff: noqa: S608 - the SQL is put together from constants; values are always parameters

import sqlite3
from collections.abc import Iterator
from typing import Any

import grpc
from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import history
from sandbox.durable.commits import Refused
from sandbox.durable.events import FINISHED, microseconds, text, timestamp

PAGE = 100
_LARGEST_PAGE = 1_000
_SEPARATOR = "|"
_STATE_COLUMNS = (
    "instance_id, execution_id, name, version, status, created_us, updated_us, scheduled_us, completed_us,"
    " custom_status, parent_id, input, output, failure, started, execution"
)
_STATES = f"SELECT {_STATE_COLUMNS} FROM instances JOIN payloads USING (execution)"


def get(db: sqlite3.Connection, request: pb.GetInstanceRequest) -> pb.GetInstanceResponse:
    """One instance's state; with its input and output where asked for."""
    row = db.execute(f"{_STATES} WHERE instance_id = ?", (request.instanceId,)).fetchone()
    if row is None:
        return pb.GetInstanceResponse(exists=False)
    return pb.GetInstanceResponse(exists=True, orchestrationState=_state(row, request.getInputsAndOutputs))


def status(db: sqlite3.Connection, instance_id: str) -> int | None:
    """One instance's status, or None if there is no such instance."""
    row = db.execute("SELECT status FROM instances WHERE instance_id = ?", (instance_id,)).fetchone()
    return None if row is None else int(row[0])


def query(db: sqlite3.Connection, request: pb.InstanceQuery) -> pb.QueryInstancesResponse:
    """Instances by status, creation time and id prefix, oldest first. Raises: Refused (a foreign token)."""
    wheres, values = _created_between(request)
    if request.instanceIdPrefix.value:
        wheres.append("substr(instance_id, 1, ?) = ?")
        values += [len(request.instanceIdPrefix.value), request.instanceIdPrefix.value]
    if request.continuationToken.value:
        wheres.append("(created_us, execution) > (?, ?)")
        values += _key(request.continuationToken.value)
    size = request.maxInstanceCount if request.maxInstanceCount > 0 else _LARGEST_PAGE
    sql = f"{_STATES}{where(wheres)} ORDER BY created_us, execution LIMIT ?"
    rows = db.execute(sql, (*values, size + 1)).fetchall()
    states = [_state(row, request.fetchInputsAndOutputs) for row in rows[:size]]
    last = rows[size - 1] if len(rows) > size else None
    token = None if last is None else f"{last[5]}{_SEPARATOR}{last[-1]}"
    return pb.QueryInstancesResponse(orchestrationState=states, continuationToken=text(token))


def list_ids(db: sqlite3.Connection, request: pb.ListInstanceIdsRequest) -> pb.ListInstanceIdsResponse:
    """Ids of finished instances in the order in which they finished."""
    wheres, values = _status_in(request.runtimeStatus or FINISHED)
    wheres.append("completed_us IS NOT NULL")
    if request.HasField("completedTimeFrom"):
        wheres.append("completed_us >= ?")
        values.append(microseconds(request.completedTimeFrom))
    if request.HasField("completedTimeTo"):
        wheres.append("completed_us < ?")
        values.append(microseconds(request.completedTimeTo))
    if request.lastInstanceKey.value:
        wheres.append("(completed_us, execution) > (?, ?)")
        values += _key(request.lastInstanceKey.value)
    size = request.pageSize if request.pageSize > 0 else PAGE
    sql = f"SELECT instance_id, completed_us, execution FROM instances{where(wheres)}"
    sql += " ORDER BY completed_us, execution LIMIT ?"
    rows = db.execute(sql, (*values, size + 1)).fetchall()
    token = f"{rows[size - 1][1]}{_SEPARATOR}{rows[size - 1][2]}" if len(rows) > size else None
    return pb.ListInstanceIdsResponse(
        instanceIds=[row[0] for row in rows[:size]], lastInstanceKey=text(token)
    )


def finished_ids(db: sqlite3.Connection, request: pb.PurgeInstanceFilter, limit: int) -> list[str]:
    """Ids of finished instances that a purge's filter names, oldest first."""
    wheres, values = _created_between(request)
    more, extra = _status_in(FINISHED)
    sql = f"SELECT instance_id FROM instances{where(wheres + more)} ORDER BY created_us LIMIT ?"
    return [instance_id for (instance_id,) in db.execute(sql, (*values, *extra, limit))]


def history_chunks(db: sqlite3.Connection, execution: int) -> Iterator[pb.HistoryChunk]:
    """An execution's history, a chunk a step."""
    for row in list(history.rows(db, execution)):
        yield pb.HistoryChunk(events=history.decode(row))


def _state(row: Any, with_payloads: bool) -> pb.OrchestrationState:
    (instance_id, execution_id, name, version, now, created, updated, scheduled, completed, custom, parent,
     encoded_input, output, failure, started, _) = row  # fmt: skip
    return pb.OrchestrationState(
        instanceId=instance_id,
        executionId=text(execution_id),
        name=name,
        version=text(version),
        orchestrationStatus=now,
        createdTimestamp=timestamp(created),
        lastUpdatedTimestamp=timestamp(updated),
        scheduledStartTimestamp=None if scheduled is None else timestamp(scheduled),
        completedTimestamp=None if completed is None else timestamp(completed),
        customStatus=text(custom),
        parentInstanceId=text(parent),
        input=text(encoded_input if with_payloads else None),
        output=text(output if with_payloads else None),
        failureDetails=None if failure is None else pb.TaskFailureDetails.FromString(failure),
        tags=dict(pb.ExecutionStartedEvent.FromString(started).tags),
    )


def _created_between(request: pb.InstanceQuery | pb.PurgeInstanceFilter) -> tuple[list[str], list[Any]]:
    wheres, values = _status_in(request.runtimeStatus)
    if request.HasField("createdTimeFrom"):
        wheres.append("created_us >= ?")
        values.append(microseconds(request.createdTimeFrom))
    if request.HasField("createdTimeTo"):
        wheres.append("created_us < ?")
        values.append(microseconds(request.createdTimeTo))
    return wheres, values


def _status_in(statuses: Any) -> tuple[list[str], list[Any]]:
    wanted = [int(wanted) for wanted in statuses]
    return ([f"status IN ({', '.join('?' * len(wanted))})"], list(wanted)) if wanted else ([], [])


def _key(token: str) -> list[int]:
    time, _, execution = token.partition(_SEPARATOR)
    if not (time.isdecimal() and execution.isdecimal()):
        raise Refused(
            grpc.StatusCode.INVALID_ARGUMENT, "The continuation token was not given out by this service."
        )
    return [int(time), int(execution)]


def where(wheres: list[str]) -> str:
    """The clause that all of them hold."""
    return f" WHERE {' AND '.join(wheres)}" if wheres else ""
