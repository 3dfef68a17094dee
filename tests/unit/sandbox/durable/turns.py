"""Drive an orchestration turn by turn, as a worker would."""

from durabletask.internal import orchestrator_service_pb2 as pb

from sandbox.durable import activities, management, orchestrations
from sandbox.durable.dispatch import Delivery
from tests.unit.sandbox.durable.conftest import Bench


def start(bench: Bench, instance_id: str = "i", **fields: object) -> int:
    """Start an instance and answer its execution."""
    request = pb.CreateInstanceRequest(name="o", instanceId=instance_id, **fields)  # type: ignore[arg-type]
    bench.run(lambda step: management.start(step, request))
    ((execution,),) = bench.rows("SELECT execution FROM instances WHERE instance_id = ?", instance_id)
    return int(execution)


def turn(bench: Bench, execution: int) -> Delivery | None:
    return orchestrations.load(bench.db, bench.cache, execution, bench.clock_us)


def answer(bench: Bench, delivery: Delivery | None, *actions: pb.OrchestratorAction) -> None:
    assert delivery is not None
    response = pb.OrchestratorResponse(actions=actions)
    bench.run(lambda step: orchestrations.complete(step, bench.cache, delivery.content, response))


def do(number: int, name: str = "a") -> pb.OrchestratorAction:
    return pb.OrchestratorAction(id=number, scheduleTask=pb.ScheduleTaskAction(name=name))


def end(status: int = pb.ORCHESTRATION_STATUS_COMPLETED) -> pb.OrchestratorAction:
    ended = pb.CompleteOrchestrationAction(orchestrationStatus=status)  # type: ignore[arg-type]
    return pb.OrchestratorAction(id=99, completeOrchestration=ended)


def tasks(bench: Bench) -> list[activities.TaskKey]:
    return [tuple(row) for row in bench.rows("SELECT execution, step, task_id FROM tasks")]


def finish(bench: Bench, key: activities.TaskKey) -> bool:
    return bench.run(lambda step: activities.complete(step, key, pb.ActivityResponse()))
