"""A judged change in words, in one language: for the answer, and as a comment for the pull request. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.domain.plain import plain
from shared.domain.risk.change_risk import MOST_NAMED, Assessment, Reason
from shared.domain.risk.change_risk_plan import Rollback, Rollout
from shared.texts import say

MOST_SAID = 2
PATH_CHARACTERS, TITLE_CHARACTERS = 120, 120


def reason(language: str, one: Reason) -> dict[str, Any]:
    """A reason as the answer shows it; `todo`: what to do about it."""
    return {
        "rule": one["rule"],
        "points": one["points"],
        "text": say(language, f"risk.{one['rule']}", **one["values"]),
        "todo": say(language, f"risk.{one['rule']}.do"),
        "files": [plain(path, PATH_CHARACTERS) for path in one["files"]],
        "more_files": max(0, one["values"].get("files", 0) - MOST_NAMED),
    }


def summary(language: str, assessed: Assessment, chosen: Rollout) -> str:
    """Two or three sentences: level, what weighs most, how to roll out."""
    said = [say(language, f"risk.{one['rule']}", **one["values"]) for one in assessed.reasons[:MOST_SAID]]
    most = say(language, "risk.most", reasons="; ".join(said)) if said else say(language, "risk.nothing")
    level = say(language, f"risk.level.{assessed.level}")
    first = say(language, "risk.summary", level=level, score=assessed.score, most=most)
    return f"{first} {say(language, f'risk.rollout.{chosen}')}"


def plan(language: str, chosen: Rollout, back: Rollback) -> dict[str, Any]:
    """Rollout and rollback as the answer shows them."""
    return {
        "rollout": {"kind": chosen, "text": say(language, f"risk.rollout.{chosen}")},
        "rollback": {
            "runbook": back["runbook"],
            "safe": back["safe"],
            "text": say(language, f"risk.rollback.{back['why']}"),
        },
    }


def comment(language: str, told: Mapping[str, Any], title: str) -> str:
    """Markdown for the pull request. told: the answer. title: from outside, as are the paths: words, no markup."""
    level = say(language, f"risk.level.{told['level']}")
    lines = [f"## {say(language, 'risk.title', level=level, score=told['score'])}", ""]
    if title:
        lines += [f"`{plain(title, TITLE_CHARACTERS)}`", ""]
    lines += [told["summary"], ""]
    if told["reasons"]:
        lines += [f"### {say(language, 'risk.reasons')}", "", *_reasons(language, told["reasons"]), ""]
    lines += [f"### {say(language, 'risk.plan')}", ""]
    lines += [f"- {told['rollout']['text']}", f"- {told['rollback']['text']}", ""]
    if told["missing"]:
        lines += [f"### {say(language, 'risk.missing')}", ""]
        lines += [*(f"- {one['text']}" for one in told["missing"]), ""]
    return "\n".join([*lines, f"_{say(language, 'risk.by_rules')}_", ""])


def _reasons(language: str, reasons: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    points = say(language, "risk.points")
    for one in reasons:
        yield f"- **{one['points']} {points}**: {one['text']}. → {one['todo']}."
        named = ", ".join(f"`{path}`" for path in one["files"])
        if one["more_files"]:
            named += f" {say(language, 'risk.and_more', count=one['more_files'])}"
        if named:
            yield f"  - {named}"
