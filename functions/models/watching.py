"""How a service is watched, in its document, and what watching it came to."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from functions.models.base import Strict


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
