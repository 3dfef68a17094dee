"""The shapes callers send and get: what pydantic validates here is what GET /api/openapi.json publishes."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from functions.delivery_models import Delivery

_GUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fault(BaseModel):
    field: str = Field(description="Path of the field, empty for the whole body")
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class Accepted(BaseModel):
    """A webhook's event is on the topic."""

    event_id: str
    type: str


class Step(BaseModel):
    name: str
    state: Literal["running", "waiting", "done", "failed", "stopped"]
    started_at: str
    ended_at: str | None = None
    result: str = Field(default="", description='What it came to: "created", "adopted", a decision')
    detail: str = Field(default="", description="Why it waits or failed")


class Compensation(BaseModel):
    """How a step is undone if it must be."""

    name: str
    of: str = Field(description="The step it undoes")
    state: Literal["recorded", "running", "waiting", "undone", "left", "failed", "stopped"] = Field(
        description='"left": it was there before, or is not ours'
    )
    result: str = ""
    detail: str = ""
    started_at: str = ""
    ended_at: str = ""


class EditRefused(BaseModel):
    by: str
    reason: str = Field(description="A key of the texts: handed_over.<reason>")


class Approval(BaseModel):
    """What a person is asked to allow, bound by its hash."""

    action: dict[str, Any]
    action_hash: str
    risk: Literal["low", "medium", "high"]
    requested_by: str
    approvers_needed: int
    approved_by: list[str]
    role: str = Field(default="Platform.Approver", description="What each who decides must have")
    expires_at: str
    state: str = Field(
        description='"waiting", or what was decided; "automatic" where owner and policies let it run without a person'
    )
    editable: bool = Field(default=False, description="Whether a decision may be an edit")
    options: list[dict[str, Any]] = Field(
        default=[], description="Actions that an edit may choose, among others"
    )
    edited_by: str = Field(default="", description="Whose edit this is; they cannot approve it")
    edited_from: str = Field(default="", description="The hash of the action that was proposed before")
    edit_refused: EditRefused | None = Field(default=None, description="The last edit that did not hold")


class Operation(BaseModel):
    """One durable orchestration, as it stands."""

    id: str
    kind: str
    state: Literal["running", "completed", "failed"]
    outcome: str | None = None
    created_at: str
    updated_at: str
    steps: list[Step]
    earlier_steps: int = Field(default=0, description="Done before these, not listed: their number")
    links: dict[str, str]
    case: dict[str, Any] | None = None
    approval: Approval | None = None
    error: str = ""
    warnings: list[str] = Field(default=[], description="Steps after the outcome that could not be done")
    cancellable: bool = False
    compensations: list[Compensation] = []


class Operations(BaseModel):
    operations: list[Operation]


class DecisionRequest(Strict):
    """A person's decision on exactly the action of this hash. An edit names the action to propose instead."""

    decision: Literal["approve", "refuse", "edit"]
    action_hash: str = Field(pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)
    action: dict[str, Any] | None = Field(
        default=None,
        max_length=30,
        description="Of an edit: a typed action of the catalogue, as `options` has some",
    )

    @model_validator(mode="after")
    def _action_of_an_edit(self) -> Self:
        if (self.action is None) is (self.decision == "edit"):
            raise ValueError("action must be given with an edit, and with nothing else")
        return self


class DecisionTaken(BaseModel):
    operation_id: str
    decision: Literal["approve", "refuse", "edit"]


class CancelRequest(Strict):
    reason: str = Field(default="", max_length=500)


class Started(BaseModel):
    """An operation that goes on by itself."""

    operation_id: str
    status_url: str
    started: bool = Field(description="Whether this call started it, or an earlier one")


class Cancelled(BaseModel):
    operation_id: str


class GoldenPath(BaseModel):
    """title, description: by language. parameters: JSON Schema 2020-12 of what POST .../services takes."""

    name: str
    version: str
    owner: str
    title: dict[str, str]
    description: dict[str, str]
    tags: list[str]
    runtime: str
    steps: list[str]
    parameters: dict[str, Any]
    policies: dict[str, Any]
    estimate: dict[str, Any]


class GoldenPathList(BaseModel):
    golden_paths: list[GoldenPath]


class ServiceRequest(BaseModel):
    """The parameters of a golden path: GET /api/golden-paths/{name} has their JSON Schema."""

    model_config = ConfigDict(extra="allow")

    name: str
    description: str
    project: str
    product: str
    owner: str
    cost_center: str
    tier: Literal[1, 2, 3]
    data_classification: str


class ApprovalWanted(BaseModel):
    risk: str
    reasons: list[str] = Field(description='"tier", "environment", "monthly_brl"')


class ValidationResult(BaseModel):
    """What would happen; nothing was created."""

    valid: bool
    errors: list[Fault]
    parameters: dict[str, Any] = Field(default={}, description="With their defaults")
    estimate: dict[str, int] = Field(default={}, description="monthly_brl: estimated EffectiveCost in BRL")
    approval: ApprovalWanted | None = None
    files: list[str] = Field(default=[], description="What the repository will hold")


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


Cause = Literal[
    "recent_deployment",
    "memory_leak",
    "saturation",
    "dependency",
    "configuration",
    "certificate",
    "quota",
    "infrastructure",
]


class Instances(Strict):
    """How many instances are normal, and how many scaling out may make."""

    normal: int = Field(ge=1, le=99)
    most: int = Field(ge=1, le=100)


class ServiceFlag(Strict):
    """A feature flag of Azure App Configuration that may be switched off for these causes."""

    name: str = Field(pattern="^[A-Za-z0-9_.-]{1,100}$")
    label: str = Field(default="", pattern="^[A-Za-z0-9_.-]{0,100}$", description="Empty: without a label")
    categories: list[Cause] = Field(min_length=1, max_length=8)


class NamedPipeline(Strict):
    """A pipeline of the service's project that may be run for these causes, with these parameters and no others."""

    name: str = Field(pattern="^[a-z][a-z0-9_-]{0,39}$")
    pipeline_id: int = Field(ge=1)
    ref_name: str = Field(default="refs/heads/main", pattern="^refs/[A-Za-z0-9_./-]{1,200}$")
    parameters: dict[str, Annotated[str, Field(max_length=200)]] = Field(default={}, max_length=20)
    categories: list[Cause] = Field(min_length=1, max_length=8)


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


class DeadLetter(BaseModel):
    subscription: str
    sequence_number: int
    event_id: str
    type: str
    reason: str
    description: str
    fault: str = Field(description="What is wrong with the event, or that it reads well now")
    enqueued_at: str
    delivery_count: int


class DeadLetterList(BaseModel):
    dead_letters: list[DeadLetter]


class Probe(BaseModel):
    """state: "up", "down", "not_configured", or "not_probed" where asking would do something."""

    name: str
    state: Literal["up", "down", "not_configured", "not_probed"]
    critical: bool
    took_ms: int
    reason: str = ""


class Health(BaseModel):
    """degraded: something is down but events are taken. down: events are not taken."""

    state: Literal["up", "degraded", "down"]
    version: str
    probes: list[Probe]


class CatalogEntities(BaseModel):
    """The registry as Backstage's catalog."""

    entities: list[dict[str, Any]] = Field(description="Backstage's descriptor format, backstage.io/v1alpha1")
    remarks: list[str] = Field(description="What to mend in the registry")


class CatalogLinkRequest(Strict):
    days: int = Field(default=180, ge=1, le=366, description="How long the address is good")
    groups: bool = Field(default=False, description="Whether it brings a Group of each owner")


class CatalogLink(BaseModel):
    """The address of a Location of type url: who has it reads the catalog, nothing else."""

    url: str
    expires_at: str


class WorkingHours(Strict):
    """When an environment is wanted; outside it is stopped. Ends the next day where `end` is no later than `start`."""

    time_zone: str = Field(description="IANA name: America/Sao_Paulo")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]
    start: str
    end: str
    holidays: list[str] = []


class Environment(BaseModel):
    """One environment of a service. Times: ISO 8601, UTC."""

    service: str
    environment: str
    product: str
    owner: str
    state: str = Field(
        description="running, stopping, stopped, starting, destroying, destroy_failed, destroyed"
    )
    requested_by_name: str
    created_at: str
    ends_at: str | None = Field(description="null: it does not end")
    announced: bool = Field(description="Whether people were told of this end")
    working_hours: WorkingHours | None = None
    operation_id: str | None = Field(default=None, description="What is under way for it")
    problem: str = Field(default="", description="Why its last action failed; it is tried again a day later")


class EnvironmentList(BaseModel):
    environments: list[Environment]


class ExtensionRequest(Strict):
    """Until when: one of the two."""

    until: AwareDatetime | None = Field(default=None, description="ISO 8601 with its zone")
    hours: float | None = Field(default=None, gt=0, le=8760, description="From now")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.until is None) == (self.hours is None):
            raise ValueError("give either until or hours")
        return self


class SimilarRequest(Strict):
    """What a problem is about, in a person's words or a machine's."""

    text: str = Field(min_length=3, max_length=4000)
    service: str = Field(default="", max_length=80, description="Its incidents come first among equals")
    limit: int = Field(default=5, ge=1, le=20)


class SimilarIncident(BaseModel):
    """What is remembered of an incident that ended."""

    id: str = Field(description="Of its operation, or servicenow-<sys_id>")
    number: str
    title: str
    service: str
    cause: str
    category: str
    action_type: str
    helped: str = Field(description="What was done")
    outcome: str
    ended_at: str
    revised_at: str
    link: str
    similarity: float = Field(ge=0, le=1, description="How likely it is of the same kind of failure")
    model: str = Field(description="Whose vectors say so")


class SimilarIncidents(BaseModel):
    """The most similar first; none where none is more likely similar than not."""

    incidents: list[SimilarIncident]
    remembered: int = Field(description="Of how many")


class Forgotten(BaseModel):
    id: str
    removed: int = Field(description="Memories that were there")


class RiskyFile(BaseModel):
    """One file of a change. What else is sent of it is not read."""

    path: str = Field(min_length=1, max_length=400)
    additions: int | None = Field(default=None, ge=0, le=10_000_000, description="Lines; null: not counted")
    deletions: int | None = Field(default=None, ge=0, le=10_000_000, description="Lines; null: not counted")
    status: Literal["added", "modified", "deleted", "renamed"] = "modified"


class CommitRange(BaseModel):
    """From where to where Azure DevOps is asked for the difference, as a pull request shows it."""

    base: str = Field(pattern="^[0-9a-fA-F]{7,40}$")
    head: str = Field(pattern="^[0-9a-fA-F]{7,40}$")


class ChangeRiskRequest(BaseModel):
    """A change before it goes out. Fields beside these, such as its author, are not read."""

    service: str = Field(default="", pattern="^([a-z]([a-z0-9-]{0,61}[a-z0-9])?)?$")
    repository: str = Field(default="", max_length=128, description="Instead of the service: its name")
    pull_request: str = Field(
        default="", max_length=80, description="Its number; without files and commits Azure DevOps is asked"
    )
    commits: CommitRange | None = Field(default=None, description="Instead of files")
    files: list[RiskyFile] = Field(default=[], max_length=5000)
    more_files: int = Field(default=0, ge=0, le=10_000_000, description="How many are not in `files`")
    title: str = Field(default="", max_length=500, description="Shown, never judged")
    target: str = Field(
        default="production", pattern="^[a-z][a-z0-9-]{0,39}$", description="The environment it goes to"
    )
    language: Literal["pt-BR", "en"] | None = Field(default=None, description="Else Accept-Language's")

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if not self.service and not self.repository:
            raise ValueError("give service or repository")
        if self.files and self.commits:
            raise ValueError("give either files or commits")
        if not self.files and not self.commits and not re.fullmatch("[0-9]{1,9}", self.pull_request):
            raise ValueError("give files, commits, or the number of a pull request in Azure DevOps")
        return self


class RiskReason(BaseModel):
    rule: str
    points: int = Field(description="Of the score")
    text: str
    todo: str = Field(description="What to do about it")
    files: list[str] = Field(description="Some of them, as plain text")
    more_files: int


class Rollout(BaseModel):
    kind: Literal["direct", "canary", "with_flag"]
    text: str


class RollbackPlan(BaseModel):
    runbook: str | None = Field(description="Of the catalogue; null: people only")
    safe: bool | None = Field(description="null: somebody must look first")
    text: str


class NotKnown(BaseModel):
    what: str
    text: str


class ChangeRisk(BaseModel):
    """What the rules say of a change (docs/change-risk.md)."""

    service: str | None = Field(description="null: not in the registry")
    pull_request: str
    target: str
    score: int = Field(ge=0, le=100)
    level: Literal["low", "medium", "high"]
    reasons: list[RiskReason] = Field(description="The heaviest first")
    rollout: Rollout
    rollback: RollbackPlan
    missing: list[NotKnown] = Field(description="What the score does not know")
    files_judged: int
    summary: str
    author: Literal["embedded", "openai"] = Field(description="Of the summary's words")
    markdown: str = Field(description="A comment for the pull request")


class ScorecardReason(BaseModel):
    rule: str
    text: dict[str, str] = Field(description="By language")


class ScorecardSection(BaseModel):
    """The section's own figures stand beside its level; null where there is no data."""

    model_config = ConfigDict(extra="allow")

    level: Literal["good", "fair", "poor"] | None = Field(description="null: no data, which is not good")
    reasons: list[ScorecardReason]


class Scorecard(BaseModel):
    """How a service delivers and runs (docs/scorecards.md)."""

    service: str
    product: str | None
    owner: str | None
    tier: int | None
    computed_at: str
    level: Literal["good", "fair", "poor"] | None = Field(description="Of the worst section with data")
    reasons: list[ScorecardReason]
    known: int = Field(description="How many sections have data")
    sections: dict[str, ScorecardSection] = Field(description="dora, gates, incidents, slo, cost")
    badge_url: str = Field(description="Signed: opens the badge without a token, and nothing else")


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


class CorrectionRequest(Strict):
    """What a deployment counts as, by a person's word. restore: what was said before is void."""

    kind: Literal[
        "failed", "not_failed", "incident", "not_incident", "rework", "not_rework", "ignore", "restore"
    ]
    incident_number: str | None = Field(
        default=None, pattern="^[A-Za-z0-9_.-]{1,100}$", description="Of incident and not_incident"
    )
    reason: str = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def _of_an_incident(self) -> Self:
        if (self.incident_number is None) is self.kind.endswith("incident"):
            raise ValueError(
                "incident_number must be given with incident and not_incident, and with nothing else"
            )
        return self


class DeploymentCorrection(BaseModel):
    correction_id: str
    deployment_id: str
    kind: str
    incident_number: str | None = None
    reason: str
    by: str = Field(description="The person's id")
    at: str
    holds: bool = Field(description="Whether nothing said later took it back")


class DeploymentCorrections(BaseModel):
    deployment_id: str
    corrections: list[DeploymentCorrection]
