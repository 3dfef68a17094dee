"""Activities on ServiceNow's records: the change that announces a work, the CI that remains of it."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.services import services
from shared.texts import say

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def open_change(payload: dict) -> Value:  # type: ignore[type-arg]
    """The standard change of this key. Value: {"sys_id", "number", "url", "result"}."""
    opened = await services().servicenow.changes.open(
        {
            "correlation_id": payload["key"],
            "short_description": payload["short_description"],
            "description": payload["description"],
            "start_at": payload["start_at"],
            "end_at": payload["end_at"],
        }
    )
    return {**{name: opened[name] for name in ("sys_id", "number", "url")}, "result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def close_change(payload: dict) -> Value:  # type: ignore[type-arg]
    """Close the change with how it ended, once per key."""
    result = await services().servicenow.changes.close(
        payload["sys_id"], payload["key"], payload["successful"], payload["notes"]
    )
    return {"result": result}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def cancel_change(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo open_change: a record is never erased, it is cancelled."""
    client = services().servicenow.changes
    found = await client.find(payload["key"])
    if found is None:
        return {"result": "absent"}
    notes = say(services().settings.default_language, "change.undone")
    await client.cancel(found["sys_id"], payload["key"], notes)
    return {"result": "cancelled"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_configuration_item(payload: dict) -> Value:  # type: ignore[type-arg]
    """The service's CI, or somebody else's of the same name. Value: {"sys_id", "url", "result"}."""
    made = await services().servicenow.cmdb.ensure(payload["name"], payload["key"], payload["fields"])
    return {
        "sys_id": made["sys_id"],
        "url": made["url"],
        "result": "created" if made["ours"] else "adopted",
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def delete_configuration_item(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo create_configuration_item: the CI that bears our key, no other."""
    client = services().servicenow.cmdb
    found = await client.find(payload["name"], payload["key"])
    if found is None:
        return {"result": "absent"}
    if found["correlation_id"] != payload["key"]:
        return {"result": "left"}
    await client.delete(found["sys_id"])
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def retire_configuration_item(payload: dict) -> Value:  # type: ignore[type-arg]
    """A CI that ended stays, retired: incidents and changes of the past point at it. One that is gone is gone."""
    client = services().servicenow.cmdb
    if await client.get(payload["sys_id"]) is None:
        return {"result": "absent"}
    await client.retire(payload["sys_id"])
    return {"result": "retired"}
