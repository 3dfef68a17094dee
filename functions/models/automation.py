"""The owner's word on what the platform may do to a service, in a service's document."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from functions.models.base import Strict
from shared.domain.diagnosis.categories import KnownCategory


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
