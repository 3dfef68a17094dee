"""Which problems are one incident: a problem joins an open one for a reason that can be told, or opens its own.

What an incident's entry is: domain.incident_entries.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from shared.domain.incident.incidents import CLOSING
from shared.domain.incident.problems import RESOLVED, instance_id

Entry = dict[str, Any]
Kind = Literal["start", "join", "reopen"]

TOGETHER_MS = 30 * 60 * 1000
"""How far apart in time problems of one cause may begin."""
FLAPPING_MS = 30 * 60 * 1000
"""A problem that comes back within this time after its incident was resolved reopens it."""


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
