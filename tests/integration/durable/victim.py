"""A worker process for the kill tests. Arguments: the backend's address, a file that counts executions."""

import os
import sys
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

from durabletask import task
from durabletask.entities import EntityContext, EntityInstanceId
from durabletask.grpc_options import GrpcWorkerResiliencyOptions
from durabletask.task import ActivityContext, OrchestrationContext
from durabletask.worker import TaskHubGrpcWorker

COUNTS = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(os.devnull)


def do_step(context: ActivityContext, payload: dict[str, Any]) -> int:
    """Note the execution, take a moment, answer the number given."""
    with COUNTS.open("a") as file:
        file.write(f"{context.orchestration_id} {payload['number']}\n")
    time.sleep(payload.get("takes_s", 0))
    return int(payload["number"])


def entity_tally(context: EntityContext, amount: Any) -> Any:
    """Adds up."""
    total = (context.get_state(int, 0) or 0) + (amount or 0)
    context.set_state(total)
    return total


def child(context: OrchestrationContext, number: int) -> Generator[Any, Any, Any]:
    """A step after a short timer."""
    yield context.create_timer(timedelta(milliseconds=30))
    return (yield context.call_activity(do_step, input={"number": number}))


def saga(context: OrchestrationContext, steps: int) -> Generator[Any, Any, Any]:
    """Everything once: steps, timers, sub-orchestrations, an entity, an event, continue-as-new is in `laps`."""
    tally = EntityInstanceId("entity_tally", context.instance_id)
    done = []
    for number in range(steps):
        done.append((yield context.call_activity(do_step, input={"number": number, "takes_s": 0.01})))
        yield context.call_entity(tally, "add", 1)
    done += yield task.when_all(
        [context.call_sub_orchestrator(child, input=number) for number in range(steps, steps + 2)]
    )
    done.append((yield context.wait_for_external_event("last")))
    return [done, (yield context.call_entity(tally, "get"))]


def slow(context: OrchestrationContext, takes_s: float) -> Generator[Any, Any, Any]:
    """One activity that takes a while."""
    return (yield context.call_activity(do_step, input={"number": 1, "takes_s": takes_s}))


def laps(context: OrchestrationContext, left: int) -> Generator[Any, Any, Any]:
    """Continues as new until none are left."""
    yield context.call_activity(do_step, input={"number": left})
    if left:
        context.continue_as_new(left - 1)
        return None
    return "there"


def main() -> None:
    worker = TaskHubGrpcWorker(
        host_address=sys.argv[1],
        resiliency_options=GrpcWorkerResiliencyOptions(
            hello_timeout_seconds=2, reconnect_backoff_base_seconds=0.05, reconnect_backoff_cap_seconds=0.1
        ),
    )
    worker.add_activity(do_step)
    worker.add_entity(entity_tally)
    for orchestrator in (child, saga, slow, laps):
        worker.add_orchestrator(orchestrator)
    start: Callable[[], None] = worker.start
    start()
    sys.stdout.write("working\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
