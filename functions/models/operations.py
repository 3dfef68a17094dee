"""Operations: their steps, approvals and decisions."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from functions.models.base import Strict


class Step(BaseModel):
    name: str
    state: Literal["running", "waiting", "done", "failed", "stopped"]
    started_at: str
    ended_at: str | None = None
    result: str = Field(default="", description='What it came to: "created", "adopted", a decision')
    detail: str = Field(default="", description="Why it waits or failed")


class Compensation(BaseModel):
    """How a step is undone if it must be."""

    name: str
    of: str = Field(description="The step it undoes")
    state: Literal["recorded", "running", "waiting", "undone", "left", "failed", "stopped"] = Field(
        description='"left": it was there before, or is not ours'
    )
    result: str = ""
    detail: str = ""
    started_at: str = ""
    ended_at: str = ""


class EditRefused(BaseModel):
    by: str
    reason: str = Field(description="A key of the texts: handed_over.<reason>")


class Approval(BaseModel):
    """What a person is asked to allow, bound by its hash."""

    action: dict[str, Any]
    action_hash: str
    risk: Literal["low", "medium", "high"]
    requested_by: str
    approvers_needed: int
    approved_by: list[str]
    role: str = Field(default="Platform.Approver", description="What each who decides must have")
    expires_at: str
    state: str = Field(
        description='"waiting", or what was decided; "automatic" where owner and policies let it run without a person'
    )
    editable: bool = Field(default=False, description="Whether a decision may be an edit")
    options: list[dict[str, Any]] = Field(
        default=[], description="Actions that an edit may choose, among others"
    )
    edited_by: str = Field(default="", description="Whose edit this is; they cannot approve it")
    edited_from: str = Field(default="", description="The hash of the action that was proposed before")
    edit_refused: EditRefused | None = Field(default=None, description="The last edit that did not hold")


class Operation(BaseModel):
    """One durable orchestration, as it stands."""

    id: str
    kind: str
    state: Literal["running", "completed", "failed"]
    outcome: str | None = None
    created_at: str
    updated_at: str
    steps: list[Step]
    earlier_steps: int = Field(default=0, description="Done before these, not listed: their number")
    links: dict[str, str]
    case: dict[str, Any] | None = None
    approval: Approval | None = None
    error: str = ""
    warnings: list[str] = Field(default=[], description="Steps after the outcome that could not be done")
    cancellable: bool = False
    compensations: list[Compensation] = []


class Operations(BaseModel):
    operations: list[Operation]


class DecisionRequest(Strict):
    """A person's decision on exactly the action of this hash. An edit names the action to propose instead."""

    decision: Literal["approve", "refuse", "edit"]
    action_hash: str = Field(pattern="^[0-9a-f]{64}$")
    comment: str = Field(default="", max_length=500)
    action: dict[str, Any] | None = Field(
        default=None,
        max_length=30,
        description="Of an edit: a typed action of the catalogue, as `options` has some",
    )

    @model_validator(mode="after")
    def _action_of_an_edit(self) -> Self:
        if (self.action is None) is (self.decision == "edit"):
            raise ValueError("action must be given with an edit, and with nothing else")
        return self


class DecisionTaken(BaseModel):
    operation_id: str
    decision: Literal["approve", "refuse", "edit"]


class CancelRequest(Strict):
    reason: str = Field(default="", max_length=500)


class Started(BaseModel):
    """An operation that goes on by itself."""

    operation_id: str
    status_url: str
    started: bool = Field(description="Whether this call started it, or an earlier one")


class Cancelled(BaseModel):
    operation_id: str
