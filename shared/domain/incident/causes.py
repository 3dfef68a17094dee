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
_DEPLOYMENT, _CHANGE = "recent_deployment", "cause.change"
_KINDS = ("run", "deployment")
_LAST_GOOD = "last_good"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class CausedBy(TypedDict):
    """deployment_id: as deployment.finished has it. change_number: ServiceNow's. All None: it is taken back."""

    deployment_id: str | None
    change_number: str | None
    commit: str | None


class Suspect(NamedTuple):
    """What the chosen cause names. confidence: of the rules and of who chose, the lower one. run_id: "" for none."""

    caused_by: CausedBy
    confidence: float
    run_id: str = ""


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
    meant = [one["facts"] for one in _cited(chosen, items) if _is_meant(one, chosen["text_values"])]
    named: dict[str, Mapping[str, Any]] = {}
    for facts in meant:
        if facts.get("deployment_id"):
            named.setdefault(str(facts["deployment_id"]), facts)
    if len(named) != 1:
        return None
    ((deployment_id, facts),) = named.items()
    if deployment_id.rpartition(":")[2] != environment:
        return None
    caused_by: CausedBy = {**NOBODY, "deployment_id": deployment_id, "commit": _sha(facts.get("commit"))}
    return Suspect(caused_by, confidence, str(facts.get("run_id") or ""))


def first_word(suspected: Suspect | None) -> CausedBy | None:
    """What incident.opened says; None for nothing."""
    return suspected.caused_by if suspected and suspected.confidence >= SURE else None


def last_word(suspected: Suspect | None, decided: Decided) -> CausedBy | None:
    """What incident.closed says, which corrects incident.opened; None for nothing, NOBODY to take that back.

    People who let the deployment be taken back agree, unless that did not help; people who refuse, or choose
    otherwise, do not agree. Where nobody said anything the first word stands.
    """
    if suspected is None:
        return None
    first = first_word(suspected)
    silent = NOBODY if first else None
    if _takes_back(decided.allowed, suspected):
        return silent if decided.outcome == UNVERIFIED else suspected.caused_by
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
    return [one for one in items if one["id"] in chosen["evidence_ids"] and one.get("facts")]


def _is_meant(item: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    """Whether this is the deployment the cause speaks of: others may be cited beside it. told: run_id, commit."""
    facts = item["facts"]
    if item["kind"] not in _KINDS or facts.get("role") == _LAST_GOOD:
        return False
    run_id, commit = str(told.get("run_id") or ""), str(told.get("commit") or "?")
    same_commit = commit != "?" and str(facts.get("commit") or "").startswith(commit)
    if not run_id:
        return same_commit
    return str(facts.get("run_id") or "") == run_id and (same_commit or commit == "?")


def _sha(told: object) -> str | None:
    """A commit's whole name; what anybody may have written into an event of a vendor is none."""
    return told if isinstance(told, str) and _SHA.fullmatch(told) else None


def _takes_back(action: Mapping[str, Any] | None, suspected: Suspect) -> bool:
    if not action or action.get("type") != ROLL_BACK or not suspected.run_id:
        return False
    return str(action.get("replaces_run_id")) == suspected.run_id
