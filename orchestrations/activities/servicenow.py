"""Activities on ServiceNow: one incident, its notes, its end."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.plain import journal
from shared.services import services

bp = df.Blueprint()

CLOSE_CODE = "Solved (Permanently)"
"""One of the close codes every instance is delivered with."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def open_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Open the incident of this correlation_id, or find it."""
    opened = await services().servicenow.incidents.open(
        {
            "correlation_id": payload["correlation_id"],
            "short_description": _recorded(payload["short_description"]),
            "description": _recorded(payload["description"]),
            "impact": payload["impact"],
            "urgency": payload["urgency"],
            "category": "software",
            "cmdb_ci": payload["cmdb_ci"],
        }
    )
    return {name: opened[name] for name in ("sys_id", "number", "url", "result")}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def add_work_note(payload: dict) -> Value:  # type: ignore[type-arg]
    """Write one work note, once per key."""
    return {
        "result": await services().servicenow.incidents.add_work_note(
            payload["sys_id"], payload["key"], _recorded(payload["text"])
        )
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def reopen_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Put a resolved incident back to work, once per key."""
    return {
        "result": await services().servicenow.incidents.reopen(
            payload["sys_id"], payload["key"], _recorded(payload["text"])
        )
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def resolve_incident(payload: dict) -> Value:  # type: ignore[type-arg]
    """Resolve the incident with what was done, once per key."""
    resolved = await services().servicenow.incidents.resolve(
        payload["sys_id"], payload["key"], CLOSE_CODE, _recorded(payload["close_notes"])
    )
    return {"result": resolved["result"]}


def _recorded(text: str) -> str:
    """What an incident may say: people it is about, never a secret, and nothing that its journal would act on."""
    from shared.redaction import without_secrets

    return journal(without_secrets(text))
