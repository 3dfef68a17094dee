"""A postmortem as a page: its sections, shown as words and links; no markup of it is trusted."""

from http import HTTPStatus

import azure.functions as func

from functions.http import language_of
from functions.pages import html_page
from shared.domain import markdown
from shared.security.tokens import Caller


def page(req: func.HttpRequest, text: str, caller: Caller) -> func.HttpResponse:
    """text: as shared.domain.incident.postmortem wrote it."""
    operation_id = req.route_params["id"]
    return html_page(
        "postmortem.html",
        language_of(req),
        HTTPStatus.OK,
        caller=caller,
        error="",
        sign_in="",
        document=markdown.read(text),
        operation_url=f"/api/operations/{operation_id}",
    )
