"""The approval as a page: what is asked, why, who must allow it, and the forms to decide or to propose another action.

functions.operations.approvals calls it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.functions as func

from functions.forms import form_token
from functions.http import language_of, sign_in_address
from functions.pages import editing, html_page
from shared.domain import approvals
from shared.domain.action.action_texts import action_text
from shared.errors import Conflict, RequestError
from shared.security.tokens import Caller
from shared.texts import say, say_or


def page(
    req: func.HttpRequest,
    status: int,
    *,
    caller: Caller | None = None,
    operation: Mapping[str, Any] | None = None,
    waiting: bool = False,
    error: RequestError | None = None,
    received: str = "",
) -> func.HttpResponse:
    """The page; without an operation it says why, or asks to sign in. received: the decision that was just sent."""
    language = language_of(req)
    address = f"/api/approvals/{req.route_params['id']}?token={quote(req.params.get('token', ''), safe='.')}"
    signs_in = status == HTTPStatus.UNAUTHORIZED
    return html_page(
        "approval.html",
        language,
        status,
        caller=caller,
        operation=operation,
        sign_in=sign_in_address(address) if signs_in else "",
        error=_told(language, error) if error and not signs_in else "",
        received=received,
        action_url=address,
        **(_shown(language, operation, caller, waiting) if operation and caller else {}),
    )


def _shown(language: str, operation: Mapping[str, Any], caller: Caller, waiting: bool) -> dict[str, Any]:
    approval = operation["approval"]
    role = approvals.role_of(approval)
    may_decide = waiting and role in caller.roles
    is_own, has_approved = caller.id == approval["requested_by"], caller.id in approval["approved_by"]
    offered = editing.choices(approval) if may_decide and approval.get("editable") else []
    refused = approval.get("edit_refused")
    return {
        "state": _state(language, operation, waiting),
        "waiting": waiting,
        "role": role,
        "may_decide": may_decide,
        "may_approve": may_decide and not is_own and not has_approved,
        "is_own": is_own,
        "has_approved": has_approved,
        "so_far": len(approval["approved_by"]),
        "edited_by": approval.get("edited_by", ""),
        "edit_refused": refused and {**refused, "why": say(language, f"handed_over.{refused['reason']}")},
        "choices": [{**each, "text": action_text(language, each["action"])} for each in offered],
        "form_token": form_token(caller, "decide", operation["id"]) if may_decide else "",
    }


def _state(language: str, operation: Mapping[str, Any], waiting: bool) -> str:
    if waiting:
        return say(language, "page.waiting")
    outcome, decided = operation["outcome"], operation["approval"]["state"]
    if outcome:
        return say_or(outcome, language, f"outcome.{outcome}", reason="").rstrip(": ")
    return (
        say(language, "step.expired")
        if decided == "waiting"
        else say_or(decided, language, f"step.{decided}")
    )


def _told(language: str, error: RequestError) -> str:
    """Why not, in the reader's language."""
    reason = error.facts.get("reason") if isinstance(error, Conflict) else None
    if reason:
        return say(language, "page.not_counted", reason=say(language, f"objection.{reason}"))
    return say_or(error.detail, language, f"page.refused_{int(error.status)}")
