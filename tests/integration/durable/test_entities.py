"""Entities through the unmodified client and worker of durabletask."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from durabletask import task
from durabletask.client import EntityQuery
from durabletask.entities import EntityContext, EntityInstanceId
from durabletask.task import OrchestrationContext

from tests.integration.durable.harness import App, Steps, eventually


def entity_account(context: EntityContext, amount: Any) -> Any:
    """A balance: add and get; clear forgets it; fail raises; tell signals another; launch starts audit."""
    balance = context.get_state(int, 0) or 0
    if context.operation == "add":
        context.set_state(balance + amount)
    elif context.operation == "clear":
        context.set_state(None)
    elif context.operation == "fail":
        context.set_state(-1)
        raise ValueError("refused")
    elif context.operation == "tell":
        context.signal_entity(EntityInstanceId("entity_account", amount), "add", 5)
    elif context.operation == "launch":
        context.schedule_new_orchestration("audit", input=balance, instance_id=amount)
    return context.get_state(int, 0)


def audit(_: OrchestrationContext, balance: int) -> int:
    return balance


def account() -> EntityInstanceId:
    return EntityInstanceId("entity_account", uuid4().hex)


def balance(app: App, entity: EntityInstanceId) -> Any:
    found = app.client.get_entity(entity)
    return None if found is None else found.get_state(int)


def locked_by(app: App, entity: EntityInstanceId) -> str | None:
    """The instance that holds the entity. The SDK's own accessor takes that for an entity id."""
    found = app.client.get_entity(entity)
    return None if found is None else found._locked_by


def test_signals_change_the_state_in_order(app: App) -> None:
    app.add(entity_account)
    app.work()
    entity = account()
    for amount in range(1, 21):
        app.client.signal_entity(entity, "add", amount)
    eventually(lambda: balance(app, entity) == 210)


def test_a_call_answers_the_orchestrator(app: App) -> None:
    def spend(context: OrchestrationContext, key: str) -> Steps:
        entity = EntityInstanceId("entity_account", key)
        context.signal_entity(entity, "add", 7)
        return (yield context.call_entity(entity, "get"))

    app.add(entity_account, spend)
    assert app.run(spend, uuid4().hex) == 7


def test_an_operation_that_raises_fails_the_call_and_changes_nothing(app: App) -> None:
    def careless(context: OrchestrationContext, key: str) -> Steps:
        entity = EntityInstanceId("entity_account", key)
        yield context.call_entity(entity, "add", 3)
        try:
            yield context.call_entity(entity, "fail")
        except task.TaskFailedError as error:
            return [str(error), (yield context.call_entity(entity, "get"))]

    app.add(entity_account, careless)
    message, left = app.run(careless, uuid4().hex)
    assert "refused" in message
    assert left == 3


def test_an_entity_can_signal_another_and_start_an_orchestration(app: App) -> None:
    app.add(entity_account, audit)
    app.work()
    teller, told, started = account(), account(), uuid4().hex
    app.client.signal_entity(teller, "add", 2)
    app.client.signal_entity(teller, "tell", told.key)
    app.client.signal_entity(teller, "launch", started)
    eventually(lambda: balance(app, told) == 5)
    eventually(lambda: app.status(started) == "COMPLETED")
    assert app.result(started).get_output() == 2


def test_a_delayed_signal_waits_for_its_time(app: App) -> None:
    app.add(entity_account)
    app.work()
    entity = account()
    at = datetime.now(UTC) + timedelta(milliseconds=300)
    app.client.signal_entity(entity, "add", 1, signal_time=at)
    assert app.client.get_entity(entity) is None
    eventually(lambda: balance(app, entity) == 1)
    assert datetime.now(UTC) >= at


def test_a_critical_section_keeps_everyone_else_out(app: App) -> None:
    def careful(context: OrchestrationContext, key: str) -> Steps:
        entity = EntityInstanceId("entity_account", key)
        with (yield context.lock_entities([entity])):
            before = yield context.call_entity(entity, "add", 1)
            yield context.wait_for_external_event("go")
            after = yield context.call_entity(entity, "get")
        return [before, after]

    app.add(entity_account, careful)
    entity = account()
    first = app.start(careful, entity.key)
    eventually(lambda: locked_by(app, entity) == first)
    app.client.signal_entity(entity, "add", 9)
    second = app.start(careful, entity.key)
    app.client.raise_orchestration_event(second, "go")
    app.client.raise_orchestration_event(first, "go")
    assert app.result(first).get_output() == [1, 1]
    assert app.result(second).get_output() == [11, 11]
    eventually(lambda: not locked_by(app, entity))


def test_an_orchestration_that_ends_gives_its_locks_back(app: App) -> None:
    def holder(context: OrchestrationContext, key: str) -> Steps:
        yield context.lock_entities([EntityInstanceId("entity_account", key)])
        yield context.wait_for_external_event("never")

    app.add(entity_account, holder)
    entity = account()
    app.client.signal_entity(entity, "add", 1)
    app.work()
    eventually(lambda: balance(app, entity) == 1)
    instance_id = app.start(holder, entity.key)
    eventually(lambda: locked_by(app, entity) == instance_id)
    app.client.terminate_orchestration(instance_id)
    app.result(instance_id)
    app.client.signal_entity(entity, "add", 1)
    eventually(lambda: balance(app, entity) == 2)


def test_entities_are_found_by_prefix_page_by_page_and_cleaned_when_empty(app: App) -> None:
    app.add(entity_account)
    app.work()
    prefix = uuid4().hex
    entities = [EntityInstanceId("entity_account", f"{prefix}{number}") for number in range(5)]
    for entity in entities:
        app.client.signal_entity(entity, "add", 1)
    query = EntityQuery(instance_id_starts_with=f"@entity_account@{prefix}", page_size=2)
    eventually(lambda: len(app.client.get_all_entities(query)) == 5)
    app.client.signal_entity(entities[0], "clear")
    eventually(lambda: len(app.client.get_all_entities(query)) == 4)
    assert app.client.clean_entity_storage().empty_entities_removed >= 1
    assert app.client.get_entity(entities[0]) is None
