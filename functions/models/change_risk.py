"""The risk of a change."""

import re
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator


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
