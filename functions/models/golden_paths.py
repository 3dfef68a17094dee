"""Golden paths and requests for services."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from functions.models.base import Fault


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
