"""The shapes of delivery events that callers send and get."""

from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from functions.models.base import Strict
from shared.domain.delivery.deliveries import MOST_COMMITS

Name = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,99}$"


class Delivery(Strict):
    """How the service is delivered, beside its Azure DevOps pipeline (docs/delivery-events.md)."""

    repositories: list[str] = Field(
        default=[],
        max_length=20,
        description='Of GitHub, "owner/name": their changes and deployments are its',
    )
    workflows: list[str] = Field(
        default=[], max_length=20, description="Files of GitHub workflows whose runs deploy it"
    )
    environment: str = Field(
        default="",
        max_length=100,
        description="Where a run goes that names no environment; empty: it is not told",
    )

    @model_validator(mode="after")
    def _are_repositories(self) -> Self:
        if not all(len(one.split("/")) == 2 and all(one.split("/")) for one in self.repositories):
            raise ValueError("repositories are named owner/name")
        return self


class DeployedCommit(Strict):
    sha: str = Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")
    committed_at: AwareDatetime | None = None


class DeploymentData(Strict):
    """A deployment of a registered service. Times have a zone; what is not known is left out."""

    id: str = Field(
        pattern=r"^[A-Za-z0-9._:-]{1,100}$", description="Of the deployment: begin and end share it"
    )
    service: str = Field(pattern="^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")
    environment: str = Field(pattern=Name)
    version: str = Field(min_length=1, max_length=100)
    commit: str | None = Field(default=None, pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")
    commits: list[DeployedCommit] = Field(default=[], max_length=MOST_COMMITS)
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    result: Literal["succeeded", "failed", "cancelled"] | None = None
    how: Literal["pipeline", "manual", "rollback"] = "pipeline"
    rolls_back: str | None = Field(default=None, pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")
    change_number: str | None = Field(default=None, pattern="^CHG[0-9]{4,12}$")
    url: str = Field(default="", max_length=1000, pattern=r"^(https?://\S+)?$")

    @model_validator(mode="after")
    def _ends_whole(self) -> Self:
        if (self.result is None) is not (self.finished_at is None):
            raise ValueError("result and finished_at come together, when it has ended")
        if self.result is None and self.started_at is None:
            raise ValueError("a deployment that has not ended has started_at")
        return self


class DeploymentEvent(BaseModel):
    """A CloudEvent 1.0 whose data is a deployment, or a CDEvent of a service (dev.cdevents.service.*), even bare.

    A second call with the same id and source is the first one again.
    """

    model_config = ConfigDict(extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=300)
    type: str = Field(
        min_length=1, max_length=200, description="deployment.started, deployment.finished, or CDEvents'"
    )
    time: AwareDatetime | None = None
    data: dict[str, Any]


class DeploymentTaken(BaseModel):
    """The deployment is on the topic; whether it matches a service shows later."""

    event_id: str
    deployment_id: str


class UnmatchedDelivery(BaseModel):
    """What a tool told that nobody could make a fact of."""

    id: str
    reason: str
    kept_at: str
    tried_at: str
    tries: int
    source: str
    kind: str
    hook: str
    place: dict[str, str]
    explanation: str = Field(description="The reason in a sentence, and what to do")


class UnmatchedDeliveries(BaseModel):
    unmatched: list[UnmatchedDelivery]


class Retried(BaseModel):
    id: str
    matched: bool
    reason: str
