"""What the runs' deployments leave behind in Azure: one environment per pipeline and name.

A document: {"project", "pipeline", "service" (the repository's name), "environment", "state": "running", "partial"
or "stopped", "run_id", "updated_at"}. It outlives its pipeline, as resources in Azure do.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from sandbox.vendors.azure_devops.pipelines import Pipelines
from sandbox.vendors.azure_devops.projects import Projects
from sandbox.vendors.azure_devops.repositories import Repositories
from sandbox.vendors.azure_devops.stages import DEPLOY, begun
from sandbox.vendors.clock import iso
from sandbox.vendors.store import Collection

_STATES = {"apply": "running", "start": "running", "stop": "stopped"}


class Monitoring(Protocol):
    """What sees the services that run; doing it twice is doing it once."""

    def service_runs(self, project: str, service: str, environment: str) -> None: ...

    def service_is_gone(self, project: str, service: str, environment: str) -> None: ...


class AzureEnvironments:
    """monitoring: told of services that run where they did not, and of those that are gone."""

    def __init__(
        self,
        kept: Collection,
        projects: Projects,
        repositories: Repositories,
        pipelines: Pipelines,
        monitoring: Monitoring,
    ) -> None:
        self._kept, self._projects = kept, projects
        self._repositories, self._pipelines, self._monitoring = repositories, pipelines, monitoring

    def of(self, run: Mapping[str, Any]) -> None:
        """Let what follows from the run's deployment happen; once more does no harm."""
        environment = run["template_parameters"].get("environment")
        deployment = begun(run.get("stages", []), DEPLOY)
        pipeline = self._pipelines.get(run["pipeline_id"])
        project = self._projects.find(run["project_id"])
        if not environment or not deployment or not pipeline or not project:
            return
        action = run["template_parameters"].get("action", "apply")
        key = f"{project['name']}/{pipeline['name']}/{environment}"
        found = self._kept.get(key)
        repository = self._repositories.get(run["repository_id"])
        named = repository["name"] if repository else pipeline["name"]
        service = found["service"] if found else named
        well = deployment["result"] == "succeeded"
        if action == "destroy" and well:
            self._kept.delete(key)
            self._monitoring.service_is_gone(project["name"], service, environment)
            return
        state = _state(action, well, there=found is not None)
        if state is None:
            return
        self._kept.put(
            key,
            {
                "project": project["name"],
                "pipeline": pipeline["name"],
                "service": service,
                "environment": environment,
                "state": state,
                "run_id": run["id"],
                "updated_at": iso(run["finish_ms"]),
            },
        )
        if action == "apply" and well:
            self._monitoring.service_runs(project["name"], service, environment)


def _state(action: str, well: bool, *, there: bool) -> str | None:
    """What the environment is after this; None: as it was, or as it was not."""
    if action in {"apply", "destroy"} and not well:
        return "partial" if there or action == "apply" else None
    return _STATES.get(action) if well and (there or action == "apply") else None
