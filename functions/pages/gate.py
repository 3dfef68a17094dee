"""One quality gate as a page: its verdict, and each objective with its value, criteria, baseline, samples and chart."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.functions as func

from functions.http import language_of, sign_in_address
from functions.pages import html_page
from shared.domain.gate.gate_criteria import parse
from shared.domain.gate.gate_results import baseline_text, criteria_text, score_text, value_text
from shared.security.tokens import Caller
from shared.texts import say, say_or

WIDTH, HEIGHT, _EDGE = 320.0, 72.0, 4.0
REFRESH_S = 10
_SHORT_MS = 5 * 60_000
_SIGNS = {"pass": "✓", "warn": "!", "fail": "✗", "unknown": "?", "informative": "·", "inconclusive": "?"}


def page(
    req: func.HttpRequest,
    status: int = HTTPStatus.OK,
    *,
    caller: Caller | None = None,
    gate: Mapping[str, Any] | None = None,
    error: str = "",
) -> func.HttpResponse:
    """The page; without a gate it says why, or asks to sign in."""
    language = language_of(req)
    return html_page(
        "gate.html",
        language,
        status,
        caller=caller,
        gate=gate,
        error=error,
        sign_in=sign_in_address(f"/api/quality-gates/{req.route_params['id']}")
        if status == HTTPStatus.UNAUTHORIZED
        else "",
        refresh_s=REFRESH_S,
        **(_shown(language, gate) if gate else _NOTHING),
    )


_NOTHING: Mapping[str, Any] = {
    "sign": "",
    "window": "",
    "score": "",
    "doing": "",
    "rollback": "",
    "objectives": [],
}


def _shown(language: str, gate: Mapping[str, Any]) -> dict[str, Any]:
    rollback = gate.get("rollback")
    return {
        "sign": _SIGNS.get(gate["verdict"] or "", "…"),
        "window": window(gate["from_ms"], gate["until_ms"]),
        "score": score_text(language, gate) if "score" in gate else "",
        "doing": say_or(gate["step"], language, f"do.{gate['step']}"),
        "rollback": say(language, f"gate.rollback.{rollback['state']}", **_words(rollback))
        if rollback
        else "",
        "objectives": [_objective(language, one) for one in gate["objectives"]],
    }


def _words(rollback: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(rollback[name]) for name in ("action", "reason")}


def _objective(language: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": one["name"].replace("_", " "),
        "status": one["status"],
        "sign": _SIGNS[one["status"]],
        "said": say(language, f"gate.status.{one['status']}"),
        "why": say(language, f"gate.reason.{one['reason']}") if one["reason"] else "",
        "value": value_text(one["value"], one["unit"]),
        "pass_when": criteria_text(language, one["criteria"]["pass"]),
        "warn_when": criteria_text(language, one["criteria"]["warn"]),
        "baseline": baseline_text(language, one),
        "samples": say(language, "gate.samples_of", samples=one["samples"], needed=one["min_samples"]),
        "weight": one["weight"],
        "key": one["key"],
        "chart": chart(language, one),
    }


def chart(language: str, one: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line of the window's samples, with the baseline and the limits of passing; None without samples.

    Coordinates are of a box of WIDTH by HEIGHT, y downwards.
    """
    points: Sequence[Sequence[float]] = one["points"]
    if not points:
        return None
    values = [value for _, value in points]
    limits = _limits(one)
    lines = [*limits, *([one["baseline"]] if one["baseline"] is not None else [])]
    top = max([*values, *[line for line in lines if line <= 4 * max(values)]])
    low = min([*values, *lines, 0.0])
    first, last = points[0][0], points[-1][0]

    def x(at: float) -> float:
        return round(
            _EDGE + (WIDTH - 2 * _EDGE) * ((at - first) / (last - first) if last > first else 0.5), 1
        )

    def y(value: float) -> float:
        return round(
            HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * ((value - low) / (top - low) if top > low else 0.5), 1
        )

    between = {"low": f"{min(values):.4g}", "high": f"{max(values):.4g}", "unit": one["unit"]}
    name = one["name"].replace("_", " ")
    return {
        "title": say(language, "gate.chart", name=name, samples=one["samples"], **between),
        "measured": say(language, "gate.chart.measured", **between),
        "width": WIDTH,
        "height": HEIGHT,
        "line": " ".join(f"{x(at)},{y(value)}" for at, value in points),
        "dots": [(x(at), y(value)) for at, value in points] if len(points) <= 2 else [],
        "baseline": y(one["baseline"]) if one["baseline"] is not None and one["baseline"] <= top else None,
        "limits": [y(limit) for limit in limits if limit <= top],
    }


def _limits(one: Mapping[str, Any]) -> list[float]:
    """Of passing, as far as they are known."""
    told = [
        parse(text).limit(one["baseline"]) for each in one["criteria"]["pass"] for text in each["criteria"]
    ]
    return sorted({limit for limit in told if limit is not None})


def window(from_ms: int, until_ms: int) -> str:
    """Both ends, in UTC; the day once where it is one, seconds where it is short."""
    begins, ends = (datetime.fromtimestamp(at_ms / 1000, UTC) for at_ms in (from_ms, until_ms))
    clock = "%H:%M:%S" if until_ms - from_ms < _SHORT_MS else "%H:%M"
    last = clock if begins.date() == ends.date() else f"%Y-%m-%d {clock}"
    return f"{begins.strftime(f'%Y-%m-%d {clock}')} - {ends.strftime(last)} UTC"
