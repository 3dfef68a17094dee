"""Inboxes: the events an execution has been sent and no worker has answered for yet."""

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Kind, Step

OUTLASTS_CONTINUE_AS_NEW = ("eventRaised", "executionSuspended", "executionResumed", "executionTerminated")


def send(step: Step, execution: int, message: pb.HistoryEvent) -> bool:
    """Put an event into an execution's inbox; answer whether it was running to receive it."""
    sent = step.db.execute(
        "INSERT INTO inbox (execution, id, kind, event) SELECT execution, ?, ?, ? FROM instances"
        " WHERE execution = ? AND completed_us IS NULL",
        (step.number(), message.WhichOneof("eventType"), message.SerializeToString(), execution),
    )
    if sent.rowcount:
        step.offer(Kind.ORCHESTRATION, execution)
    return bool(sent.rowcount)


def move(step: Step, execution: int, after: int, successor: int) -> None:
    """Give what came after an inbox number, and is meant for the instance, to the next execution."""
    rows = step.db.execute(
        "SELECT kind, event FROM inbox WHERE execution = ? AND id > ? ORDER BY id", (execution, after)
    ).fetchall()
    step.db.execute("DELETE FROM inbox WHERE execution = ?", (execution,))
    for kind, message in rows:
        if kind in OUTLASTS_CONTINUE_AS_NEW:
            step.db.execute(
                "INSERT INTO inbox (execution, id, kind, event) VALUES (?, ?, ?, ?)",
                (successor, step.number(), kind, message),
            )
