"""What workers bring back: an answer belongs to a lease, and changes something only while that is held.

An activity's answer is the exception: it also counts when the worker or the backend lost the connection
meanwhile, as long as no other result has been recorded and the attempt was not given up (see activities.py).
"""

import logging
import sqlite3

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import activities, entities, orchestrations
from sandbox.durable.commits import Kind, Step
from sandbox.durable.dispatch import Lease
from sandbox.durable.hub import TaskHub

_log = logging.getLogger("durable")


async def take_turn(hub: TaskHub, response: pb.OrchestratorResponse) -> None:
    """Carry out an orchestrator's answer. One that cannot be carried out fails the instance."""
    lease = _claim(hub, response.completionToken, Kind.ORCHESTRATION)
    if lease is None:
        return
    turn: orchestrations.Turn = lease.delivery.content

    def transition(step: Step) -> None:
        orchestrations.complete(step, hub.cache, turn, response)
        step.after.append(lambda: hub.dispatcher.finish(lease))

    def failed(step: Step) -> None:
        orchestrations.fail(step, hub.cache, turn, "The worker's answer could not be carried out.")
        step.after.append(lambda: hub.dispatcher.finish(lease))

    try:
        await hub.commits.run(transition)
    except sqlite3.OperationalError:  # the disk: the answer is as good as before
        hub.dispatcher.give_back(lease)
        raise
    except Exception:
        _log.exception("an answer for %s could not be carried out", lease.delivery.name)
        await hub.commits.run(failed, lost=lambda: hub.dispatcher.give_back(lease))


async def take_activity(hub: TaskHub, response: pb.ActivityResponse) -> None:
    """Record an activity's result."""
    named = activities.parse_token(response.completionToken)
    lease = hub.dispatcher.claim(response.completionToken)
    if named is None or not hub.dispatcher.attempt_is_current(*named):
        _log.warning("an activity's result came too late and was dropped")
        return

    def transition(step: Step) -> None:
        if not activities.complete(step, named[0], response):
            _log.warning("an activity's result had been recorded already; the second was dropped")
        if lease is not None:
            step.after.append(lambda: hub.dispatcher.finish(lease))

    def lost() -> None:
        if lease is not None:
            hub.dispatcher.give_back(lease)

    await hub.commits.run(transition, lost)


async def take_batch(hub: TaskHub, result: pb.EntityBatchResult) -> None:
    """Record an entity's results and state."""
    lease = _claim(hub, result.completionToken, Kind.ENTITY)
    if lease is None:
        return
    delivery = lease.delivery

    def transition(step: Step) -> None:
        entities.complete(step, delivery.key, delivery.content, result)
        step.after.append(lambda: hub.dispatcher.finish(lease))

    await hub.commits.run(transition, lost=lambda: hub.dispatcher.give_back(lease))


def take_back(hub: TaskHub, token: str) -> None:
    """Hand out again what a worker gives back."""
    lease = hub.dispatcher.claim(token)
    if lease is not None:
        hub.dispatcher.give_back(lease)
        hub.dispatcher.assign()


def _claim(hub: TaskHub, token: str, kind: Kind) -> Lease | None:
    lease = hub.dispatcher.claim(token)
    if lease is None:
        _log.warning("an answer for an %s came too late and was dropped", kind)
    return lease
