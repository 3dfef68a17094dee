"""Services as the registry keeps them, with their owner's word."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.models.base import Strict
from functions.models.delivery import Delivery
from shared.domain.diagnosis.categories import KnownCategory


class AzureDevOpsPlace(Strict):
    project: str = Field(min_length=1, max_length=64)
    pipeline_id: int = Field(ge=1)


class DynatraceMeasure(Strict):
    """The indicator that tells whether the service is healthy."""

    entity_id: str = Field(
        default="", pattern="^([A-Z_]+-[A-Z0-9]+)?$", description="Empty while Dynatrace has not seen it"
    )
    metric_selector: str = Field(min_length=1, max_length=500)
    upper_bound: float = Field(description="Highest healthy value, in the metric's own unit")
    resolution: str = Field(default="1m", pattern="^[0-9]+[mhd]$", description="Slot of the metric's samples")


class Instances(Strict):
    """How many instances are normal, and how many scaling out may make."""

    normal: int = Field(ge=1, le=99)
    most: int = Field(ge=1, le=100)


class ServiceFlag(Strict):
    """A feature flag of Azure App Configuration that may be switched off for these causes."""

    name: str = Field(pattern="^[A-Za-z0-9_.-]{1,100}$")
    label: str = Field(default="", pattern="^[A-Za-z0-9_.-]{0,100}$", description="Empty: without a label")
    categories: list[KnownCategory] = Field(min_length=1, max_length=8)


class NamedPipeline(Strict):
    """A pipeline of the service's project that may be run for these causes, with these parameters and no others."""

    name: str = Field(pattern="^[a-z][a-z0-9_-]{0,39}$")
    pipeline_id: int = Field(ge=1)
    ref_name: str = Field(default="refs/heads/main", pattern="^refs/[A-Za-z0-9_./-]{1,200}$")
    parameters: dict[str, Annotated[str, Field(max_length=200)]] = Field(default={}, max_length=20)
    categories: list[KnownCategory] = Field(min_length=1, max_length=8)


class Automation(Strict):
    """The owner's word on what the platform may do to the service, beside what policies ask (docs/runbooks.md)."""

    allow: list[
        Literal["roll_back", "redeploy", "restart", "scale_out", "disable_feature_flag", "run_pipeline"]
    ] = Field(default=[], max_length=6, description="May run without a person, where the policies agree")
    environment: str = Field(
        default="", pattern="^([a-z][a-z0-9-]{0,39})?$", description="Which one incidents are about"
    )
    time_zone: str = Field(default="", max_length=64, description="Of the policies' hours; empty: theirs")
    instances: Instances | None = None
    flags: list[ServiceFlag] = Field(default=[], max_length=20)
    pipelines: list[NamedPipeline] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _zone_exists(self) -> Self:
        import zoneinfo

        if self.time_zone and self.time_zone not in zoneinfo.available_timezones():
            raise ValueError("time_zone must be a zone of the IANA database, such as America/Sao_Paulo")
        return self


class WatchedResource(Strict):
    """What can run out beside the disks and memory of its hosts: a quota, a certificate, a disk of its own."""

    name: str = Field(min_length=1, max_length=60)
    kind: Literal["disk", "memory", "quota", "certificate"]
    entity_id: str = Field(
        default="", pattern="^([A-Z_]+-[A-Z0-9]+)?$", description="Empty: the service's own entity"
    )
    metric_selector: str = Field(
        default="", max_length=500, description="How much is used; of a certificate, the days it has left"
    )
    limit: float | None = Field(default=None, gt=0, description="When it is full, in the selector's unit; 95")
    expires_at: str = Field(
        default="",
        max_length=40,
        description="Of a certificate, instead of a selector: ISO 8601 with its zone",
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        from datetime import datetime

        if self.expires_at and datetime.fromisoformat(self.expires_at).tzinfo is None:
            raise ValueError("expires_at must name its zone: 2027-03-01T00:00:00Z")
        if not self.metric_selector and not (self.kind == "certificate" and self.expires_at):
            raise ValueError("give metric_selector, or expires_at of a certificate")
        return self


class Watch(Strict):
    """How the service is watched, beside what its tier says (docs/anomalies.md)."""

    sensitivity: str = Field(default="", max_length=200, description="threshold=5,minutes=4,tell=no")
    resources: list[WatchedResource] = Field(default=[], max_length=10)

    @model_validator(mode="after")
    def _readable(self) -> Self:
        from shared.domain.watch import sensitivity

        sensitivity.changed(sensitivity.DEFAULTS[1], self.sensitivity)
        return self


class ServiceDraft(Strict):
    """One service of the registry; it joins all systems."""

    product: str = Field(min_length=1, max_length=100)
    owner: str = Field(min_length=1, max_length=100)
    tier: Literal[1, 2, 3] = Field(description="1 is the most critical: its actions need two approvers")
    azure_devops: AzureDevOpsPlace
    dynatrace: DynatraceMeasure
    servicenow_ci: str = Field(default="", pattern="^([0-9a-f]{32})?$", description="sys_id of the CI")
    automation: Automation = Field(default=Automation(), description="Nothing, while the owner says nothing")
    watch: Watch = Field(default=Watch(), description="Beside what its tier says")
    delivery: Delivery = Field(default=Delivery(), description="Beside its Azure DevOps pipeline")
    gate: dict[str, Any] = Field(
        default={}, description="Of its quality gate what is another than its tier's (docs/quality-gates.md)"
    )

    @model_validator(mode="after")
    def _gate_holds(self) -> Self:
        from shared.gates.rules import faults_of

        if faults := faults_of(self.gate):
            raise ValueError(f"gate: {faults[0]}")
        return self


class RegisteredPlace(BaseModel):
    """Where it is built; pipeline_id 0 where it has no pipeline."""

    model_config = ConfigDict(extra="allow")

    project: str
    pipeline_id: int
    repository: str = ""
    repository_id: str = ""
    url: str = Field(default="", description="The repository's page")


class Service(BaseModel):
    """A registered service: what was put, and what provisioning wrote beside it."""

    model_config = ConfigDict(extra="allow")

    name: str
    product: str
    owner: str
    tier: Literal[1, 2, 3]
    azure_devops: RegisteredPlace
    dynatrace: DynatraceMeasure
    servicenow_ci: str = ""
    automation: Automation = Automation()
    watch: Watch = Watch()
    delivery: Delivery = Delivery()
    gate: dict[str, Any] = {}
    description: str = ""
    cost_center: str = ""
    data_classification: str = ""
    golden_path: dict[str, str] | None = Field(default=None, description="name and version of what made it")
    operation_id: str = Field(default="", description="The operation that made it")
    parts: dict[str, dict[str, Any]] = Field(
        default={}, description='What was made or adopted, each with its result: "created" or "adopted"'
    )
    environments: dict[str, dict[str, Any]] = Field(
        default={}, description="Its environments by name; GET /api/environments has their shape"
    )
    registered_at: str = ""


class Signals(BaseModel):
    """What watching a service came to; shared/domain/watch/watched.py explains the fields."""

    service: str
    tier: int | None
    changed_at_ms: int = Field(description="When a state changed last; the values are of then")
    watched_at_ms: int | None = Field(description="The last round; null when it did not reach this service")
    signals: dict[str, dict[str, Any]] = Field(
        description="state: usual, anomalous, not_enough_data; excuse: why an anomaly is not told"
    )
    resources: dict[str, dict[str, Any]] = Field(
        description="forecast.state: expected, saturated, steady, not_enough_data"
    )


class ServiceList(BaseModel):
    services: list[Service]
