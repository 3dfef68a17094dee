"""What is to happen at a time: a durable timer fires, an instance may start, a delayed signal is delivered.

Written here, within a transition; clock.py lets it happen.
"""

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable.commits import Step
from sandbox.durable.events import event, timestamp


def arm(step: Step, execution: int, timer_id: int, due_us: int) -> None:
    """Have a durable timer fire, at once if its time has passed."""
    fired = event(due_us, timerFired=pb.TimerFiredEvent(fireAt=timestamp(due_us), timerId=timer_id))
    step.db.execute(
        "INSERT INTO timers (due_us, id, kind, execution, event) VALUES (?, ?, 'fire', ?, ?)",
        (due_us, step.number(), execution, fired.SerializeToString()),
    )
    step.wake_at(due_us)


def arm_start(step: Step, execution: int, due_us: int) -> None:
    """Have an instance looked at when it may start."""
    step.db.execute(
        "INSERT INTO timers (due_us, id, kind, execution) VALUES (?, ?, 'start', ?)",
        (due_us, step.number(), execution),
    )
    step.wake_at(due_us)


def arm_signal(step: Step, entity_id: str, signaled: pb.HistoryEvent, due_us: int) -> None:
    """Have a signal delivered later."""
    step.db.execute(
        "INSERT INTO timers (due_us, id, kind, entity_id, event) VALUES (?, ?, 'signal', ?, ?)",
        (due_us, step.number(), entity_id, signaled.SerializeToString()),
    )
    step.wake_at(due_us)
