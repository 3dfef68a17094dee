"""What scenarios leave for those that go on from them."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Incident:
    """What became of one problem. operation: its id. notification: the body of its OPEN notification."""

    problem_id: str
    operation: str
    number: str
    notification: str


@dataclass(frozen=True)
class Version:
    """What went out. gate: the id of what judged it. change: its record in ServiceNow, number and sys_id."""

    run_id: int
    name: str
    commit: str
    change: tuple[str, str]
    gate: str = ""


@dataclass
class Delivered:
    """A service that is delivered. versions: those that people put out, oldest first."""

    service: str
    pipeline_id: int
    repository_id: str
    entity_id: str
    servicenow_ci: str
    versions: list[Version] = field(default_factory=list)


@dataclass
class Played:
    """All of it, oldest first."""

    incidents: list[Incident] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
