"""What is remembered of one incident that ended: a few sentences without personal data, and how it ended."""

import re
from collections.abc import Collection, Mapping
from typing import Any, TypedDict

from shared.domain.incident import incidents
from shared.domain.plain import plain

SOLVED_BY_PEOPLE = "solved_by_people"
"""Outcome of an incident that people resolved in ServiceNow and said how."""

_PREFERENCE = {incidents.RESOLVED: 1.0, SOLVED_BY_PEOPLE: 0.8, incidents.SELF_RESOLVED: 0.4}
"""How much an outcome teaches, 0 to 1: a fix that was verified, one that people vouch for, an end by itself."""

_FIELDS = {
    "title": 200,
    "service": 80,
    "cause": 600,
    "helped": 600,
}
"""Texts people read, with the characters kept of each."""

_NOISE = re.compile(
    r"«[A-Z]+»"  # what the redaction left in the place of a name or a number
    r"|\[P\d\]|\(P\d\)"  # a priority
    r"|\b\d{1,2}[h:]\d{2}\b"  # a time of day
    r"|\b\d{4,}\b"  # years, ticket numbers, counts; an HTTP status stays
)


class Memory(TypedDict):
    """id: of the operation, or `servicenow-<sys_id>`. ended_at, revised_at: ISO 8601, UTC.

    cause: why it happened, as far as anybody knows. helped: what was done in the end. Of two memories of one id the one
    revised later counts.
    """

    id: str
    number: str
    title: str
    service: str
    cause: str
    category: str
    action_type: str
    helped: str
    outcome: str
    ended_at: str
    revised_at: str
    link: str


def memory_of(given: Mapping[str, Any], known_names: Collection[str] = ()) -> Memory:
    """The memory of an incident, redacted: it outlives the incident and is shown to other teams.

    given: the fields of Memory; what is missing is empty. known_names: of people who took part.
    """
    from shared.redaction import redacted

    known = tuple(known_names)
    texts = {
        name: plain(redacted(str(given.get(name) or ""), known=known), limit)
        for name, limit in _FIELDS.items()
    }
    ended_at = str(given.get("ended_at") or "")
    return Memory(
        id=str(given["id"]),
        number=plain(str(given.get("number") or ""), 40),
        title=texts["title"],
        service=texts["service"],
        cause=texts["cause"],
        category=str(given.get("category") or "unknown"),
        action_type=str(given.get("action_type") or "none"),
        helped=texts["helped"],
        outcome=str(given["outcome"]),
        ended_at=ended_at,
        revised_at=str(given.get("revised_at") or ended_at),
        link=str(given.get("link") or ""),
    )


def about(memory: Mapping[str, Any]) -> str:
    """The words an incident is found by."""
    return without_noise(f"{memory['title']}. {memory['cause']}")


def without_noise(text: str) -> str:
    """The text without what says nothing of the kind of failure, so that two tellings of it come closer."""
    return " ".join(_NOISE.sub(" ", text).split())


def preference(memory: Mapping[str, Any]) -> float:
    """0 to 1: among equally similar incidents, those whose end teaches more come first."""
    return _PREFERENCE.get(str(memory["outcome"]), 0.0)
