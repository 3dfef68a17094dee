"""Dynatrace's problem notification (custom integration webhook).

The body is whatever the customer's template says; ours is docs/integrations/dynatrace-problem-notification.json,
and the vendor's documented example is understood too. Dynatrace cannot sign: it sends a secret in a header.
https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration
"""

from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator

from functions.validation import parse_json, validate
from shared import events
from shared.domain import event_types
from shared.domain.incident import problems
from shared.security.webhooks import verify_shared_secret
from shared.settings import Settings

SECRET_HEADER = "x-valueflow-secret"  # noqa: S105  # the header's name

_EVENT_OF_STATE = {problems.OPEN: event_types.PROBLEM_OPENED, problems.RESOLVED: event_types.PROBLEM_RESOLVED}


class ImpactedEntity(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = ""
    name: str = ""
    entity: str = Field(min_length=1, max_length=100)


class DynatraceNotification(BaseModel):
    """A problem notification; names are the vendor's placeholders."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    pid: str = Field(alias="PID", min_length=1, max_length=200, description="Dynatrace's id of the problem")
    state: str = Field(
        alias="State", min_length=1, max_length=40, description="OPEN, RESOLVED, or one we only record"
    )
    display_id: str = Field(default="", alias="ProblemID", max_length=100)
    title: str = Field(default="", alias="ProblemTitle", max_length=2000)
    impact: str = Field(default="", alias="ProblemImpact", max_length=100)
    severity: str = Field(default="", alias="ProblemSeverity", max_length=100)
    entities: list[ImpactedEntity] = Field(default=[], alias="ImpactedEntities", max_length=500)
    url: str = Field(
        default="",
        validation_alias=AliasChoices("ProblemURL", "Problem URL"),
        serialization_alias="ProblemURL",
        max_length=2000,
    )
    tags: str = Field(default="", alias="Tags", max_length=8000)
    details: dict[str, Any] = Field(
        default={}, validation_alias=AliasChoices("ProblemDetailsJSONv2", "ProblemDetailsJSON")
    )

    @field_validator("state")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper()

    def start_ms(self) -> int | None:
        """When the problem began (ms since 1970): from the details, else from the id, else unknown."""
        told = self.details.get("startTime")
        return told if isinstance(told, int) and told > 0 else problems.start_from_id(self.pid)


def verify(headers: Mapping[str, str], body: bytes, settings: Settings) -> None:
    """Raises: Unauthenticated."""
    verify_shared_secret(headers.get(SECRET_HEADER), settings.dynatrace_webhook_secrets)


def to_event(body: bytes) -> events.Event:
    """The event this notification is. The same notification always is the same event.

    Raises: InvalidRequest.
    """
    told = validate(DynatraceNotification, parse_json(body))
    start_ms = told.start_ms()
    problem = problems.Problem(
        problem_id=told.pid,
        display_id=told.display_id,
        title=told.title or told.pid,
        impact=told.impact,
        severity=told.severity or str(told.details.get("severityLevel", "")),
        state=told.state,
        start_ms=start_ms,
        entities=[problems.Entity(id=e.entity, name=e.name, type=e.type) for e in told.entities],
        url=told.url if told.url.startswith(("https://", "http://")) else "",
        tags=[tag.strip() for tag in told.tags.split(",") if tag.strip()],
    )
    return events.new_event(
        _EVENT_OF_STATE.get(told.state, event_types.PROBLEM_UNRECOGNISED),
        "/dynatrace",
        (told.pid, str(start_ms or ""), told.state),
        dict(problem),
        subject=told.pid,
    )
