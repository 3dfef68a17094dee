"""What clients may read of entities: one by id, many by filter, page by page."""
# ruff: noqa: S608 - the SQL is put together from constants; values are always parameters

import sqlite3
from typing import Any

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.events import microseconds, text, timestamp
from sandbox.durable.queries import PAGE, where


def get(db: sqlite3.Connection, request: pb.GetEntityRequest) -> pb.GetEntityResponse:
    """One entity. As with the Durable Functions extension, one without state does not exist."""
    row = db.execute(
        "SELECT entity_id, state, modified_us, holder FROM entities"
        " WHERE entity_id = ? AND state IS NOT NULL",
        (request.instanceId,),
    ).fetchone()
    if row is None:
        return pb.GetEntityResponse(exists=False)
    return pb.GetEntityResponse(exists=True, entity=_entity(db, row, request.includeState))


def query(db: sqlite3.Connection, request: pb.EntityQuery) -> pb.QueryEntitiesResponse:
    """Entities by id prefix and time of change, by id; without state only where includeTransient."""
    wheres: list[str] = []
    values: list[Any] = []
    if request.instanceIdStartsWith.value:
        wheres.append("substr(entity_id, 1, ?) = ?")
        values += [len(request.instanceIdStartsWith.value), request.instanceIdStartsWith.value]
    if request.HasField("lastModifiedFrom"):
        wheres.append("modified_us >= ?")
        values.append(microseconds(request.lastModifiedFrom))
    if request.HasField("lastModifiedTo"):
        wheres.append("modified_us < ?")
        values.append(microseconds(request.lastModifiedTo))
    if not request.includeTransient:
        wheres.append("state IS NOT NULL")
    if request.continuationToken.value:
        wheres.append("entity_id > ?")
        values.append(request.continuationToken.value)
    size = request.pageSize.value if request.pageSize.value > 0 else PAGE
    sql = f"SELECT entity_id, state, modified_us, holder FROM entities{where(wheres)}"
    sql += " ORDER BY entity_id LIMIT ?"
    rows = db.execute(sql, (*values, size + 1)).fetchall()
    return pb.QueryEntitiesResponse(
        entities=[_entity(db, row, request.includeState) for row in rows[:size]],
        continuationToken=text(rows[size - 1][0] if len(rows) > size else None),
    )


def _entity(db: sqlite3.Connection, row: Any, with_state: bool) -> pb.EntityMetadata:
    entity_id, state, modified_us, holder = row
    (backlog,) = db.execute("SELECT count(*) FROM operations WHERE entity_id = ?", (entity_id,)).fetchone()
    return pb.EntityMetadata(
        instanceId=entity_id,
        lastModifiedTime=timestamp(modified_us),
        backlogQueueSize=backlog,
        lockedBy=text(holder),
        serializedState=text(state if with_state else None),
    )
