"""The vendors as one world: built together, and linked so that a story has consequences.

A run that ends well in Azure DevOps, or a flag switched off in App Configuration, can heal a service and end a problem
in Dynatrace, and what is deployed is seen there; tokens of Entra ID open Azure DevOps, OpenAI and App Configuration.
"""

import hashlib
from typing import override

from sandbox.vendors.app_configuration.vendor import AppConfiguration
from sandbox.vendors.azure_devops.consequences import Effects
from sandbox.vendors.azure_devops.vendor import AzureDevOps
from sandbox.vendors.clock import now_ms
from sandbox.vendors.credentials import Credentials
from sandbox.vendors.dynatrace.vendor import Dynatrace
from sandbox.vendors.entra.vendor import EntraId
from sandbox.vendors.framework import Vendor
from sandbox.vendors.github.vendor import GitHub
from sandbox.vendors.openai.vendor import OpenAI
from sandbox.vendors.servicenow.vendor import ServiceNow
from sandbox.vendors.store import Store
from sandbox.vendors.teams.vendor import Teams


class _Production(Effects):
    """What Dynatrace watches."""

    def __init__(self, dynatrace: Dynatrace) -> None:
        self._dynatrace = dynatrace

    @override
    def resolve_problem(self, problem_id: str) -> None:
        self._dynatrace.story.resolve(problem_id, heal=False)

    @override
    def heal_service(self, entity_id: str) -> None:
        self._dynatrace.windows.heal(entity_id, now_ms())

    @override
    def service_runs(self, project: str, service: str, environment: str) -> None:
        tags = [f"service:{service}", f"environment:{environment}"]
        entity_id = _entity_id(project, service, environment)
        self._dynatrace.entities.ensure(entity_id, {"name": service, "tags": tags})

    @override
    def service_is_gone(self, project: str, service: str, environment: str) -> None:
        self._dynatrace.entities.remove(_entity_id(project, service, environment))


def _entity_id(project: str, service: str, environment: str) -> str:
    """The same each time the service is deployed there."""
    digest = hashlib.sha256(f"{project}/{service}/{environment}".encode()).hexdigest()
    return f"SERVICE-{digest[:16].upper()}"


def build(store: Store, credentials: Credentials) -> dict[str, Vendor]:
    """All vendors by name; one whose state is empty is seeded."""
    dynatrace = Dynatrace(store, credentials["dynatrace"])
    entra = EntraId(store, credentials["entra"])
    accepts, production = entra.tokens.accepts, _Production(dynatrace)
    every: tuple[Vendor, ...] = (
        dynatrace,
        ServiceNow(store, credentials["servicenow"]),
        AzureDevOps(store, credentials["azure_devops"], accepts, production),
        GitHub(store, credentials["github"]),
        Teams(store, credentials["teams"]),
        OpenAI(store, credentials["openai"], accepts),
        entra,
        AppConfiguration(store, credentials["app_configuration"], accepts, production),
    )
    for vendor in every:
        if not any(len(found.documents) for found in store.shown(vendor.name).values()):
            vendor.seed()
    return {vendor.name: vendor for vendor in every}
