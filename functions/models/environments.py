"""Environments of services."""

from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from functions.models.base import Strict


class WorkingHours(Strict):
    """When an environment is wanted; outside it is stopped. Ends the next day where `end` is no later than `start`."""

    time_zone: str = Field(description="IANA name: America/Sao_Paulo")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]
    start: str
    end: str
    holidays: list[str] = Field(default=[])


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
