"""A small app that exercises every trigger of the host; RECORD names the file it notes its runs in."""

import asyncio
import json
import logging
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import List  # noqa: UP035

import azure.durable_functions as df
import azure.functions as func
from durabletask import entities, task

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
_log = logging.getLogger("sample")


def record(what: str, **facts: object) -> None:
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps({"what": what, **facts}, default=str) + "\n")


def as_json(value: object) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(value, default=str), mimetype="application/json")


@app.route(route="ping", auth_level=func.AuthLevel.ANONYMOUS)
async def ping(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("pong")


@app.route(route="ping-sync", auth_level=func.AuthLevel.ANONYMOUS)
def ping_sync(req: func.HttpRequest) -> str:
    return "pong"


@app.route(route="keyed", methods=["GET", "POST"])
def keyed(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.route(route="only-admin", auth_level=func.AuthLevel.ADMIN)
def only_admin(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("in")


@app.route(route="orders/{region:alpha}/{id:int?}", auth_level=func.AuthLevel.ANONYMOUS)
def orders(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    return as_json({"route": dict(req.route_params), "function": context.function_name})


@app.route(route="orders/north/latest", auth_level=func.AuthLevel.ANONYMOUS)
def latest_order(req: func.HttpRequest) -> func.HttpResponse:
    return as_json({"latest": True})


@app.route(route="files/{*path}", auth_level=func.AuthLevel.ANONYMOUS)
def files(req: func.HttpRequest) -> func.HttpResponse:
    return as_json(dict(req.route_params))


@app.route(route="echo", auth_level=func.AuthLevel.ANONYMOUS, methods=["GET", "POST", "HEAD"])
async def echo(req: func.HttpRequest) -> func.HttpResponse:
    facts = {"url": req.url, "headers": dict(req.headers), "query": dict(req.params)}
    response = func.HttpResponse(req.get_body(), mimetype="application/octet-stream")
    response.headers["X-Seen"] = json.dumps(facts)
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly; SameSite=Lax")
    response.headers.add("Set-Cookie", "b=2")
    return response


@app.route(route="boom", auth_level=func.AuthLevel.ANONYMOUS)
async def boom(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("boom at https://example.test/?code=hush-hush")


@app.route(route="nothing", auth_level=func.AuthLevel.ANONYMOUS)
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None  # type: ignore[return-value]


@app.route(route="talk", auth_level=func.AuthLevel.ANONYMOUS)
def talk(req: func.HttpRequest) -> func.HttpResponse:
    print("spoken aloud")
    _log.info("logged %s", "calmly")
    return func.HttpResponse("said")


@app.route(route="slow", auth_level=func.AuthLevel.ANONYMOUS)
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    record("slow")
    await asyncio.sleep(float(req.params["s"]))
    return func.HttpResponse("late")


@app.route(route="switched-off", auth_level=func.AuthLevel.ANONYMOUS)
def switched_off(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("never")


@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer", run_on_startup=True)
def tick(timer: func.TimerRequest) -> None:
    status = timer.schedule_status  # type: ignore[attr-defined]
    record("tick", past_due=timer.past_due, next=status["Next"])
    raise RuntimeError("a timer that fails goes on")


@app.timer_trigger(schedule="0 0 0 1 1 *", arg_name="timer")
async def yearly(timer: func.TimerRequest) -> None:
    record("yearly")


@app.service_bus_queue_trigger(arg_name="message", queue_name="%QUEUE%", connection="Bus")
async def on_queue(message: func.ServiceBusMessage) -> None:
    body = message.get_body().decode(errors="replace")
    record(
        "queue",
        body=body,
        id=message.message_id,
        deliveries=message.delivery_count,
        sequence=message.sequence_number,
        enqueued=message.enqueued_time_utc,
        subject=message.subject,
        correlation=message.correlation_id,
        content_type=message.content_type,
        properties=message.application_properties,
        lock_token=message.lock_token,
    )
    if body.startswith("sleep "):
        await asyncio.sleep(float(body.split()[1]))
        record("slept", body=body)
    if body == "fail":
        raise RuntimeError("no")
    if body == "fail once" and message.delivery_count == 1:
        raise RuntimeError("not yet")


@app.service_bus_topic_trigger(
    arg_name="messages", topic_name="events", subscription_name="all", connection="Bus", cardinality="many"
)
def on_batch(messages: List[func.ServiceBusMessage]) -> None:  # noqa: UP006  # the runtime refuses list[...]
    record(
        "batch",
        bodies=[message.get_body().decode() for message in messages],
        ids=[message.message_id for message in messages],
        subjects=[message.subject for message in messages],
        deliveries=[message.delivery_count for message in messages],
        properties=[message.application_properties for message in messages],
        enqueued=[message.enqueued_time_utc for message in messages],
    )


@app.route(route="start/{name}/{id}", auth_level=func.AuthLevel.ANONYMOUS, methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    body = req.get_body()
    instance = await client.schedule_new_orchestration(
        req.route_params["name"], input=json.loads(body) if body else None, instance_id=req.route_params["id"]
    )
    return client.create_check_status_response(req, instance)


@app.route(route="wait/{id}", auth_level=func.AuthLevel.ANONYMOUS, methods=["GET"])
@app.durable_client_input(client_name="client")
def wait(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    state = client.wait_for_orchestration_completion(req.route_params["id"], timeout=20)
    assert state is not None
    failure = state.failure_details
    return as_json(
        {
            "status": state.runtime_status.name,
            "output": state.serialized_output,
            "error": [failure.error_type, failure.message] if failure else None,
        }
    )


@app.activity_trigger(input_name="n")
def increment(n: int) -> int:
    return n + 1


@app.activity_trigger(input_name="name", activity="greet_someone")
async def greet(name: str) -> str:
    return f"hello {name}"


@app.activity_trigger(input_name="reason")
def refuse(reason: str) -> None:
    raise PermissionError(reason)


@app.activity_trigger(input_name="seconds")
def work(seconds: float) -> str:
    record("work started")
    time.sleep(seconds)
    record("work done")
    return "done"


@app.orchestration_trigger(context_name="context")
def chain(context: task.OrchestrationContext, n: int):  # type: ignore[no-untyped-def]
    for _ in range(5):
        n = yield context.call_activity("increment", input=n)
    return n


@app.orchestration_trigger(context_name="context")
def everything(context: task.OrchestrationContext, name: str):  # type: ignore[no-untyped-def]
    context.set_custom_status("waiting")
    greeting = yield context.call_activity("greet_someone", input=name)
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=50))
    counter = entities.EntityInstanceId("counter", name)
    yield context.call_entity(counter, "add", 5)
    context.signal_entity(counter, "add", 2)
    total = yield context.call_entity(counter, "get")
    summed = yield context.call_sub_orchestrator("chain", input=0)
    decision = yield context.wait_for_external_event("decision")
    return [greeting, total, summed, decision]


@app.orchestration_trigger(context_name="context")
def refused(context: task.OrchestrationContext, reason: str):  # type: ignore[no-untyped-def]
    yield context.call_activity("refuse", input=reason)


@app.orchestration_trigger(context_name="context")
def missing_activity(context: task.OrchestrationContext, _: object):  # type: ignore[no-untyped-def]
    yield context.call_activity("nobody", input=1)


@app.orchestration_trigger(context_name="context")
def working(context: task.OrchestrationContext, seconds: float):  # type: ignore[no-untyped-def]
    return (yield context.call_activity("work", input=seconds))


@app.entity_trigger(context_name="context", entity_name="counter")
class Counter(entities.DurableEntity):
    def add(self, n: int) -> None:
        self.set_state(self.get_state(int, 0) + n)

    def get(self) -> int:
        return int(self.get_state(int, 0))
