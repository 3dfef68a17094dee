"""The events we speak: CloudEvents 1.0, JSON format, on the Service Bus topic `events`.

An event's id comes from its source's own identity, so a redelivery has the same id and Service Bus drops it.
Events are facts, named in the past tense.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Event(BaseModel):
    """One CloudEvent. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md"""

    model_config = ConfigDict(frozen=True, extra="allow")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1, max_length=128)
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    subject: str | None = None
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]

    def to_json(self) -> str:
        """The event as one line of JSON."""
        return self.model_dump_json(exclude_none=True)


def event_id(*identity: str) -> str:
    """Name an event after what makes it unique at its source; the same parts give the same id."""
    return hashlib.sha256("\x1f".join(identity).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def new_event(
    type_: str,
    source: str,
    identity: tuple[str, ...],
    data: dict[str, Any],
    subject: str | None = None,
    time: datetime | None = None,
) -> Event:
    """An event whose id is its type and identity, so that saying it twice is saying it once."""
    return Event(
        id=event_id(type_, *identity),
        source=source,
        type=type_,
        subject=subject,
        time=time or datetime.now(UTC),
        data=data,
    )
