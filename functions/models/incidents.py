"""What is remembered of incidents."""

from pydantic import BaseModel, Field

from functions.models.base import Strict


class SimilarRequest(Strict):
    """What a problem is about, in a person's words or a machine's."""

    text: str = Field(min_length=3, max_length=4000)
    service: str = Field(default="", max_length=80, description="Its incidents come first among equals")
    limit: int = Field(default=5, ge=1, le=20)


class SimilarIncident(BaseModel):
    """What is remembered of an incident that ended."""

    id: str = Field(description="Of its operation, or servicenow-<sys_id>")
    number: str
    title: str
    service: str
    cause: str
    category: str
    action_type: str
    helped: str = Field(description="What was done")
    outcome: str
    ended_at: str
    revised_at: str
    link: str
    similarity: float = Field(ge=0, le=1, description="How likely it is of the same kind of failure")
    model: str = Field(description="Whose vectors say so")


class SimilarIncidents(BaseModel):
    """The most similar first; none where none is more likely similar than not."""

    incidents: list[SimilarIncident]
    remembered: int = Field(description="Of how many")


class Forgotten(BaseModel):
    id: str
    removed: int = Field(description="Memories that were there")
