"""What the endpoints of environments share: to find one, who may change it and how far, and to change it."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.services.registry import checked_name
from functions.services.tending import tend_service
from shared.domain.service import environment_changes as changes
from shared.domain.service import environments
from shared.domain.service.environments import Environment
from shared.errors import Conflict, Forbidden, NotFound
from shared.security.tokens import ADMIN, Caller
from shared.services import services

log = logging.getLogger(__name__)

LONGEST_HOURS = 168
"""How far from now an environment whose golden path does not say may be extended."""

Change = Callable[[Mapping[str, Any], Environment], Environment | None]
"""Of a service's document and one of its environments."""


def view(service: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A functions.models.environments.Environment."""
    environment = service["environments"][name]
    action = environment.get("action") or {}
    ends_at = environment.get("ends_at")
    return {
        "service": service["name"],
        "environment": name,
        "product": service["product"],
        "owner": service["owner"],
        "state": environment["state"],
        "requested_by_name": environment["requested_by_name"],
        "created_at": environment["created_at"],
        "ends_at": ends_at,
        "announced": bool(ends_at) and environment.get("announced_for") == ends_at,
        "working_hours": environment.get("working_hours"),
        "operation_id": action.get("id"),
        "problem": (environment.get("failure") or {}).get("reason", ""),
    }


async def change_environment(
    req: func.HttpRequest, client: df.DurableFunctionsClient, caller: Caller, now: datetime, change: Change
) -> dict[str, Any]:
    """Change the environment for somebody who may, and have done at once what that makes due.

    Returns the service's document after it. Raises: Forbidden, NotFound, Conflict, what `change` raises.
    """
    name = req.route_params["environment"]

    def for_this_person(service: dict[str, Any]) -> dict[str, Any] | None:
        _must_have(service, name)
        if not may_change(caller, service, name):
            raise Forbidden("Only the person who asked for this environment, or Platform.Admin, may do this.")
        if name not in environments.TENDED:
            raise Conflict(f"An environment {name} is neither ended, stopped nor started from here.")
        return changes.in_service(service, name, lambda environment: change(service, environment))

    service = await services().registry.update((await service_of(req))["name"], for_this_person)
    _must_have(service, name)
    assert service is not None
    try:
        return await tend_service(client, service, now)
    except Exception as error:
        log.warning("%s %s: the timer will do what is due (%s)", service["name"], name, type(error).__name__)
        return service


async def service_of(req: func.HttpRequest) -> dict[str, Any]:
    """The service whose environment is asked for. Raises: InvalidRequest, NotFound."""
    service = await services().registry.get(checked_name(req.route_params["name"]))
    _must_have(service, req.route_params["environment"])
    assert service is not None
    return service


def _must_have(service: Mapping[str, Any] | None, environment: str) -> None:
    if service is None or environment not in service.get("environments", {}):
        raise NotFound("There is no such environment. GET /api/environments lists them.")


def may_change(caller: Caller, service: Mapping[str, Any], name: str) -> bool:
    return caller.id == service["environments"][name]["requested_by"] or ADMIN in caller.roles


def longest_hours(service: Mapping[str, Any], environment: str) -> float:
    """How far from now it may end, by its golden path's policy."""
    from shared.golden_paths.catalogue import golden_path

    try:
        policies = golden_path((service.get("golden_path") or {}).get("name", "")).policies
    except NotFound:
        return LONGEST_HOURS
    return float(policies["lifetime"]["max_hours"].get(environment, LONGEST_HOURS))
