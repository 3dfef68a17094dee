"""Which problems are one incident: a problem joins an open one for a reason that can be told, or opens its own.

An incident's entry:
{"operation_id", "kind": "start" or "reopen", "reopens": incident or None, "service", "fingerprint", "entities",
"neighbours", "root_cause", "problems": {identity: {"state", "reason", "heard"?}}, "more_problems", "pipeline",
"opened_ms", "last_ms", "ended_ms", "outcome", "incident": {"sys_id", "number", "url"} or None}
Times: milliseconds since 1970. identity: a problem's id with its start, since Dynatrace reuses ids. root_cause: the
entity that Dynatrace blames. heard: the operation is known to go on with it. pipeline: what deploys the service,
"<project>/<pipeline id>".
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from shared.domain.incidents import CLOSING
from shared.domain.problems import RESOLVED, instance_id

Entry = dict[str, Any]
Kind = Literal["start", "join", "reopen"]

TOGETHER_MS = 30 * 60 * 1000
"""How far apart in time problems of one cause may begin."""
FLAPPING_MS = 30 * 60 * 1000
"""A problem that comes back within this time after its incident was resolved reopens it."""
KEPT_MS = 24 * 60 * 60 * 1000
"""How long an ended incident is remembered."""
MOST_PROBLEMS = 1000
"""Problems, and entities, that an entry names; of a storm's others only the number is kept."""


class Assignment(NamedTuple):
    """Where a problem belongs.

    reason: a key of shared.texts ("joined.<reason>"), "" for one of its own. reopens: the incident to open again.
    is_over: its incident was told that it is resolved, which is final.
    """

    kind: Kind
    operation_id: str
    reason: str = ""
    reopens: Mapping[str, Any] | None = None
    is_over: bool = False


class Facts(NamedTuple):
    """What is known of a problem when it comes.

    neighbours: ids of entities that call its own or are called by them. root_cause: of the one Dynatrace blames, "".
    """

    service: Mapping[str, Any] | None = None
    neighbours: frozenset[str] = frozenset()
    root_cause: str = ""

    @property
    def pipeline(self) -> str:
        """What deploys the service, "" when nothing is known to."""
        place = (self.service or {}).get("azure_devops") or {}
        return f"{place['project']}/{place['pipeline_id']}" if place.get("pipeline_id") else ""


def identity(problem: Mapping[str, Any]) -> str:
    """The one name of this occurrence of the problem."""
    return instance_id(problem["problem_id"], problem["start_ms"])


def fingerprint(problem: Mapping[str, Any], service: Mapping[str, Any] | None) -> str:
    """What a problem has in common with its earlier occurrences: service, title and severity."""
    entities = ",".join(sorted(entity["id"] for entity in problem["entities"]))
    about = "\n".join((service["name"] if service else entities, problem["title"], problem["severity"]))
    return hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def assign(problem: Mapping[str, Any], facts: Facts, entries: Sequence[Entry], now_ms: int) -> Assignment:
    """The incident this problem belongs to: one that names it already, one it joins or reopens, or its own."""
    newest_first = sorted(entries, key=lambda entry: int(entry["opened_ms"]), reverse=True)
    for entry in newest_first:
        if identity(problem) in entry["problems"]:
            if entry["operation_id"] == identity(problem):
                return Assignment(entry["kind"], entry["operation_id"], "", entry["reopens"])
            told = entry["problems"][identity(problem)]
            is_over = told["state"] == RESOLVED
            return Assignment("join", entry["operation_id"], told["reason"], is_over=is_over)
    for entry in newest_first:
        if entry["ended_ms"] is None and (reason := _reason(problem, facts, entry)):
            return Assignment("join", entry["operation_id"], reason)
    mark = fingerprint(problem, facts.service)
    for entry in newest_first if facts.service or problem["entities"] else ():
        if _flaps(problem, mark, entry, now_ms):
            return Assignment("reopen", identity(problem), "flapping", entry["incident"])
    for entry in newest_first:
        if late := _late(problem, facts, entry, now_ms):
            return late
    return Assignment("start", identity(problem))


def _reason(problem: Mapping[str, Any], facts: Facts, entry: Entry) -> str | None:
    """Why the problem belongs to this open incident; None when it does not."""
    if not entry["opened_ms"] - TOGETHER_MS <= problem["start_ms"] <= entry["last_ms"] + TOGETHER_MS:
        return None
    entities, theirs = {entity["id"] for entity in problem["entities"]}, set(entry["entities"])
    if entities & theirs:
        return "same_entity"
    their_cause = entry.get("root_cause", "")
    if facts.root_cause in theirs | {their_cause} - {""} or their_cause in entities - {""}:
        return "same_root_cause"
    if facts.service is not None and facts.service["name"] == entry["service"]:
        return "same_service"
    if entities & set(entry["neighbours"]) or facts.neighbours & theirs:
        return "neighbour"
    if facts.pipeline and facts.pipeline == entry["pipeline"]:
        return "same_change"
    return None


def _flaps(problem: Mapping[str, Any], mark: str, entry: Entry, now_ms: int) -> bool:
    return entry["fingerprint"] == mark and _can_reopen(entry, now_ms) and problem["state"] != RESOLVED


def _can_reopen(entry: Entry, now_ms: int) -> bool:
    """Whether the incident was resolved, not long ago."""
    return (
        entry["ended_ms"] is not None
        and entry["incident"] is not None
        and entry["outcome"] in CLOSING
        and now_ms - entry["ended_ms"] <= FLAPPING_MS
    )


def _late(problem: Mapping[str, Any], facts: Facts, entry: Entry, now_ms: int) -> Assignment | None:
    """Where a problem belongs that began while this incident was open, and is told of after its end.

    One that is over by now changes nothing any more; one that is open shows that the incident is not over.
    """
    if not _can_reopen(entry, now_ms) or problem["start_ms"] > entry["ended_ms"]:
        return None
    reason = _reason(problem, facts, entry)
    if reason is None:
        return None
    if problem["state"] == RESOLVED:
        return Assignment("join", entry["operation_id"], reason, is_over=True)
    return Assignment("reopen", identity(problem), reason, entry["incident"])


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


def heard(entry: Entry, name: str) -> Entry:
    """The entry whose operation is known to go on with this problem."""
    if name not in entry["problems"]:
        return entry
    return {**entry, "problems": {**entry["problems"], name: {**entry["problems"][name], "heard": True}}}


def goes_on(entry: Entry, besides: str) -> bool:
    """Whether the operation knows of an open problem besides this one, and so cannot take all for over."""
    return any(
        told["state"] != RESOLVED and (told.get("heard", False) or name == entry["operation_id"])
        for name, told in entry["problems"].items()
        if name != besides
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
