"""Entity locks: a critical section gets all the entities it asked for at once, in the order of asking.

A request waits while any of its entities is held, has operations that were sent earlier, or is asked for by
an earlier request that waits too: so no two sections wait for each other and nothing is passed over for ever.
"""

import json

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import inbox
from sandbox.durable.commits import Kind, Step
from sandbox.durable.events import event


def request(step: Step, execution: int, instance_id: str, wanted: pb.EntityLockRequestedEvent) -> None:
    """Ask for the entities of a critical section; the orchestrator is sent the grant when it has them."""
    step.db.execute(
        "INSERT OR REPLACE INTO locks (id, section, execution, instance_id, entities) VALUES (?, ?, ?, ?, ?)",
        (step.number(), wanted.criticalSectionId, execution, instance_id, json.dumps(list(wanted.lockSet))),
    )
    grant(step)


def release(step: Step, section: str, entity_id: str) -> None:
    """Give one entity back."""
    released = step.db.execute(
        "UPDATE entities SET section = NULL, holder = NULL WHERE entity_id = ? AND section = ?",
        (entity_id, section),
    )
    if released.rowcount:
        step.offer(Kind.ENTITY, entity_id)
    if step.db.execute("SELECT 1 FROM entities WHERE section = ?", (section,)).fetchone() is None:
        step.db.execute("DELETE FROM locks WHERE section = ?", (section,))
    grant(step)


def withdraw(step: Step, execution: int) -> int:
    """Give back and ask no more for what a finished execution holds or waits for; answer how many it held."""
    found = step.db.execute(
        "SELECT section, entities FROM locks WHERE execution = ?", (execution,)
    ).fetchall()
    if not found:
        return 0
    step.db.execute("DELETE FROM locks WHERE execution = ?", (execution,))
    held = 0
    for section, entities in found:
        for entity_id in json.loads(entities):
            released = step.db.execute(
                "UPDATE entities SET section = NULL, holder = NULL WHERE entity_id = ? AND section = ?",
                (entity_id, section),
            )
            if released.rowcount:
                held += 1
                step.offer(Kind.ENTITY, entity_id)
    grant(step)
    return held


def grant(step: Step) -> None:
    """Give the sections that wait what has become free."""
    claimed: set[str] = set()
    waiting = step.db.execute(
        "SELECT id, section, execution, instance_id, entities FROM locks WHERE granted = 0 ORDER BY id"
    ).fetchall()
    for number, section, execution, instance_id, entities in waiting:
        wanted = json.loads(entities)
        if claimed.isdisjoint(wanted) and all(_is_free(step, entity_id, number) for entity_id in wanted):
            _hand_over(step, section, execution, instance_id, wanted)
        claimed.update(wanted)


def _is_free(step: Step, entity_id: str, number: int) -> bool:
    """Whether nobody holds the entity and no operation is left that was sent before the request."""
    busy = step.db.execute(
        "SELECT 1 FROM entities WHERE entity_id = ? AND section IS NOT NULL"
        " UNION ALL SELECT 1 FROM operations WHERE entity_id = ? AND id < ?",
        (entity_id, entity_id, number),
    ).fetchone()
    return busy is None


def _hand_over(step: Step, section: str, execution: int, instance_id: str, wanted: list[str]) -> None:
    for entity_id in wanted:
        step.db.execute(
            "INSERT INTO entities (entity_id, modified_us, section, holder) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (entity_id) DO UPDATE SET section = excluded.section, holder = excluded.holder",
            (entity_id, step.now_us, section, instance_id),
        )
    step.db.execute("UPDATE locks SET granted = 1 WHERE section = ?", (section,))
    granted = pb.EntityLockGrantedEvent(criticalSectionId=section)
    inbox.send(step, execution, event(step.now_us, entityLockGranted=granted))
