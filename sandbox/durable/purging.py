"""Removing what is finished: instances by id, list or filter; entities that hold nothing; orphaned locks."""

import sqlite3
import time

from durabletask.internal import orchestrator_service_pb2 as pb
from google.protobuf.wrappers_pb2 import BoolValue

from sandbox.durable import instances, lifetimes, locks, queries
from sandbox.durable.commits import Commits, Step

_BATCH = 100


async def purge(
    db: sqlite3.Connection, commits: Commits, request: pb.PurgeInstancesRequest
) -> pb.PurgeInstancesResponse:
    """Remove finished instances, a batch a transaction, so that work goes on in between.

    recursive: with the sub-orchestrations of each. A filter's timeout leaves the rest for the next call.
    """
    if request.HasField("purgeInstanceFilter"):
        chosen = request.purgeInstanceFilter
        limit_s = chosen.timeout.ToNanoseconds() / 1e9 if chosen.HasField("timeout") else float("inf")
        until = time.monotonic() + limit_s
        purged = 0
        while ids := queries.finished_ids(db, chosen, _BATCH):
            if time.monotonic() > until:
                return _answer(purged, complete=False)
            purged += await commits.run(lambda step, ids=ids: _remove(step, ids, request.recursive))
        return _answer(purged, complete=True)
    ids = list(request.instanceBatch.instanceIds) or [request.instanceId]
    return _answer(await commits.run(lambda step: _remove(step, ids, request.recursive)), complete=True)


def clean_entities(step: Step, request: pb.CleanEntityStorageRequest) -> pb.CleanEntityStorageResponse:
    """Remove entities without state, operations or lock; release locks whose holder no longer runs."""
    removed = released = 0
    if request.releaseOrphanedLocks:
        orphans = step.db.execute(
            "SELECT entity_id, section FROM entities WHERE section IS NOT NULL"
            " AND section NOT IN (SELECT section FROM locks WHERE granted = 1 AND execution IN"
            " (SELECT execution FROM instances))"
        ).fetchall()
        for entity_id, section in orphans:
            locks.release(step, section, entity_id)
        released = len(orphans)
    if request.removeEmptyEntities:
        removed = step.db.execute(
            "DELETE FROM entities WHERE state IS NULL AND section IS NULL"
            " AND entity_id NOT IN (SELECT entity_id FROM operations)"
        ).rowcount
    return pb.CleanEntityStorageResponse(emptyEntitiesRemoved=removed, orphanedLocksReleased=released)


def _remove(step: Step, ids: list[str], recursive: bool) -> int:
    removed = 0
    for instance_id in ids:
        if instance_id.startswith("@"):
            removed += step.db.execute("DELETE FROM entities WHERE entity_id = ?", (instance_id,)).rowcount
            continue
        instance = instances.find(step.db, instance_id)
        if instance is None or not instance.finished:
            continue
        children: list[str] = []
        if recursive:
            found = step.db.execute(
                "SELECT instance_id FROM instances WHERE parent_execution = ?", (instance.execution,)
            )
            children = [child_id for (child_id,) in found]
        lifetimes.remove(step, instance)
        removed += 1 + (_remove(step, children, recursive) if children else 0)
    return removed


def _answer(purged: int, *, complete: bool) -> pb.PurgeInstancesResponse:
    return pb.PurgeInstancesResponse(deletedInstanceCount=purged, isComplete=BoolValue(value=complete))
