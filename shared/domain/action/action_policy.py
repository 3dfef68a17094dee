"""Whom an action needs, now: judged by the policies (runbooks/policies.yaml), the strictest rule first. Pure.

What cannot be judged is not done; a tier nobody knows is treated as the strictest one.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from shared.domain.approvals import approvers_needed
from shared.domain.service import working_hours

Verdict = Literal["automatic", "ask", "deny"]
RISKS = ("low", "medium", "high")
TIERS = (1, 2, 3)
DIAGNOSIS, GATE = "diagnosis", "gate"
APPROVER = "Platform.Approver"
_ROLES = (APPROVER, "Platform.Admin")


class Judgement(TypedDict):
    """approvers: different people, 0 when automatic. role: what each must have. rules: those that say so.

    reason: for a denial, the key of a sentence in shared.texts ("handed_over.<reason>"), else "".
    """

    verdict: Verdict
    approvers: int
    role: str
    rules: list[str]
    reason: str


class Asked(NamedTuple):
    """What is judged. type: of the action. risk: as `risk_of` says. tier: of the service, whatever is written there.

    owner_allows: whether the service's owner lets this type run by itself. confidence: of the cause, 0 to 1.
    done: how often it was done for this fingerprint within the cap's hours. undo: whether it takes another back.
    because: what asks for it: a cause that was diagnosed, or a quality gate that measured a failure.
    """

    type: str
    risk: str
    tier: object
    owner_allows: bool = False
    confidence: float = 0.0
    done: int = 0
    time_zone: str = ""
    undo: bool = False
    because: str = DIAGNOSIS


def risk_of(base: str, tier: object, *, raised: bool = False) -> str:
    """The runbook's own risk, one higher on tier 1 and where facts raise it; high where the tier is not known."""
    if not _known(tier) or base not in RISKS:
        return "high"
    steps = RISKS.index(base) + (tier == 1) + raised
    return RISKS[min(steps, len(RISKS) - 1)]


def higher(one: str, other: str) -> str:
    """The higher of two risks; one that is not known is high."""
    return max(one, other, key=lambda risk: RISKS.index(risk) if risk in RISKS else len(RISKS))


def judge(policies: Mapping[str, Any], asked: Asked, at: datetime) -> Judgement:
    """at: aware. Of a tier that is not known, what the strictest tier needs, by a person in any case."""
    if asked.risk not in RISKS:
        return _denied("not_in_catalogue", [])
    if not _known(asked.tier):
        every = [judge(policies, asked._replace(tier=tier, owner_allows=False), at) for tier in TIERS]
        return max(every, key=lambda one: (one["verdict"] == "deny", one["approvers"], _rank(one["role"])))
    if asked.done >= policies["cap"]["times"]:
        return _denied("repeated", ["cap"])
    frozen = [freeze for freeze in policies["freezes"] if _holds(freeze, policies, asked, at)]
    closed = [freeze["name"] for freeze in frozen if asked.type not in freeze["actions"]]
    if closed and not asked.undo:
        return _denied("frozen", closed)
    if not frozen and (rule := _automatic(policies, asked, at)):
        return Judgement(verdict="automatic", approvers=0, role=APPROVER, rules=[rule], reason="")
    matching = [*(rule for rule in policies["needs"] if _matches(rule, policies, asked, at)), *frozen]
    needed = max([approvers_needed(asked.risk), *(rule["approvers"] for rule in matching)])
    role = max((rule.get("role", APPROVER) for rule in matching), key=_rank, default=APPROVER)
    names = [rule["name"] for rule in matching]
    return Judgement(verdict="ask", approvers=needed, role=role, rules=names, reason="")


def still_allowed(then: Mapping[str, Any], now: Judgement, people: int) -> bool:
    """Whether what was allowed then may be done now. people: how many approved."""
    if now["verdict"] == "automatic":
        return True
    enough = now["verdict"] == "ask" and people >= now["approvers"]
    return enough and _rank(now["role"]) <= _rank(str(then["role"]))


def _automatic(policies: Mapping[str, Any], asked: Asked, at: datetime) -> str:
    """The rule that lets it run without a person, "" where none does."""
    most = "medium" if asked.because == GATE else "low"
    if RISKS.index(asked.risk) > RISKS.index(most) or not asked.owner_allows or asked.undo:
        return ""
    for rule in policies["automatic"]:
        if asked.risk not in rule.get("risks", ["low"]) or asked.because != rule.get("because", DIAGNOSIS):
            continue
        if asked.confidence >= rule["min_confidence"] and _matches(rule, policies, asked, at):
            return str(rule["name"])
    return ""


def _matches(rule: Mapping[str, Any], policies: Mapping[str, Any], asked: Asked, at: datetime) -> bool:
    return all(_conditions(rule, policies, asked, at))


def _conditions(
    rule: Mapping[str, Any], policies: Mapping[str, Any], asked: Asked, at: datetime
) -> Iterator[bool]:
    yield asked.type in rule.get("actions", [asked.type])
    yield asked.tier in rule.get("tiers", TIERS)
    yield asked.risk in rule.get("risks", RISKS)
    for name, wanted in (("during", True), ("outside", False)):
        if name in rule:
            hours = {**policies["hours"][rule[name]], "time_zone": _zone(policies, asked)}
            yield working_hours.span(hours, at).is_open is wanted


def _holds(freeze: Mapping[str, Any], policies: Mapping[str, Any], asked: Asked, at: datetime) -> bool:
    """Whether the freeze is on; an hour that clocks show twice belongs to it both times."""
    begins, _ = _moments(freeze["from"], policies, asked)
    _, ends = _moments(freeze["until"], policies, asked)
    return begins <= at < ends and asked.tier in freeze.get("tiers", TIERS)


def _moments(local: str, policies: Mapping[str, Any], asked: Asked) -> tuple[datetime, datetime]:
    there = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(_zone(policies, asked)))
    both = there.astimezone(UTC), there.replace(fold=1).astimezone(UTC)
    return min(both), max(both)


def _zone(policies: Mapping[str, Any], asked: Asked) -> str:
    return asked.time_zone or str(policies["time_zone"])


def _known(tier: object) -> bool:
    return isinstance(tier, int) and not isinstance(tier, bool) and tier in TIERS


def _rank(role: str) -> int:
    """Roles that are not known are the strictest: nobody has them."""
    return _ROLES.index(role) if role in _ROLES else len(_ROLES)


def _denied(reason: str, rules: list[str]) -> Judgement:
    return Judgement(verdict="deny", approvers=0, role=_ROLES[-1], rules=rules, reason=reason)
