"""One service of the registry as a Component of Backstage's catalog, and the envelope every entity has.

Descriptor format: https://backstage.io/docs/features/software-catalog/descriptor-format
What people typed is data: it is shown without markup and decides no address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.domain.plain import plain
from shared.domain.service.catalog_names import is_name
from shared.domain.service.environments import DESTROYED

API_VERSION = "backstage.io/v1alpha1"
WEBSITE_RUNTIMES = frozenset({"static-web-app"})
"""Of golden paths: what runs there is a website, all else a service."""

Entity = dict[str, Any]
Service = Mapping[str, Any]


@dataclass(frozen=True)
class Addresses:
    """Where links lead; none ends with a slash."""

    public: str
    azure_devops: str
    dynatrace: str


def component_type(runtime: str) -> str:
    """spec.type of what a golden path with this runtime makes."""
    return "website" if runtime in WEBSITE_RUNTIMES else "service"


def entity(kind: str, metadata: Mapping[str, Any], spec: dict[str, Any], addresses: Addresses) -> Entity:
    """Fields that hold nothing are left out.

    Location annotations name this platform, so that the signed address Backstage reads from stays unsaid where
    Backstage lets us (its own reading of a Location overwrites two of the three).
    """
    shown = f"{addresses.public}/api/catalog/entities"
    annotations = {
        **metadata.get("annotations", {}),
        "backstage.io/managed-by-location": f"url:{shown}",
        "backstage.io/managed-by-origin-location": f"url:{shown}",
        "backstage.io/view-url": f"{shown}/{metadata['name']}" if kind == "Component" else shown,
    }
    told = {name: value for name, value in metadata.items() if value}
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {**told, "annotations": _filled(annotations)},
        "spec": spec,
    }


def component(service: Service, addresses: Addresses, *, type: str, owner: str, system: str) -> Entity:
    """type: "service" or "website"; owner: an entity reference; system: a name."""
    metadata = {
        "name": service["name"],
        "description": plain(service.get("description") or "", 500),
        "labels": _labels(service),
        "annotations": _annotations(service, addresses),
        "links": _links(service, addresses),
    }
    spec = {"type": type, "lifecycle": _lifecycle(service), "owner": owner, "system": system}
    return entity("Component", metadata, spec, addresses)


def _labels(service: Service) -> dict[str, str]:
    labels = {
        "valueflow.dev/tier": str(service["tier"]),
        "valueflow.dev/data-classification": service.get("data_classification") or "",
    }
    return {name: value for name, value in labels.items() if is_name(value)}


def _annotations(service: Service, addresses: Addresses) -> dict[str, str]:
    place, path = service["azure_devops"], service.get("golden_path") or {}
    repository = _repository(place, addresses)
    return _filled(
        {
            "dev.azure.com/project-repo": f"{place['project']}/{place['repository']}" if repository else "",
            "backstage.io/source-location": f"url:{repository}/" if repository else "",
            "backstage.io/techdocs-ref": f"url:{repository}" if repository and path else "",
            "dynatrace.com/dynatrace-entity-id": _measured(service),
            "servicenow.com/entity-id": service.get("servicenow_ci") or "",
            "valueflow.dev/operation-id": service.get("operation_id") or "",
            "valueflow.dev/golden-path": f"{path['name']}@{path['version']}" if path else "",
            "valueflow.dev/cost-center": service.get("cost_center") or "",
        }
    )


def _links(service: Service, addresses: Addresses) -> list[dict[str, str]]:
    place = service["azure_devops"]
    project = f"{addresses.azure_devops}/{_part(place['project'])}"
    pipeline, measured, operation = place.get("pipeline_id"), _measured(service), service.get("operation_id")
    links = {
        "Repository": _repository(place, addresses),
        "Pipeline": f"{project}/_build?definitionId={pipeline}" if pipeline else "",
        "Dynatrace": f"{addresses.dynatrace}/ui/entity/{_part(measured)}" if measured else "",
        "How it was made": f"{addresses.public}/api/operations/{_part(operation)}" if operation else "",
    }
    return [{"title": title, "url": url} for title, url in links.items() if url]


def _repository(place: Mapping[str, Any], addresses: Addresses) -> str:
    """Its address, built here rather than taken as typed; empty when the registry does not know the repository."""
    if not place.get("repository"):
        return ""
    return f"{addresses.azure_devops}/{_part(place['project'])}/_git/{_part(place['repository'])}"


def _lifecycle(service: Service) -> str:
    """By its environments; a service registered by hand tells none and is taken to run."""
    environments = service.get("environments")
    if not environments:
        return "production"
    alive = {name for name, told in environments.items() if told.get("state") != DESTROYED}
    if not alive:
        return "deprecated"
    return "production" if "production" in alive else "experimental"


def _measured(service: Service) -> str:
    return str((service.get("dynatrace") or {}).get("entity_id") or "")


def _part(text: str) -> str:
    return quote(text, safe="")


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}
