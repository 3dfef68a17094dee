"""One operation as a page: what it made, what it is doing, what it undid, and how long each took."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import azure.functions as func

from functions.forms import form_token
from functions.http import language_of, sign_in_address
from functions.pages import html_page
from shared.security.tokens import ADMIN, REQUESTER, Caller
from shared.texts import say, say_or

REFRESH_S = 3
_SIGNS = {
    "done": "✓",
    "undone": "↶",
    "left": "=",
    "failed": "✗",
    "stopped": "■",
    "running": "▶",
    "waiting": "…",
}
_SEEN = ("undone", "left", "failed", "running", "waiting")


def page(
    req: func.HttpRequest,
    status: int = HTTPStatus.OK,
    *,
    caller: Caller | None = None,
    operation: Mapping[str, Any] | None = None,
    requested_by: str = "",
    error: str = "",
    received: bool = False,
) -> func.HttpResponse:
    """The page; without an operation it says why, or asks to sign in."""
    language = language_of(req)
    shown = _shown(language, operation, caller, requested_by) if operation else _NOTHING
    address = f"/api/operations/{req.route_params['id']}"
    return html_page(
        "operation.html",
        language,
        status,
        caller=caller,
        operation=operation,
        error=error,
        received=received,
        sign_in=sign_in_address(address) if status == HTTPStatus.UNAUTHORIZED else "",
        refresh_s=REFRESH_S,
        **shown,
    )


_NOTHING: Mapping[str, Any] = {
    "headline": "",
    "facts": [],
    "links": [],
    "steps": [],
    "earlier_steps": 0,
    "undone": [],
    "form_token": "",
}


def _shown(
    language: str, operation: Mapping[str, Any], caller: Caller | None, requested_by: str
) -> dict[str, Any]:
    undone = [each for each in operation["compensations"] if each["state"] in _SEEN and each["started_at"]]
    undone.sort(key=lambda each: str(each["started_at"]))
    timed = [*operation["steps"], *undone]
    may_cancel = caller is not None and (
        ADMIN in caller.roles or (REQUESTER in caller.roles and caller.id == requested_by)
    )
    asks = operation["cancellable"] and may_cancel and caller is not None
    return {
        "headline": _headline(language, operation),
        "facts": (operation["case"] or {}).get("facts", []),
        "links": [(_named(language, name), url) for name, url in operation["links"].items()],
        "steps": [_line(language, entry, timed) for entry in operation["steps"]],
        "earlier_steps": operation["earlier_steps"],
        "undone": [_line(language, entry, timed) for entry in undone],
        "form_token": form_token(caller, "cancel", operation["id"]) if asks and caller else "",
    }


def _headline(language: str, operation: Mapping[str, Any]) -> str:
    known = f"outcome.{operation['outcome']}"
    if operation["outcome"] and operation["state"] != "running":
        return say_or(operation["outcome"], language, known, reason="")
    if operation["outcome"]:
        return f"{say_or(operation['outcome'], language, known, reason='')} …"
    return say(language, f"operation.{operation['state']}")


def _line(
    language: str, entry: Mapping[str, Any], all_entries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """One step; left and width are percent of the whole operation's time."""
    now = datetime.now(UTC)
    first = min(_time(each["started_at"], now) for each in all_entries)
    last = max(_time(each["ended_at"], now) for each in all_entries)
    whole_s = max((last - first).total_seconds(), 0.001)
    began, ended = _time(entry["started_at"], now), _time(entry["ended_at"], now)
    took_s = max(0.0, (ended - began).total_seconds())
    word = entry.get("result") or entry["state"]
    return {
        "name": say_or(entry["name"].replace("_", " "), language, f"do.{entry['name']}"),
        "state": entry["state"],
        "sign": _SIGNS.get(entry["state"], "·"),
        "words": say_or("", language, f"step.{word}"),
        "detail": entry.get("detail", ""),
        "left": round(100 * (began - first).total_seconds() / whole_s, 1),
        "width": round(100 * took_s / whole_s, 1),
        "took": f"{took_s:.1f} s" if took_s < 100 else f"{took_s / 60:.0f} min",
    }


def _time(iso: str | None, now: datetime) -> datetime:
    return datetime.fromisoformat(iso) if iso else now


def _named(language: str, link: str) -> str:
    return say_or(link.replace("_", " "), language, f"link.{link}")
