"""Quality gates."""

from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from functions.models.base import Strict

_GUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class GateCheck(Strict):
    """The ids Azure Pipelines hands to a check "Invoke REST API" with callback; nothing else is called than its own
    organisation's address, which is a setting of the platform."""

    project_id: str = Field(pattern=_GUID, description="system.TeamProjectId")
    hub_name: Literal["build", "checks", "gates", "release"] = Field(description="system.HostType")
    plan_id: str = Field(pattern=_GUID, description="system.PlanId")
    job_id: str = Field(pattern=_GUID, description="system.JobId")
    task_id: str = Field(pattern=_GUID, description="system.TaskInstanceId")


class GateRequest(Strict):
    """A version that went to an environment, to be judged by what it did to the service."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    service: str = Field(min_length=1, max_length=63)
    environment: str = Field(default="production", pattern="^[a-z][a-z0-9-]{0,39}$")
    version: str = Field(pattern="^[A-Za-z0-9._+:/-]{1,100}$")
    commit: str | None = Field(default=None, pattern="^[0-9a-f]{40}$")
    deployment_id: str | None = Field(default=None, max_length=300)
    run_id: int | None = Field(default=None, ge=1, description="Build.BuildId of the deployment's run")
    change_number: str | None = Field(
        default=None, pattern="^[A-Z]{3}[0-9]{4,12}$", description="ServiceNow's"
    )
    from_: AwareDatetime | None = Field(default=None, alias="from", description="Since when it ran; now")
    until: AwareDatetime | None = Field(default=None, description="When it is judged")
    window_minutes: float | None = Field(
        default=None, gt=0, le=1440, description="Instead of until; the gate's own"
    )
    check: GateCheck | None = Field(default=None, description="A check of Azure Pipelines to answer")
    dry_run: bool = Field(default=False, description="Say what would be done, do nothing, tell nobody")

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.until is not None and self.window_minutes is not None:
            raise ValueError("give either until or window_minutes")
        return self


class GateObjective(BaseModel):
    """One objective, with all its verdict rests on."""

    name: str
    indicator: str
    status: Literal["pass", "warn", "fail", "unknown", "informative"]
    reason: str = Field(
        description="Why it is not known: no_data, few_samples, late, vendor, not_measured, no_baseline"
    )
    value: float | None
    unit: str
    baseline: float | None
    baseline_from: Literal["history", "before", ""]
    baseline_of: int = Field(description="Of how many earlier good deployments it is the median")
    samples: int
    min_samples: int
    criteria: dict[str, list[dict[str, list[str]]]] = Field(
        description="pass and warn: any one of these sets"
    )
    weight: int
    key: bool
    points: list[list[float]] = Field(description="[milliseconds, value] of the window")


class GateRollback(BaseModel):
    """What became of a version that failed in production."""

    state: Literal["would", "none", "asked", "refused", "expired", "failed", "verified", "unverified"]
    action: str
    reason: str
    done: bool


class QualityGate(BaseModel):
    """One gate. failed: its operation ended without a verdict, which counts as inconclusive."""

    id: str
    state: Literal["running", "decided", "failed"]
    step: str = Field(description="What it does while it runs")
    operation_url: str
    service: str
    environment: str
    version: str
    commit: str | None = None
    deployment_id: str | None = None
    run_id: int | None = None
    change_number: str | None = None
    dry_run: bool = False
    from_ms: int
    until_ms: int
    verdict: Literal["pass", "warn", "fail", "inconclusive"] | None
    decision: Literal["proceed", "hold", "stop"] | None = Field(
        description="What a pipeline does; null while it runs"
    )
    score: float | None = Field(default=None, description="0 to 100: what is certain of it")
    best: float | None = Field(default=None, description="What it would be if all that is unknown passed")
    pass_percent: float | None = None
    warn_percent: float | None = None
    decided_at: str | None = None
    objectives: list[GateObjective]
    rollback: GateRollback | None = None
