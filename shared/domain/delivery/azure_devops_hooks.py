"""What the readers of Azure DevOps' hooks share: a report in the source's name, and where a hook came from. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.delivery.delivery_reports import (
    AZURE_DEVOPS,
    NOTHING,
    Place,
    Report,
    a_place,
    organisation_of,
    part,
    text,
)

type Parts = tuple[Report, tuple[str, ...]]
"""A report, and what makes it unique at its source."""


def a_report(kind: str, hook: str, place: Place, told: dict[str, Any], reason: str = "") -> Report:
    return Report(source=AZURE_DEVOPS, kind=kind, hook=hook, place=place, told=told, reason=reason)


def organisation(hook: Mapping[str, Any], url: object) -> str:
    """Hooks of today say it in their containers; older ones in the addresses they hold."""
    base = part(hook, "resourceContainers", "collection", "baseUrl")
    return organisation_of(base) or organisation_of(url)


def project(hook: Mapping[str, Any]) -> str:
    return text(part(hook, "resourceContainers", "project", "id"))


def unusable(hook: Mapping[str, Any], reason: str, **place: object) -> Parts:
    """Kept with its reason. Named by the notification's own id, since nothing else of it is known."""
    told = {"notification_id": text(hook.get("id")), "resource_version": text(hook.get("resourceVersion"))}
    where = a_place(**({"project": project(hook)} | place))
    identity = ("notification", text(hook.get("id")), text(hook.get("eventType")), reason)
    return a_report(NOTHING, text(hook.get("eventType")), where, told, reason), identity
