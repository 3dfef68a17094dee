"""Azure DevOps' service hooks: runs, builds, classic releases, pushes, pull requests, work items.

Azure DevOps cannot sign; it sends Basic authentication or a header of ours. It says "resourceVersion" for the shape of
what follows. https://learn.microsoft.com/azure/devops/service-hooks/events
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from functions.validation import parse_json
from shared import events
from shared.delivery.reporting import reported
from shared.domain.delivery import azure_devops_changes, azure_devops_runs
from shared.domain.delivery.azure_devops_hooks import Parts, unusable
from shared.domain.delivery.delivery_reports import text
from shared.security.webhooks import verify_shared_secret
from shared.settings import Settings

SECRET_HEADER = "x-valueflow-secret"  # noqa: S105  # the header's name
KNOWN_VERSIONS = frozenset(
    {"", "1.0", "1.0-preview.1", "2.0", "2.0-preview.1", "3.0", "3.0-preview.1", "3.1-preview.1"}
    | {"5.1-preview.1", "5.1-preview.2"}
)
"""Of resources; "": the documented run-state-changed names none."""


def verify(headers: Mapping[str, str], body: bytes, settings: Settings) -> None:
    """Raises: Unauthenticated."""
    presented = headers.get(SECRET_HEADER) or _password(headers.get("authorization"))
    verify_shared_secret(presented, settings.azure_devops_webhook_secrets)


def to_event(body: bytes) -> events.Event:
    """What the hook reports. Raises: InvalidRequest where it is no JSON object."""
    return reported(*_read(parse_json(body)))


def _read(hook: Mapping[str, Any]) -> Parts:
    kind, version = text(hook.get("eventType")), text(hook.get("resourceVersion"))
    reader = _READERS.get(kind)
    resource = hook.get("resource")
    if reader is None or not isinstance(resource, Mapping):
        return unusable(hook, "unknown_type" if reader is None else "no_resource")
    if version not in KNOWN_VERSIONS:
        return unusable(hook, "unknown_version")
    return reader(hook, resource)


_READERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Parts]] = {
    "ms.vss-pipelines.run-state-changed-event": azure_devops_runs.run_state,
    "build.complete": azure_devops_runs.build,
    "ms.vss-release.deployment-completed-event": azure_devops_runs.release,
    "git.push": azure_devops_changes.push,
    "git.pullrequest.merged": azure_devops_changes.pull_request,
    "git.pullrequest.updated": azure_devops_changes.pull_request,
    "workitem.created": azure_devops_changes.work_item,
    "workitem.updated": azure_devops_changes.work_item,
}


def _password(authorization: str | None) -> str:
    """The password of Basic authentication, "" where there is none."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
