"""An open incident's entry: what it says, and how it changes as problems join, end and move on.

An incident's entry:
{"operation_id", "kind": "start" or "reopen", "reopens": incident or None, "service", "fingerprint", "entities",
"neighbours", "root_cause", "problems": {identity: {"state", "reason"}}, "more_problems", "pipeline",
"opened_ms", "last_ms", "ended_ms", "outcome", "incident": {"sys_id", "number", "url"} or None}
Times: milliseconds since 1970. identity: a problem's id with its start, since Dynatrace reuses ids. root_cause: the
entity that Dynatrace blames. pipeline: what deploys the service, "<project>/<pipeline id>".
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shared.domain.incident.correlation import Assignment, Entry, Facts, fingerprint, identity
from shared.domain.incident.incidents import CLOSING
from shared.domain.incident.problems import RESOLVED

KEPT_MS = 24 * 60 * 60 * 1000
"""How long an ended incident is remembered."""
MOST_PROBLEMS = 1000
"""Problems, and entities, that an entry names; of a storm's others only the number is kept."""


def new_entry(
    problem: Mapping[str, Any], facts: Facts, assignment: Assignment, entries: Iterable[Entry] = ()
) -> Entry:
    """The entry of an incident that begins with this problem, or begins again.

    entries: those there are; what belonged to the incident before it was opened again belongs to it now.
    """
    again = [one for one in entries if assignment.reopens and one["incident"] == assignment.reopens]
    entities = {entity["id"] for entity in problem["entities"]}.union(*(one["entities"] for one in again))
    neighbours = facts.neighbours.union(*(one["neighbours"] for one in again)) - entities
    root_cause = facts.root_cause or next((one.get("root_cause", "") for one in again), "")
    return {
        "operation_id": assignment.operation_id,
        "kind": assignment.kind,
        "reopens": dict(assignment.reopens) if assignment.reopens else None,
        "service": facts.service["name"] if facts.service else None,
        "fingerprint": fingerprint(problem, facts.service),
        "entities": sorted(entities)[:MOST_PROBLEMS],
        "neighbours": sorted(neighbours)[:MOST_PROBLEMS],
        "root_cause": root_cause,
        "problems": {identity(problem): {"state": problem["state"], "reason": assignment.reason}},
        "more_problems": 0,
        "pipeline": facts.pipeline,
        "opened_ms": problem["start_ms"],
        "last_ms": problem["start_ms"],
        "ended_ms": None,
        "outcome": None,
        "incident": None,
    }


def joined(entry: Entry, problem: Mapping[str, Any], reason: str) -> Entry:
    """The entry with this problem, or with its newer state. RESOLVED is final."""
    name = identity(problem)
    problems = dict(entry["problems"])
    if name in problems:
        if problems[name]["state"] != RESOLVED:
            problems[name] = {**problems[name], "state": problem["state"]}
        return {**entry, "problems": problems}
    if len(problems) >= MOST_PROBLEMS:
        return {**entry, "more_problems": entry["more_problems"] + 1}
    problems[name] = {"state": problem["state"], "reason": reason}
    entities = sorted({*entry["entities"], *(entity["id"] for entity in problem["entities"])})
    return {
        **entry,
        "problems": problems,
        "entities": entities[:MOST_PROBLEMS],
        "opened_ms": min(entry["opened_ms"], problem["start_ms"]),
        "last_ms": max(entry["last_ms"], problem["start_ms"]),
    }


def resolved(entry: Entry, names: Collection[str]) -> Entry:
    """The entry with these of its problems over."""
    problems = {
        name: {**told, "state": RESOLVED} if name in names else told
        for name, told in entry["problems"].items()
    }
    return {**entry, "problems": problems}


def left_behind(entry: Entry, problem: Mapping[str, Any], before_ms: int) -> bool:
    """Whether this open problem joined an incident that was resolved, before that time, as if all were over."""
    return (
        entry["operation_id"] != identity(problem)
        and entry["outcome"] in CLOSING
        and entry["ended_ms"] is not None
        and entry["ended_ms"] < before_ms
    )


def open_besides_own(entry: Entry) -> list[str]:
    """The problems that joined and are not over; of the one it began with, the operation itself has proof."""
    return [
        name
        for name, told in entry["problems"].items()
        if told["state"] != RESOLVED and name != entry["operation_id"]
    ]


def start_ms_of(name: str) -> int:
    """When the problem of this identity began."""
    return int(name.rpartition("-")[2])


def without(entry: Entry, problem: Mapping[str, Any]) -> Entry:
    """The entry without a problem that came too late for it."""
    problems = {name: state for name, state in entry["problems"].items() if name != identity(problem)}
    return {**entry, "problems": problems}


def kept(entries: Iterable[Entry], now_ms: int) -> list[Entry]:
    """Those that are open, or ended not long ago."""
    return [entry for entry in entries if entry["ended_ms"] is None or now_ms - entry["ended_ms"] <= KEPT_MS]
