"""What clients can ask of instances: start, stop, look, clean up."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from azure.durable_functions.client import SyncDurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationStatus, TaskHubGrpcClient
from durabletask.internal import orchestrator_service_pb2 as pb
from durabletask.task import ActivityContext, OrchestrationContext

from tests.integration.durable.harness import App, Backend, Steps, eventually


def echo(_: OrchestrationContext, payload: Any) -> Any:
    return payload


def waits(context: OrchestrationContext, _: Any) -> Steps:
    return (yield context.wait_for_external_event("go"))


def waiting(app: App, **more: Any) -> str:
    """Start an instance that waits for `go`."""
    instance_id = app.start(waits, **more)
    app.client.wait_for_orchestration_start(instance_id)
    return instance_id


def refusal(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    code: grpc.StatusCode = caught.value.code()
    return code


def test_an_id_that_runs_is_refused_and_one_that_finished_starts_again(app: App) -> None:
    app.add(waits)
    instance_id = waiting(app)
    assert refusal(lambda: app.start(waits, instance_id=instance_id)) is grpc.StatusCode.ALREADY_EXISTS
    app.client.raise_orchestration_event(instance_id, "go", data=1)
    assert app.result(instance_id).get_output() == 1
    assert waiting(app, instance_id=instance_id) == instance_id
    app.client.raise_orchestration_event(instance_id, "go", data=2)
    assert app.result(instance_id).get_output() == 2


def test_a_reuse_policy_says_which_statuses_may_be_replaced(app: App) -> None:
    app.add(waits, echo)
    instance_id = app.start(echo, 1)
    app.result(instance_id)
    failed_only = pb.OrchestrationIdReusePolicy(replaceableStatus=[pb.ORCHESTRATION_STATUS_FAILED])
    refused = refusal(lambda: app.start(echo, 2, instance_id=instance_id, reuse_id_policy=failed_only))
    assert refused is grpc.StatusCode.ALREADY_EXISTS
    held = waiting(app)
    running_too = pb.OrchestrationIdReusePolicy(replaceableStatus=[pb.ORCHESTRATION_STATUS_RUNNING])
    app.start(echo, "instead", instance_id=held, reuse_id_policy=running_too)
    assert app.result(held).get_output() == "instead"


def test_an_unknown_id_has_no_state_and_takes_nothing(app: App) -> None:
    assert app.client.get_orchestration_state("nobody") is None
    for call in (
        lambda: app.client.raise_orchestration_event("nobody", "go"),
        lambda: app.client.terminate_orchestration("nobody"),
        lambda: app.client.suspend_orchestration("nobody"),
        lambda: app.client.resume_orchestration("nobody"),
        lambda: app.client.restart_orchestration("nobody"),
        lambda: app.client.rewind_orchestration("nobody"),
        lambda: app.client.get_orchestration_history("nobody"),
    ):
        assert refusal(call) is grpc.StatusCode.NOT_FOUND


def test_a_finished_instance_takes_no_events(app: App) -> None:
    app.add(echo)
    instance_id = app.start(echo)
    app.result(instance_id)
    refused = refusal(lambda: app.client.raise_orchestration_event(instance_id, "go"))
    assert refused is grpc.StatusCode.FAILED_PRECONDITION


def test_a_suspended_instance_keeps_what_comes_until_it_is_resumed(app: App) -> None:
    app.add(waits)
    instance_id = waiting(app)
    app.client.suspend_orchestration(instance_id)
    eventually(lambda: app.status(instance_id) == "SUSPENDED")
    app.client.raise_orchestration_event(instance_id, "go", data="kept")
    other = waiting(app)
    app.client.raise_orchestration_event(other, "go")
    app.result(other)
    assert app.status(instance_id) == "SUSPENDED"
    app.client.resume_orchestration(instance_id)
    assert app.result(instance_id).get_output() == "kept"


def test_termination_ends_an_instance_and_its_sub_orchestrations(app: App) -> None:
    def grandparent(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_sub_orchestrator(parent, instance_id=f"{context.instance_id}-1")

    def parent(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_sub_orchestrator(waits, instance_id=f"{context.instance_id}-2")

    app.add(grandparent, parent, waits)
    instance_id = app.start(grandparent)
    leaf = f"{instance_id}-1-2"
    eventually(lambda: app.status(leaf) == "RUNNING")
    app.client.terminate_orchestration(instance_id, output="enough")
    state = app.result(instance_id)
    assert (state.runtime_status.name, state.get_output()) == ("TERMINATED", "enough")
    assert app.result(leaf).runtime_status is OrchestrationStatus.TERMINATED
    assert app.status(f"{instance_id}-1") == "TERMINATED"


def test_termination_without_recursion_leaves_sub_orchestrations(app: App) -> None:
    def parent(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_sub_orchestrator(waits, instance_id=f"{context.instance_id}-1")

    app.add(parent, waits)
    instance_id = app.start(parent)
    eventually(lambda: app.status(f"{instance_id}-1") == "RUNNING")
    app.client.terminate_orchestration(instance_id, recursive=False)
    app.result(instance_id)
    app.client.raise_orchestration_event(f"{instance_id}-1", "go", data="on")
    assert app.result(f"{instance_id}-1").get_output() == "on"


def test_an_instance_whose_time_to_start_has_not_come_can_be_terminated(app: App) -> None:
    app.add(echo)
    instance_id = app.start(echo, start_at=datetime.now(UTC) + timedelta(hours=1))
    app.client.terminate_orchestration(instance_id)
    assert app.result(instance_id).runtime_status is OrchestrationStatus.TERMINATED


def test_restart_runs_a_finished_instance_again_under_its_id_or_a_new_one(app: App) -> None:
    app.add(echo)
    instance_id = app.start(echo, {"a": 1})
    app.result(instance_id)
    assert app.client.restart_orchestration(instance_id) == instance_id
    assert app.result(instance_id).get_output() == {"a": 1}
    other = app.client.restart_orchestration(instance_id, restart_with_new_instance_id=True)
    assert other != instance_id
    assert app.result(other).get_output() == {"a": 1}


def test_rewind_repeats_what_failed_and_keeps_what_succeeded(app: App) -> None:
    calls: list[str] = []

    def do_once(_: ActivityContext, __: Any) -> str:
        calls.append("once")
        return "first"

    def do_repaired(_: ActivityContext, __: Any) -> str:
        calls.append("repaired")
        if calls.count("repaired") == 1:
            raise ConnectionError("down")
        return "second"

    def child(context: OrchestrationContext, _: Any) -> Steps:
        return (yield context.call_activity(do_repaired))

    def parent(context: OrchestrationContext, _: Any) -> Steps:
        first = yield context.call_activity(do_once)
        second = yield context.call_sub_orchestrator(child)
        return [first, second]

    app.add(parent, child, do_once, do_repaired)
    instance_id = app.start(parent)
    assert app.result(instance_id).runtime_status is OrchestrationStatus.FAILED
    app.client.rewind_orchestration(instance_id, reason="the line is up again")
    eventually(lambda: app.status(instance_id) == "COMPLETED")
    assert app.result(instance_id).get_output() == ["first", "second"]
    assert calls == ["once", "repaired", "repaired"]
    assert (
        refusal(lambda: app.client.rewind_orchestration(instance_id)) is grpc.StatusCode.FAILED_PRECONDITION
    )


def test_queries_find_by_prefix_status_and_time_page_by_page(app: App) -> None:
    app.add(echo, waits)
    prefix = uuid4().hex
    begin = datetime.now(UTC)
    for number in range(5):
        app.result(app.start(echo, number, instance_id=f"{prefix}-{number}"))
    waiting(app, instance_id=f"{prefix}-w")

    def found(**query: Any) -> list[str]:
        states = app.client.get_all_orchestration_states(
            OrchestrationQuery(instance_id_prefix=prefix, max_instance_count=2, **query)
        )
        return [state.instance_id.removeprefix(f"{prefix}-") for state in states]

    assert found() == ["0", "1", "2", "3", "4", "w"]
    assert found(runtime_status=[OrchestrationStatus.RUNNING]) == ["w"]
    assert found(created_time_from=begin, created_time_to=datetime.now(UTC)) == found()
    assert found(created_time_to=begin) == []


def test_a_query_brings_inputs_and_outputs_only_when_asked(app: App) -> None:
    app.add(echo)
    prefix = uuid4().hex
    app.result(app.start(echo, "x", instance_id=prefix))
    for fetch, expected in ((True, '"x"'), (False, None)):
        query = OrchestrationQuery(instance_id_prefix=prefix, fetch_inputs_and_outputs=fetch)
        (state,) = app.client.get_all_orchestration_states(query)
        assert (state.serialized_input, state.serialized_output) == (expected, expected)


def test_a_continuation_token_of_another_service_is_refused(app: App) -> None:
    assert (
        refusal(lambda: app.client.list_instance_ids(continuation_token="2026-01-01|x"))
        is grpc.StatusCode.INVALID_ARGUMENT
    )


def test_finished_ids_are_listed_page_by_page(app: App) -> None:
    app.add(echo)
    begin = datetime.now(UTC)
    ids = [app.start(echo) for _ in range(5)]
    for instance_id in ids:
        app.result(instance_id)
    seen: list[str] = []
    token: str | None = None
    while True:
        page = app.client.list_instance_ids(completed_time_from=begin, page_size=2, continuation_token=token)
        seen += page.items
        token = page.continuation_token
        if token is None:
            break
    assert sorted(seen) == sorted(ids)


def test_purge_removes_what_is_finished_and_nothing_else(app: App) -> None:
    app.add(echo, waits)
    running = waiting(app)
    assert app.client.purge_orchestration(running).deleted_instance_count == 0
    assert app.status(running) == "RUNNING"
    done = app.start(echo)
    app.result(done)
    assert app.client.purge_orchestration(done).deleted_instance_count == 1
    assert app.client.get_orchestration_state(done) is None


def test_purge_by_filter_removes_only_what_it_names(app: App) -> None:
    app.add(echo)
    app.result(app.start(echo, instance_id=(kept := uuid4().hex)))
    begin = datetime.now(UTC)
    for _ in range(3):
        app.result(app.start(echo))
    purged = app.client.purge_orchestrations_by(
        created_time_from=begin, runtime_status=[OrchestrationStatus.COMPLETED]
    )
    assert purged.deleted_instance_count == 3
    assert app.status(kept) == "COMPLETED"


def test_a_recursive_purge_takes_the_sub_orchestrations(app: App) -> None:
    def parent(context: OrchestrationContext, _: Any) -> Steps:
        yield context.call_sub_orchestrator(echo, instance_id=f"{context.instance_id}-c")

    app.add(parent, echo)
    instance_id = app.start(parent)
    app.result(instance_id)
    assert app.client.purge_orchestration(instance_id, recursive=True).deleted_instance_count == 2
    assert app.client.get_orchestration_state(f"{instance_id}-c") is None


def test_the_functions_client_sees_the_same_instances(app: App, shared_backend: Backend) -> None:
    app.add(echo)
    prefix = uuid4().hex
    binding = {
        "taskHubName": "hub",
        "connectionName": "Storage",
        "creationUrls": {},
        "managementUrls": {"id": prefix},
        "baseUrl": "http://127.0.0.1",
        "requiredQueryStringParameters": "code=x",
        "rpcBaseUrl": f"http://{shared_backend.address}",
        "httpBaseUrl": "http://127.0.0.1",
        "maxGrpcMessageSizeInBytes": 2**31 - 1,
        "grpcHttpClientTimeout": "00:00:30",
    }
    client = SyncDurableFunctionsClient(json.dumps(binding))
    app.work()
    try:
        assert isinstance(client, TaskHubGrpcClient)
        assert client.schedule_new_orchestration("echo", input=7, instance_id=prefix) == prefix
        state = client.wait_for_orchestration_completion(prefix, timeout=20)
        assert state is not None
        assert state.get_output(int) == 7
        found = client.get_all_orchestration_states(OrchestrationQuery(instance_id_prefix=prefix))
        assert [one.instance_id for one in found] == [prefix]
    finally:
        client.close()
