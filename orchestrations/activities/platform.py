"""Activities on our own stores: the registry, the documents in Blob, the event topic."""

import time
from datetime import datetime

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def find_service(payload: dict) -> Value:  # type: ignore[type-arg]
    """The registered service behind the entities. Value: {"service": document or None}."""
    entity_ids = {entity["id"] for entity in payload["entities"]}
    return {"service": await services().registry.find_by_entity(entity_ids)}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def keep_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Tell the open incidents under which record this one is kept."""
    operation_id = payload["key"].partition("/")[0]
    await services().open_incidents.update(operation_id, {"incident": payload["incident"]})
    return {}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def end_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Have no further problem join this incident, unless it would be resolved over problems that are open.

    Value: {"open": identities of those that joined and are, for which it goes on; [] when it ended}.
    """
    operation_id, now_ms = payload["key"].partition("/")[0], int(time.time() * 1000)
    return {"open": await services().open_incidents.end(operation_id, payload["outcome"], now_ms)}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def write_postmortem(payload: dict) -> Value:  # type: ignore[type-arg]
    """Keep the postmortem in Blob, without secrets; its address is this app's, which asks who reads."""
    from shared.redaction import without_secrets

    operation_id = payload["key"].partition("/")[0]
    document = without_secrets(payload["text"]).encode()
    await services().blob.put(f"postmortems/{operation_id}.md", document, "text/markdown; charset=utf-8")
    return {
        "url": f"{services().settings.public_url}/api/operations/{operation_id}/postmortem",
        "result": "created",
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def publish_event(payload: dict) -> Value:  # type: ignore[type-arg]
    """Say a fact on the event topic; the key makes its id, so saying it again changes nothing."""
    from shared.events import new_event

    event = new_event(
        payload["type"],
        "/valueflow/operations",
        (payload["key"],),
        payload["data"],
        subject=payload["subject"],
        time=datetime.fromisoformat(payload["time"]),
    )
    await services().publisher.publish(event)
    return {"event_id": event.id}
