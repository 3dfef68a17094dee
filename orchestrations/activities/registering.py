"""Activities on our own records of services: who has a name, and the registry's documents."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.errors import VendorRefused, VendorUnavailable
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def claim_name(payload: dict) -> Value:  # type: ignore[type-arg]
    """Make sure that the name is this operation's, as its starter claimed it."""
    operation_id = payload["key"].partition("/")[0]
    held = await services().claims.get(payload["service"])
    if held is None or held["operation_id"] != operation_id:
        raise VendorRefused("blob", "claim_name", "the name belongs to another operation by now")
    return {"result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def release_name(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo claim_name: the name is free again."""
    operation_id = payload["key"].partition("/")[0]
    released = await services().claims.release(payload["service"], operation_id)
    return {"result": "deleted" if released else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def register_service(payload: dict) -> Value:  # type: ignore[type-arg]
    """Write the service's document; another's is not replaced."""
    wanted = payload["service"]
    if not await services().registry.add(wanted):
        found = await services().registry.get(wanted["name"])
        if found is None:
            raise VendorUnavailable("blob", "register_service", "the name was registered and is free again")
        if found.get("operation_id") != wanted["operation_id"]:
            raise VendorRefused("blob", "register_service", "the name is registered for another service")
    return {"result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def unregister_service(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo register_service: the document this operation wrote, no other."""
    operation_id = payload["key"].partition("/")[0]
    found = await services().registry.get(payload["service"])
    if found is None:
        return {"result": "absent"}
    if found.get("operation_id") != operation_id:
        return {"result": "left"}
    await services().registry.delete(payload["service"])
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def link_entity(payload: dict) -> Value:  # type: ignore[type-arg]
    """Tell the registry which Dynatrace entity the service is."""

    def change(service: Value) -> Value:
        return {**service, "dynatrace": {**service["dynatrace"], "entity_id": payload["entity_id"]}}

    updated = await services().registry.update(payload["service"], change)
    return {"result": "updated" if updated else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def mark_environment(payload: dict) -> Value:  # type: ignore[type-arg]
    """Tell the registry in which state an environment is."""
    name = payload["environment"]

    def change(service: Value) -> Value | None:
        found = service.get("environments", {}).get(name)
        if found is None:
            return None
        marked = {**found, "state": payload["state"]}
        return {**service, "environments": {**service["environments"], name: marked}}

    updated = await services().registry.update(payload["service"], change)
    return {"result": "updated" if updated else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def retire_service(payload: dict) -> Value:  # type: ignore[type-arg]
    """Take the service out of the registry, keep its last document, give its name back.

    Asked again late, when the name may be another's by now, it leaves that one alone.
    """
    found = await services().registry.get(payload["service"])
    if found and found.get("operation_id", "") == payload["claimed_by"]:
        await services().registry.retire(payload["service"], payload["at"])
    await services().claims.release(payload["service"], payload["claimed_by"])
    return {"result": "retired"}
