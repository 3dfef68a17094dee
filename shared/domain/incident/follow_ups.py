"""What should follow an incident: preventive alerts and work items, suggested by rules from its cause and its end.

Pure. A person approves them (orchestrations/follow_up.py) before anything is made. Every suggestion has a key: of an
alert by what it watches, so that the next incident of the same kind finds it; of a work item by its incident and rule.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from shared.domain.incident import incidents
from shared.domain.incident.preventive_alerts import METRIC_EVENTS, alert_of, first_deviation
from shared.domain.plain import plain
from shared.texts import say, say_or

CREATE_FOLLOW_UPS = "create_follow_ups"
ALERT: Literal["alert"] = "alert"
WORK_ITEM: Literal["work_item"] = "work_item"
MOST = 5
QUICK_S = 30 * 60
"""What went away by itself so soon, nobody knows why, is left at that."""
MOST_TITLE, MOST_LINE, MOST_NAME, MOST_CITED = 140, 160, 50, 3
"""A custom status, which shows what is to be approved, has room for no more."""

TASK, BUG, ISSUE = "Task", "Bug", "Issue"

_OF_CATEGORY: Mapping[str, Sequence[tuple[str, str]]] = {
    "recent_deployment": (("write_test", TASK), ("add_objective", TASK)),
    "configuration": (("check_configuration", TASK), ("add_objective", TASK)),
    "memory_leak": (("fix_leak", BUG),),
    "saturation": (("give_room", TASK),),
    "dependency": (("withstand", TASK),),
    "certificate": (("renew_certificate", TASK),),
    "quota": (("raise_quota", TASK),),
    "infrastructure": (("spread", TASK),),
    "unknown": (("find_cause", ISSUE),),
}
_OF_OUTCOME: Mapping[str, tuple[str, str]] = {
    incidents.UNVERIFIED: ("review_unverified", ISSUE),
    incidents.ACTION_FAILED: ("repair_action", BUG),
    incidents.EXPIRED: ("review_on_call", ISSUE),
    incidents.HANDED_OVER: ("add_runbook", TASK),
}


class WorkItem(TypedDict):
    """Of Azure Boards. type: as most processes have it. why: one sentence without markup."""

    project: str
    type: str
    why: str


class Suggestion(TypedDict):
    """key: twice is once. title: in words. evidence_ids: what it rests on. alert: a settings object to be."""

    key: str
    kind: Literal["alert", "work_item"]
    title: str
    evidence_ids: list[str]
    alert: NotRequired[dict[str, Any]]
    work_item: NotRequired[WorkItem]


class Plan(TypedDict):
    """items: what is suggested. about: lines that every work item tells, what happened and on which evidence."""

    about: list[str]
    items: list[Suggestion]


def suggest(language: str, story: Mapping[str, Any]) -> Plan:
    """At most MOST suggestions; none of what was planned, or left quickly by itself for no known reason.

    story: {"operation_id", "incident": {"number"}, "service": registry document or None, "case": domain.case.Case,
    "items": of the evidence, with their facts, "outcome": of domain.incidents, "duration_s": None where nobody knows}.
    """
    service, case = story.get("service"), story["case"]
    category = case.get("category") or "unknown"
    if not service or not _is_worth_it(story, category):
        return Plan(about=[], items=[])
    items = list(story.get("items") or [])
    found: list[Suggestion] = []
    alert = alert_of(language, service, category, items)
    if alert:
        found.append(
            Suggestion(
                key=f"alert-{_digest(*alert['about'])}",
                kind=ALERT,
                title=alert["title"],
                evidence_ids=alert["evidence_ids"],
                alert={"schema_id": METRIC_EVENTS, "value": alert["value"]},
            )
        )
    project = (service.get("azure_devops") or {}).get("project") or ""
    first = first_deviation(items)
    rules = _rules(category, story["outcome"], deviated=first is not None) if project else []
    words = _words(language, case, str(first["facts"]["indicator"]) if first else "")
    found += [_work_item(language, story, project, words, rule, kind) for rule, kind in rules]
    return Plan(about=_about(language, story) if found else [], items=found[:MOST])


def _is_worth_it(story: Mapping[str, Any], category: str) -> bool:
    if story["outcome"] == incidents.PLANNED:
        return False
    if story["outcome"] != incidents.SELF_RESOLVED or category != "unknown":
        return True
    duration_s = story.get("duration_s")
    return duration_s is not None and duration_s >= QUICK_S


def _rules(category: str, outcome: str, *, deviated: bool) -> list[tuple[str, str]]:
    """(rule, type of work item), the most telling first."""
    rules = [each for each in _OF_CATEGORY.get(category, ()) if deviated or each[0] != "add_objective"]
    known = category != "unknown"
    after = _OF_OUTCOME.get(outcome)
    if after and (known or after[0] != "add_runbook"):
        rules.append(after)
    return rules


def _words(language: str, case: Mapping[str, Any], indicator: str) -> dict[str, str]:
    """What the sentences of work items are filled with."""
    return {
        "service": plain(case.get("service") or "", MOST_NAME),
        "component": plain(case.get("component") or case.get("service") or "", MOST_NAME),
        "cause": plain(case.get("hypothesis") or "", 80),
        "category": say_or("", language, f"category.{case.get('category')}"),
        "indicator": plain(say_or(indicator, language, f"signal.{indicator}"), MOST_NAME),
    }


def _work_item(
    language: str, story: Mapping[str, Any], project: str, words: Mapping[str, str], rule: str, kind: str
) -> Suggestion:
    return Suggestion(
        key=f"{_digest(story['operation_id'])}-{rule}",
        kind=WORK_ITEM,
        title=plain(say(language, f"follow_up.{rule}", **words), MOST_TITLE),
        evidence_ids=[str(one["id"]) for one in _cited(story["case"])],
        work_item=WorkItem(
            project=project, type=kind, why=plain(say(language, f"follow_up.{rule}.why", **words), MOST_TITLE)
        ),
    )


def _about(language: str, story: Mapping[str, Any]) -> list[str]:
    case = story["case"]
    number = plain((story.get("incident") or {}).get("number") or "?", 40)
    title, cause = plain(case.get("title") or ""), plain(case.get("hypothesis") or "")
    lines = [
        say(language, "follow_up.of", number=number, title=title),
        say(language, "follow_up.cause", cause=cause, confidence=case.get("confidence", 0)),
        *(f"{one['id']}: {plain(one['text'])}" for one in _cited(case)),
    ]
    return [plain(line, MOST_LINE) for line in lines]


def _cited(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The evidence that the cause rests on, as far as there is room."""
    cited = {part.strip() for part in (case.get("cited") or "").split(",")}
    return [one for one in case.get("evidence") or [] if one["id"] in cited][:MOST_CITED]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
