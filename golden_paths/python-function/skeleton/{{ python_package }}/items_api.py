"""PUT and GET /api/items/{id}, GET /api/items.

Answers: 200, 201 when an item is new; 400 with the faults by field, 404; 503 while the store does not answer.
"""

import json

import azure.functions as func
from opentelemetry import trace

from . import store
from .items import InvalidItem, is_id, parse

MAX_BODY_BYTES = 10_000
PAGE = 100

bp = func.Blueprint()
tracer = trace.get_tracer(__name__)


@bp.route("items/{id}", trigger_arg_name="request", methods=["PUT"])
def put_item(request: func.HttpRequest) -> func.HttpResponse:
    body = request.get_body()
    if len(body) > MAX_BODY_BYTES:
        return answer(413, {"title": f"The body is larger than {MAX_BODY_BYTES} bytes"})
    try:
        item = parse(request.route_params["id"], body)
    except InvalidItem as error:
        return answer(400, {"title": "Not an item", "errors": error.faults})
    with tracer.start_as_current_span("items.put", attributes={"item.id": item.id}) as span:
        try:
            created = store.items().put(item)
        except store.StoreUnavailable as error:
            span.record_exception(error)
            return unavailable()
    return func.HttpResponse(item.as_json(), status_code=201 if created else 200, mimetype="application/json")


@bp.route("items/{id}", trigger_arg_name="request", methods=["GET"])
def get_item(request: func.HttpRequest) -> func.HttpResponse:
    item_id = request.route_params["id"]
    with tracer.start_as_current_span("items.get") as span:
        try:
            item = store.items().get(item_id) if is_id(item_id) else None
        except store.StoreUnavailable as error:
            span.record_exception(error)
            return unavailable()
    if item is None:
        return answer(404, {"title": "No such item"})
    return func.HttpResponse(item.as_json(), mimetype="application/json")


@bp.route("items", trigger_arg_name="request", methods=["GET"])
def list_items(request: func.HttpRequest) -> func.HttpResponse:
    with tracer.start_as_current_span("items.list") as span:
        try:
            found = store.items().all(PAGE)
        except store.StoreUnavailable as error:
            span.record_exception(error)
            return unavailable()
    return answer(200, {"items": [json.loads(item.as_json()) for item in found]})


def answer(status: int, body: dict[str, object]) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")


def unavailable() -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps({"title": "The store does not answer; try again"}),
        status_code=503,
        mimetype="application/json",
        headers={"Retry-After": "5"},
    )
