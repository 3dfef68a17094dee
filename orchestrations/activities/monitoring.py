"""Activities on Dynatrace's configuration: settings, objectives, and the entity a service becomes."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.service.monitoring import entity_selector
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_setting(payload: dict) -> Value:  # type: ignore[type-arg]
    """A settings object that bears our key, or somebody else's of the same name. Value: {"object_id", "result"}."""
    made = await services().dynatrace.settings.ensure(payload["schema_id"], payload["value"], payload["key"])
    return {"object_id": made["object_id"], "result": "created" if made["ours"] else "adopted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def ensure_shared_setting(payload: dict) -> Value:  # type: ignore[type-arg]
    """A settings object that all services share: made by whoever needs it first, undone by nobody."""
    made = await services().dynatrace.settings.ensure(payload["schema_id"], payload["value"], "")
    return {"object_id": made["object_id"]}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def delete_setting(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo create_setting: the object that bears our key, no other."""
    client = services().dynatrace.settings
    found = await client.find(payload["schema_id"], external_id=payload["key"])
    if found is None:
        return {"result": "absent"}
    await client.delete(found["object_id"])
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def remove_setting(payload: dict) -> Value:  # type: ignore[type-arg]
    """Delete a settings object by its id; one that is gone is gone."""
    was_there = await services().dynatrace.settings.delete(payload["object_id"])
    return {"result": "deleted" if was_there else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_objective(payload: dict) -> Value:  # type: ignore[type-arg]
    """An SLO that bears our key, or somebody else's of the same name. Value: {"slo_id", "result"}."""
    made = await services().dynatrace.slos.ensure(payload["definition"], payload["key"])
    return {"slo_id": made["slo_id"], "result": "created" if made["ours"] else "adopted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def delete_objective(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo create_objective: the SLO that bears our key, no other."""
    from shared.clients.idempotency import marker

    client = services().dynatrace.slos
    found = await client.find(payload["name"])
    if found is None:
        return {"result": "absent"}
    if not found["description"].endswith(marker(payload["key"])):
        return {"result": "left"}
    await client.delete(found["slo_id"])
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def remove_objective(payload: dict) -> Value:  # type: ignore[type-arg]
    """Delete an SLO by its id; one that is gone is gone."""
    was_there = await services().dynatrace.slos.delete(payload["slo_id"])
    return {"result": "deleted" if was_there else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def find_entity(payload: dict) -> Value:  # type: ignore[type-arg]
    """The entity Dynatrace made of the service's first signals. Value: {"entity_id", "" while there is none}."""
    found = await services().dynatrace.entities.find(entity_selector(payload["service"]))
    return {"entity_id": found[0]["entity_id"] if found else ""}
