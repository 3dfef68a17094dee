"""What a provisioning is called, asks for and leaves in the registry."""

import hashlib
from collections.abc import Mapping
from typing import Any

PROVISIONED = "provisioned"
DECOMMISSIONED = "decommissioned"
COMPENSATED = "compensated"
COMPENSATION_FAILED = "compensation_failed"
CANCELLED = "cancelled"

PIPELINE_FOLDER = "\\"
BRANCH = "main"
APPLY, DESTROY = "apply", "destroy"
"""What a golden path's pipeline is asked to do, by its run-time parameter `action`; see also domain.environments."""


def operation_id(service: str, key: str) -> str:
    """One per service and idempotency key."""
    return f"provision-{service}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def decommission_id(service: str, of: str, attempt: int) -> str:
    """of: the operation that made the service, or "" where it was registered by hand."""
    return f"decommission-{service}-{hashlib.sha256(of.encode()).hexdigest()[:8]}-{attempt}"


def provision_action(
    path: Mapping[str, Any], parameters: Mapping[str, Any], monthly_brl: int
) -> dict[str, Any]:
    """The typed action a person approves: all that decides what will be made, and what it may cost."""
    return {
        "type": "provision_service",
        "golden_path": path["name"],
        "version": path["version"],
        "monthly_brl": monthly_brl,
        "parameters": dict(parameters),
    }


def decommission_action(service: Mapping[str, Any]) -> dict[str, Any]:
    """The typed action a person approves: what ends, and where."""
    parts = service.get("parts", {})
    return {
        "type": "decommission_service",
        "service": service["name"],
        "project": service["azure_devops"]["project"],
        "environments": sorted(service.get("environments", {})),
        "ends": sorted(name for name, part in parts.items() if part["result"] == "created"),
        "stays": sorted(name for name, part in parts.items() if part["result"] != "created"),
    }


def service_document(
    request: Mapping[str, Any], operation: str, made: Mapping[str, Mapping[str, Any]], at: str
) -> dict[str, Any]:
    """The registry's document of a provisioned service.

    made: what each part came to, {"repository": {"repository_id", "url", "result"}, "pipeline": ...}. at: ISO 8601.
    """
    parameters, path = request["parameters"], request["path"]
    repository, pipeline = made.get("repository", {}), made.get("pipeline", {})
    monitoring = path["monitoring"]
    document: dict[str, Any] = {
        "name": parameters["name"],
        "description": parameters["description"],
        "product": parameters["product"],
        "owner": parameters["owner"],
        "tier": parameters["tier"],
        "cost_center": parameters["cost_center"],
        "data_classification": parameters["data_classification"],
        "golden_path": {"name": path["name"], "version": path["version"]},
        "azure_devops": {
            "project": parameters["project"],
            "pipeline_id": pipeline.get("pipeline_id", 0),
            "repository": parameters["name"],
            "repository_id": repository.get("repository_id", ""),
            "url": repository.get("url", ""),
        },
        "dynatrace": {
            "entity_id": "",
            "metric_selector": monitoring["metric_selector"],
            "upper_bound": monitoring["upper_bound"],
            "resolution": monitoring.get("resolution", "1m"),
        },
        "servicenow_ci": made.get("configuration_item", {}).get("sys_id", ""),
        "environments": {},
        "operation_id": operation,
        "parts": {name: dict(part) for name, part in made.items()},
        "registered_at": at,
    }
    if "environment" in made:
        document["environments"][parameters["environment"]] = environment(request, at)
    return document


def environment(request: Mapping[str, Any], at: str) -> dict[str, Any]:
    """A new environment as the registry keeps it; times ISO 8601."""
    from datetime import datetime, timedelta

    parameters = request["parameters"]
    hours = parameters.get("lifetime_hours")
    ends_at = None
    if hours:
        ends_at = (datetime.fromisoformat(at) + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    return {
        "state": "running",
        "requested_by": request["requested_by"]["id"],
        "requested_by_name": request["requested_by"]["name"],
        "created_at": at,
        "ends_at": ends_at,
        "announced_for": None,
        "working_hours": parameters.get("working_hours"),
    }
