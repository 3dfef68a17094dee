"""Corrections of deployments."""

from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from functions.models.base import Strict


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
