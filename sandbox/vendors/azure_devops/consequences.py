"""What follows elsewhere from runs that end well, as the story has told it beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sandbox.vendors.azure_devops.azure_environments import Monitoring
from sandbox.vendors.store import Collection, Document


class Effects(Monitoring, Protocol):
    """What a run can do to the world it is deployed to."""

    def resolve_problem(self, problem_id: str) -> None: ...

    def heal_service(self, entity_id: str) -> None: ...


class Consequences:
    """What happens elsewhere when a run ends well: problems end, services recover."""

    def __init__(self, kept: Collection, effects: Effects) -> None:
        self._kept, self._effects = kept, effects

    def listed(self) -> list[Document]:
        return self._kept.all()

    def replace(self, wanted: Sequence[Mapping[str, Any]]) -> None:
        self._kept.clear()
        for number, one in enumerate(wanted):
            self._kept.put(str(number), dict(one))

    def of(self, run: Mapping[str, Any]) -> None:
        """Let what follows from the run happen; once more does no harm."""
        if run["result"] != "succeeded":
            return
        for one in self._kept.all():
            version = one.get("when_version")
            if one["pipeline_id"] != run["pipeline_id"] or (version and version.lower() != run["version"]):
                continue
            if service := one.get("heals_service"):
                self._effects.heal_service(service)
            if problem := one.get("resolves_problem"):
                self._effects.resolve_problem(problem)
