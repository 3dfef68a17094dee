"""Which deployment or change caused an incident, as its events say it in `caused_by` (docs/dora.md). Pure.

A wrong word is worse than none: without one, who counts looks at the time alone and says how unsure that is. So it is
said only of the very deployment that the chosen cause speaks of, by those facts alone that a tool told; and only where
rules are as sure as ValueFlow is when it acts by itself, or people have agreed by letting it take that deployment back.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from shared.domain.action.actions import ROLL_BACK
from shared.domain.incident.incidents import REFUSED, UNVERIFIED

SURE = 0.7
"""The least confidence at which something is done without a person (runbooks/policies.yaml, `known_and_small`)."""
APART_MS = 60 * 60_000
"""Of two deployments that lie nearer together nobody can tell by their times which one it was."""
_DEPLOYMENT, _CHANGE = "recent_deployment", "cause.change"
_KINDS = ("run", "deployment")
_SUSPECT, _LAST_GOOD = "suspect", "last_good"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class CausedBy(TypedDict):
    """deployment_id: as deployment.finished has it. change_number: ServiceNow's. All None: it is taken back."""

    deployment_id: str | None
    change_number: str | None
    commit: str | None


class Suspect(NamedTuple):
    """What the chosen cause names: caused_by None where it may be one of several deployments.

    confidence: of the rules and of who chose, the lower one. runs: the pipeline's run under suspicion, by its id.
    """

    caused_by: CausedBy | None
    confidence: float
    runs: Mapping[str, CausedBy] = {}


class Decided(NamedTuple):
    """What became of the incident's action. allowed: the one that people or policies let go ahead, None for none.

    overruled: whether people chose another action than the one that was proposed for the cause.
    """

    outcome: str
    allowed: Mapping[str, Any] | None = None
    overruled: bool = False


NOBODY: CausedBy = {"deployment_id": None, "change_number": None, "commit": None}


def suspect(
    diagnosis: Mapping[str, Any], items: Sequence[Mapping[str, Any]], environment: str
) -> Suspect | None:
    """The deployment or change that the diagnosis chose; None where it chose neither, or nobody can tell which.

    items: of the evidence it was given. environment: the incident's; what went elsewhere did not cause it.
    """
    chosen = _chosen(diagnosis)
    if chosen is None:
        return None
    confidence = min(float(diagnosis["confidence"]), float(chosen["confidence"]))
    if chosen["text_key"] == _CHANGE:
        number = str(chosen["text_values"].get("number") or "")
        known = any(
            one["kind"] == "change" and one["facts"].get("number") == number for one in _cited(chosen, items)
        )
        return Suspect({**NOBODY, "change_number": number}, confidence) if known else None
    if chosen["category"] != _DEPLOYMENT:
        return None
    out = [one for one in _cited(chosen, items) if one["kind"] in _KINDS and _role(one) != _LAST_GOOD]
    meant = [one for one in out if _is_meant(one, chosen["text_values"])]
    others = [one for one in out if one not in meant and _beside(one, meant)]
    runs = {str(one["facts"].get("run_id")): _named(one) for one in items if _role(one) == _SUSPECT}
    here = {run_id: named for run_id, named in runs.items() if named and _went_to(named, environment)}
    return Suspect(None if others else _only(meant, environment), confidence, here)


def first_word(suspected: Suspect | None) -> CausedBy | None:
    """What incident.opened says; None for nothing."""
    return suspected.caused_by if suspected and suspected.confidence >= SURE else None


def last_word(suspected: Suspect | None, decided: Decided) -> CausedBy | None:
    """What incident.closed says, which corrects incident.opened; None for nothing, NOBODY to take that back.

    People who let a deployment be taken back agree that it was that one, unless taking it back did not help; people who
    refuse, or choose otherwise, do not agree. Where nobody said anything the first word stands.
    """
    if suspected is None:
        return None
    first, allowed = first_word(suspected), decided.allowed or {}
    silent = NOBODY if first else None
    if allowed.get("type") == ROLL_BACK:
        taken_back = suspected.runs.get(str(allowed.get("replaces_run_id")))
        return taken_back if taken_back and decided.outcome != UNVERIFIED else silent
    return silent if decided.overruled or decided.outcome == REFUSED else first


def _chosen(diagnosis: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The ranking's candidate that the diagnosis chose, whoever worded it."""
    return next(
        (
            one
            for one in diagnosis.get("candidates", [])
            if (one["category"], one["component"]) == (diagnosis["category"], diagnosis.get("component", ""))
        ),
        None,
    )


def _cited(chosen: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the cause rests on; of its entity all, since what it cites is bounded."""
    entity_id = chosen.get("entity_id")
    return [
        one
        for one in items
        if one.get("facts")
        and (
            one["id"] in chosen["evidence_ids"] or (entity_id and one["facts"].get("entity_id") == entity_id)
        )
    ]


def _is_meant(item: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Whether this is the deployment the cause speaks of. told: its run_id and commit."""
    facts = item["facts"]
    run_id, own_run_id = str(told.get("run_id") or ""), str(facts.get("run_id") or "")
    commit = str(told.get("commit") or "?")
    same_commit = commit != "?" and str(facts.get("commit") or "").startswith(commit)
    if not run_id or not own_run_id:
        return same_commit
    return own_run_id == run_id and (same_commit or commit == "?")


def _beside(item: Mapping[str, Any], meant: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it went out about when those did: then it may have been this one."""
    at_ms = item["facts"].get("at_ms")
    times = [one["facts"].get("at_ms") for one in meant]
    if not isinstance(at_ms, int) or not all(isinstance(each, int) for each in times):
        return True
    return any(abs(at_ms - each) < APART_MS for each in times)


def _only(meant: Sequence[Mapping[str, Any]], environment: str) -> CausedBy | None:
    """The one deployment that all of these are, where its name is known."""
    named = [caused_by for one in meant if (caused_by := _named(one))]
    names = {caused_by["deployment_id"] for caused_by in named}
    return named[0] if len(names) == 1 and _went_to(named[0], environment) else None


def _named(item: Mapping[str, Any]) -> CausedBy | None:
    deployment_id, commit = item["facts"].get("deployment_id"), item["facts"].get("commit")
    return {**NOBODY, "deployment_id": str(deployment_id), "commit": _sha(commit)} if deployment_id else None


def _went_to(caused_by: CausedBy, environment: str) -> bool:
    return str(caused_by["deployment_id"]).rpartition(":")[2] == environment


def _role(item: Mapping[str, Any]) -> object:
    return (item.get("facts") or {}).get("role")


def _sha(told: object) -> str | None:
    """A commit's whole name; what anybody may have written into an event of a vendor is none."""
    return told if isinstance(told, str) and _SHA.fullmatch(told) else None
