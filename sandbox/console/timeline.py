"""An orchestration as the page shows it: its state in a word, its steps as bars on its own time. No I/O."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.console.clock import moment, span
from sandbox.console.links import web_link

type View = dict[str, Any]
type Link = Callable[[object], str | None]

_TONES = {
    "resolved": "good",
    "self_resolved": "good",
    "refused": "calm",
    "expired": "warn",
    "handed_over": "warn",
    "unverified": "bad",
    "action_failed": "bad",
    "failed": "bad",
    "provisioned": "good",
    "decommissioned": "good",
    "compensated": "warn",
    "compensation_failed": "bad",
    "cancelled": "calm",
    "refuse": "calm",
    "pass": "good",
    "warn": "warn",
    "fail": "bad",
    "inconclusive": "warn",
}
_STEP_TONES = {
    "done": "good",
    "running": "live",
    "waiting": "warn",
    "failed": "bad",
    "undone": "calm",
    "left": "calm",
}
_LINKED = ("operation", "gate", "incident", "run", "repository", "postmortem")


def operation(raw: Mapping[str, Any], now: datetime | None = None, link: Link = web_link) -> View:
    """One orchestration: its steps as bars on its own time, 0 to 100. link: what an address links to."""
    now = now or datetime.now(UTC)
    start = moment(raw["created_at"]) or now
    end = now if raw["state"] == "running" else (moment(raw["updated_at"]) or now)
    length_s = max((end - start).total_seconds(), 0.001)
    case, links = raw.get("case") or {}, raw.get("links") or {}
    waits = any(step["state"] == "waiting" for step in raw["steps"]) and raw["state"] == "running"
    decides = (raw.get("approval") or {}).get("state") == "waiting" and raw["state"] == "running"
    return {
        "id": raw["id"],
        "title": case.get("title") or raw["id"],
        "kind": raw["kind"],
        "service": case.get("service", ""),
        "cause": case.get("hypothesis", ""),
        "confidence": case.get("confidence"),
        "author": case.get("author", ""),
        "action": case.get("action_text", ""),
        "status": "state.deciding" if decides else _operation_status(raw, waits),
        "tone": _operation_tone(raw, waits),
        "started": raw["created_at"],
        "took": span(length_s),
        "steps": [_step(step, start, end, length_s) for step in raw["steps"]],
        "undone": [_step(each, start, end, length_s) for each in _undone(raw)],
        "decide": link(links.get("approval")) if decides else None,
        "links": [(name, address) for name in _LINKED if (address := link(links.get(name)))],
        "running": raw["state"] == "running",
    }


def _undone(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Compensations that were begun, in the order of time."""
    begun = [each for each in raw.get("compensations", ()) if each["started_at"]]
    return sorted(begun, key=lambda each: str(each["started_at"]))


def _operation_status(raw: Mapping[str, Any], waits: bool) -> str:
    if raw.get("outcome"):
        return f"outcome.{raw['outcome']}"
    return "state.waiting" if waits else f"state.{raw['state']}"


def _operation_tone(raw: Mapping[str, Any], waits: bool) -> str:
    if raw["state"] == "running":
        return "warn" if waits else "live"
    return _TONES.get(raw.get("outcome") or "", "bad" if raw["state"] == "failed" else "good")


def _step(step: Mapping[str, Any], start: datetime, end: datetime, length_s: float) -> View:
    began = moment(step["started_at"]) or start
    ended = moment(step.get("ended_at")) or end
    left = min(max((began - start).total_seconds() / length_s * 100, 0), 99)
    width = min(max((ended - began).total_seconds() / length_s * 100, 0.8), 100 - left)
    return {
        "label": f"do.{step['name']}",
        "state": step["state"],
        "tone": _STEP_TONES.get(step["state"], "calm"),
        "took": span((ended - began).total_seconds()),
        "left": round(left, 2),
        "width": round(width, 2),
        "detail": step.get("detail") or "",
        "result": step.get("result") or "",
    }
