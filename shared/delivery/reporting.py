"""The event of a report: whoever reports the same thing, a hook or a look, makes the same event."""

from shared.domain import event_types
from shared.domain.delivery.delivery_reports import Report
from shared.events import Event, new_event

_LONGEST_SUBJECT = 200


def reported(report: Report, identity: tuple[str, ...]) -> Event:
    """identity: what makes the report unique at its source."""
    source = report["source"]
    subject = ":".join(part for part in (source, *identity) if part)[:_LONGEST_SUBJECT]
    where = f"/{source.replace('_', '-')}"
    return new_event(event_types.DELIVERY_REPORTED, where, (source, *identity), dict(report), subject)
