"""Timer, and what the endpoints call after a change: start what is due for the environments that end.

Late, missed or doubled runs catch up or change nothing: what is due is decided from the registry alone, claimed there
before its orchestration is started, and the orchestration's id is the same for the same thing due.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.starting import settled, start_once
from shared.domain.service import environment_changes as changes
from shared.domain.service import environments
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

_UNDER_WAY = ("PENDING", "RUNNING", "SUSPENDED")


@bp.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
@bp.durable_client_input(client_name="client")
async def tend_environments(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    now = datetime.now(UTC)
    for service in await services().registry.all():
        try:
            await tend_service(client, service, now)
        except Exception:
            # One document that cannot be read must not keep the others' environments running for ever.
            log.exception("the environments of %s could not be tended", service.get("name"))


async def tend_service(
    client: df.DurableFunctionsClient, service: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Claim and start what is due for this service's environments. Returns its document as it is then."""
    kept = dict(service)
    settings = services().settings
    rules = environments.rules(settings.environment_announce_hours, settings.environment_notice_minutes)
    for name, environment in service.get("environments", {}).items():
        if environments.due(name, environment, now, rules):
            kept = await _claim(kept, name, now, rules)
        action = kept["environments"].get(name, {}).get("action")
        if action:
            await _ensure_started(client, service["name"], name, action, now)
    return kept


async def _claim(
    service: dict[str, Any], name: str, now: datetime, rules: environments.Rules
) -> dict[str, Any]:
    def change(found: dict[str, Any]) -> dict[str, Any] | None:
        return changes.in_service(
            found, name, lambda environment: changes.mark(found["name"], name, environment, now, rules)
        )

    updated = await services().registry.update(service["name"], change)
    return updated if updated is not None else {**service, "environments": {}}


async def _ensure_started(
    client: df.DurableFunctionsClient, service: str, name: str, action: Mapping[str, Any], now: datetime
) -> None:
    """Start the claimed action's orchestration; where it ended without a word (terminated, or the storage was away
    for hours), give the action up, so that it is due again.
    """
    settings, action_id = services().settings, action["id"]
    request = {
        "service": service,
        "environment": name,
        "action": action["action"],
        **settled(settings),
    }
    if await start_once(client, "tend_environment", action_id, request):
        log.info("%s: started", action_id)
        return
    state = await client.get_orchestration_state(action_id, fetch_payloads=False)
    if state is None or state.runtime_status.name in _UNDER_WAY:
        return
    reason = f"its operation ended ({state.runtime_status.name.lower()}) and left no word"
    await services().registry.update(
        service,
        lambda found: changes.in_service(
            found, name, lambda environment: changes.fail(environment, action_id, now, reason)
        ),
    )
