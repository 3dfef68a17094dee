"""Services as the registry keeps them, with their owner's word."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from functions.models.automation import Automation
from functions.models.base import Strict
from functions.models.delivery import Delivery
from functions.models.watching import Watch


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


class ServiceList(BaseModel):
    services: list[Service]
