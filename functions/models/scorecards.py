"""Scorecards."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
