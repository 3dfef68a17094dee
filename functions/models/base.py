"""What all shapes have in common: strictness, faults, problem details."""

from pydantic import BaseModel, ConfigDict, Field


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
