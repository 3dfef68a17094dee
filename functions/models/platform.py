"""The platform itself: health, dead letters, catalog."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from functions.models.base import Strict


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
