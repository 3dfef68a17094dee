"""Random histories of incidents: events of operations that open, are decided and end; late, twice, wrong or missing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.event_types import APPROVAL_DECIDED, INCIDENT_CLOSED, INCIDENT_OPENED

Event = dict[str, Any]

BASE = datetime(2026, 10, 1, tzinfo=UTC)
OUTCOMES = (
    "resolved",
    "resolved",
    "self_resolved",
    "refused",
    "expired",
    "action_failed",
    "unverified",
    "handed_over",
    "failed",
    "planned",
)
ACTIONS = (None, "none", "roll_back", "restart")
_EVENT_TIMES = st.integers(0, 600).map(lambda number: written(BASE + timedelta(seconds=number)))


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def told_times(about: datetime) -> st.SearchStrategy[str | None]:
    """A time near this one, or one that cannot be read, or none."""
    near = st.integers(-120_000_000, 7_200_000_000).map(
        lambda us: written(about + timedelta(microseconds=us))
    )
    return st.one_of(near, near, near, near, near, near, st.none(), st.just("yesterday"))


def started(about: datetime) -> st.SearchStrategy[object]:
    """Some time before, in milliseconds; or nothing that is a number."""
    ms = round(about.timestamp() * 1000)
    return st.one_of(st.integers(ms - 600_000, ms + 60_000), st.sampled_from([ms, None, "soon"]))


@st.composite
def operation(draw: st.DrawFn, tag: str, name: str, number: str | None, opened_at: datetime) -> list[Event]:
    """The events of one operation: each kind none, one, or one with corrections."""
    about = {
        "operation_id": name,
        "incident_number": number,
        "service": draw(st.sampled_from([f"{tag}-cart", f"{tag}-orders", None])),
        "fingerprint": draw(st.sampled_from([f"{tag}-a", f"{tag}-b", None])),
        "started_ms": draw(started(opened_at)),
        "opened_at": draw(st.sampled_from([written(opened_at)] * 5 + [None, "odd"])),
    }
    events: list[Event] = []

    def add(type_: str, data: Mapping[str, Any]) -> None:
        event: Event = {"id": f"{name}-{len(events)}", "type": type_, "subject": name, "specversion": "1.0"}
        event |= {"source": "/valueflow", "time": draw(_EVENT_TIMES), "data": dict(data)}
        events.append(event)

    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        times = {"opened_at": draw(st.sampled_from([written(opened_at)] * 5 + ["odd"]))}
        add(INCIDENT_OPENED, {**about, **times, "action": draw(st.sampled_from(ACTIONS))})
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
        end = {
            "outcome": draw(st.sampled_from(OUTCOMES)),
            "action": draw(st.sampled_from(ACTIONS)),
            "automatic": draw(st.sampled_from([True, False, None, "odd"])),
            "acknowledged_at": draw(st.one_of(st.none(), told_times(opened_at))),
            "mitigated_at": draw(told_times(opened_at + timedelta(seconds=900))),
            "closed_at": draw(told_times(opened_at + timedelta(seconds=1200))),
        }
        add(INCIDENT_CLOSED, {**about, **end})
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        said = [
            {"decision": "approve", "at": draw(told_times(opened_at))} for _ in range(draw(st.integers(0, 2)))
        ]
        decided = draw(st.sampled_from(["approve", "refuse", "automatic"]))
        add(APPROVAL_DECIDED, {**about, "decided": decided, "decisions": said})
    return events


@st.composite
def histories(draw: st.DrawFn, tag: str, least: int = 24, most: int = 40) -> list[Event]:
    """Events of many incidents, some opened again, in any order, some of them twice."""
    events: list[Event] = []
    for incident in range(draw(st.integers(least, most))):
        opened_at = BASE + timedelta(
            days=draw(st.sampled_from([0, 0, 0, 0, 20, 45])), microseconds=draw(st.integers(0, 10**11))
        )
        number = draw(st.sampled_from([f"{tag}-INC{incident}", f"{tag}-INC{incident}", "", None]))
        for again in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
            name = f"{tag}-{incident}-{again}"
            events += draw(operation(tag, name, number, opened_at + timedelta(hours=again)))
    twice = draw(st.lists(st.sampled_from(events), max_size=10)) if events else []
    return list(draw(st.permutations(events + twice)))
