"""The port: what any assistant is asked and what it may answer."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.diagnosis.categories import Category

MOST_CANDIDATES = 3


class Cause(BaseModel):
    """What a model answers. "unknown" with low confidence is a good answer; a guess is not.

    component: the name of the entity where the cause sits, "" if unknown. evidence_ids: the items of the bundle this
    rests on. refuted_by: what would show that it is wrong.
    """

    model_config = ConfigDict(extra="forbid")

    hypothesis: str = Field(min_length=1, max_length=600)
    component: str = Field(max_length=160)
    category: Category
    confidence: float = Field(ge=0, le=1)
    evidence_ids: list[str] = Field(max_length=20)
    refuted_by: str = Field(min_length=1, max_length=300)


class Diagnosis(BaseModel):
    """A cause and who says so. Crosses durable boundaries as a dict.

    text and refuted_by are a model's own words; the embedded assistant names sentences of shared.texts instead
    (text_key with text_values, refuted_by_key), so that its answer is in the reader's language. candidates: what the
    ranking holds likely (domain.ranking.Candidate), best first, at most MOST_CANDIDATES, whoever answers.
    """

    category: Category
    component: str = ""
    confidence: float = Field(ge=0, le=1)
    evidence_ids: list[str]
    author: Literal["embedded", "openai"]
    model: str = ""
    text: str = ""
    text_key: str = ""
    text_values: dict[str, Any] = {}
    refuted_by: str = ""
    refuted_by_key: str = ""
    candidates: list[dict[str, Any]] = []


class Assistant(Protocol):
    """Anyone who can propose a cause."""

    async def diagnose(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
    ) -> Diagnosis:
        """Propose a cause for the problem from the bundle (domain.evidence.Bundle) alone.

        Always answers: when it cannot tell, the category is "unknown".
        """
        ...

    async def ping(self) -> None:
        """Raises when what answers is away."""
        ...
