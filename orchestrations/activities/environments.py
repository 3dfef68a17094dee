"""Activities on a service's environments: an action on its way through the registry, cards that link to the page."""

from datetime import UTC, datetime, timedelta

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.service import environment_changes as changes
from shared.domain.service.environments import moment, page_path, rules
from shared.security import links
from shared.services import services

bp = df.Blueprint()

LINK_OUTLIVES = timedelta(days=1)
"""So that who comes late reads that the environment has ended, and not that a link is bad."""


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def begin_environment_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """Look at the registry once more and begin what is still due, or leave it.

    Value: {"go": False}, or {"go": True, "environment", "place": {"project", "pipeline_id", "servicenow_ci"},
    "owned_by": {"product", "owner"}}.
    """
    operation_id, now, settings = _operation(payload), datetime.now(UTC), services().settings
    keeping = rules(settings.environment_announce_hours, settings.environment_notice_minutes)
    service = await _change(
        payload,
        lambda environment: changes.begin(payload["environment"], environment, operation_id, now, keeping),
    )
    environment = (service or {}).get("environments", {}).get(payload["environment"])
    action = (environment or {}).get("action")
    if service is None or not action or action["id"] != operation_id or not action["begun"]:
        return {"go": False, "result": "left"}
    return {
        "go": True,
        "environment": environment,
        "place": {
            **{name: service["azure_devops"][name] for name in ("project", "pipeline_id")},
            "servicenow_ci": service.get("servicenow_ci", ""),
        },
        "owned_by": {name: service[name] for name in ("product", "owner")},
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def finish_environment_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """Keep that the action is done. told: the end, or the extension, that people were told."""
    operation_id = _operation(payload)
    await _change(
        payload,
        lambda environment: changes.finish(
            environment, operation_id, told=payload["told"], run_id=payload["run_id"]
        ),
    )
    return {"result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def fail_environment_action(payload: dict) -> Value:  # type: ignore[type-arg]
    """Keep that the action failed and when it is due again. at: ISO 8601."""
    operation_id = _operation(payload)
    await _change(
        payload,
        lambda environment: changes.fail(
            environment,
            operation_id,
            moment(payload["at"]),
            payload["reason"],
            payload["incident"],
            payload["run_id"],
        ),
    )
    return {"result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def post_environment_card(payload: dict) -> Value:  # type: ignore[type-arg]
    """Post a card; its link to the environment's page is signed here, since orchestrators read no secrets."""
    card, path = payload["card"], page_path(payload["service"], payload["environment"])
    signed = [
        {**action, "url": _signed(payload, action["url"])} if action["url"].endswith(path) else action
        for action in card["actions"]
    ]
    await services().teams.post_card({**card, "actions": signed})
    return {"result": "created"}


def _signed(payload: dict, address: str) -> str:  # type: ignore[type-arg]
    ends_at = moment(payload["ends_at"]) if payload["ends_at"] else datetime.now(UTC)
    return links.environment_address(
        address,
        services().settings.link_secrets,
        payload["service"],
        payload["environment"],
        expires_at_s=int((ends_at + LINK_OUTLIVES).timestamp()),
    )


def _operation(payload: dict) -> str:  # type: ignore[type-arg]
    return str(payload["key"]).partition("/")[0]


async def _change(payload: dict, change: changes.Change) -> dict | None:  # type: ignore[type-arg]
    return await services().registry.update(
        payload["service"], lambda service: changes.in_service(service, payload["environment"], change)
    )
