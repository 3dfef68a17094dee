"""A postmortem as a page: its sections, shown as words and links; no markup of it is trusted."""

from http import HTTPStatus

import azure.functions as func

from functions.forms import PAGE_POLICY
from functions.http import NEVER_CACHED
from shared.domain import markdown
from shared.security.tokens import Caller
from shared.services import services
from shared.texts import choose


def page(req: func.HttpRequest, text: str, caller: Caller) -> func.HttpResponse:
    """text: as shared.domain.incident.postmortem wrote it."""
    from functions.pages import render

    language = choose(req.headers.get("Accept-Language", ""), services().settings.default_language)
    operation_id = req.route_params["id"]
    html = render(
        "postmortem.html",
        language,
        caller=caller,
        error="",
        sign_in="",
        document=markdown.read(text),
        operation_url=f"/api/operations/{operation_id}",
    )
    headers = {**NEVER_CACHED, "Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
    return func.HttpResponse(
        html, status_code=HTTPStatus.OK, mimetype="text/html", charset="utf-8", headers=headers
    )
