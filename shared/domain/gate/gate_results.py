"""A gate's result: one document with the verdict and all it rests on, and the words that tell it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.gate.gates import Evaluation
from shared.domain.plain import plain
from shared.texts import say

MOST_NAMED = 6

ASKED = (
    "service",
    "environment",
    "version",
    "commit",
    "deployment_id",
    "run_id",
    "change_number",
    "dry_run",
    "from_ms",
    "until_ms",
)


def result_of(
    gate_id: str, asked: Mapping[str, Any], rules: Mapping[str, Any], told: Evaluation, decided_at: str
) -> dict[str, Any]:
    """What GET /api/quality-gates/{id} shows. rollback: what became of a failed version, None where nothing did."""
    return {
        "id": gate_id,
        **{name: asked[name] for name in ASKED},
        **told,
        "rules": rules,
        "decided_at": decided_at,
        "rollback": None,
    }


def title_of(language: str, result: Mapping[str, Any]) -> str:
    verdict = say(language, f"gate.verdict.{result['verdict']}")
    about = {name: plain(str(result[name]), 80) for name in ("service", "version", "environment")}
    return say(language, "gate.title", verdict=verdict, **about)


def facts_of(language: str, result: Mapping[str, Any]) -> list[dict[str, str]]:
    """For cards and notes: the score, and the objectives that matter most to the verdict."""
    told = [
        {
            "title": say(language, "gate.decision"),
            "value": say(language, f"gate.decision.{result['decision']}"),
        },
        {"title": say(language, "gate.score"), "value": score_text(language, result)},
    ]
    worst = sorted(result["objectives"], key=lambda one: _ORDER.index(one["status"]))
    return [
        *told,
        *({"title": one["name"], "value": objective_text(language, one)} for one in worst[:MOST_NAMED]),
    ]


def note_of(language: str, result: Mapping[str, Any]) -> str:
    facts = [f"{fact['title']}: {fact['value']}" for fact in facts_of(language, result)]
    return "\n".join([title_of(language, result), *facts])


def score_text(language: str, result: Mapping[str, Any]) -> str:
    if result["score"] is None:
        return say(language, "gate.no_score")
    key = "gate.score_of" if result["score"] == result["best"] else "gate.score_between"
    names = ("score", "best", "pass_percent", "warn_percent")
    return say(language, key, **{name: f"{result[name]:g}" for name in names})


def objective_text(language: str, one: Mapping[str, Any]) -> str:
    """The value, what is usual, and what that means, in one line."""
    status = say(language, f"gate.status.{one['status']}")
    if one["reason"]:
        return f"{status}: {say(language, 'gate.reason.' + one['reason'])}"
    return f"{value_text(one['value'], one['unit'])} · {baseline_text(language, one)} · {status}"


def baseline_text(language: str, one: Mapping[str, Any]) -> str:
    if one["baseline"] is None:
        return say(language, "gate.baseline.none")
    value = value_text(one["baseline"], one["unit"])
    return say(language, f"gate.baseline.{one['baseline_from']}", value=value, of=one["baseline_of"])


def criteria_text(language: str, sets: Sequence[Mapping[str, Any]]) -> str:
    both, either = (f" {say(language, key)} " for key in ("gate.and", "gate.or"))
    return either.join(both.join(one["criteria"]) for one in sets)


def value_text(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:.4g} {unit}".strip()


_ORDER = ("fail", "unknown", "warn", "pass", "informative")
