"""The page on which a person extends an environment: its link, what it shows, its form.

functions.services.environments calls it.
"""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.functions as func

from functions import forms
from functions.http import language_of, sign_in_address
from functions.pages import html_page
from shared.domain.service import environments
from shared.errors import RequestError
from shared.security import links
from shared.security.tokens import ADMIN, Caller
from shared.services import services

STEPS_HOURS = (8, 24, 72, 168, 720)
"""What the form offers beyond the present end, as far as the limit goes."""
_EXTEND = "extend"


def show(
    req: func.HttpRequest,
    caller: Caller,
    service: Mapping[str, Any],
    *,
    may_change: bool,
    longest_hours: float,
    extended: bool = False,
    error: RequestError | None = None,
) -> func.HttpResponse:
    """The environment, and the form for who may extend it. error: what was wrong with the form that was sent."""
    environment = service["environments"][req.route_params["environment"]]
    ends_at = environment.get("ends_at")
    alive = environment["state"] not in environments.ENDING and ends_at
    choices = _choices(environment, longest_hours) if alive and may_change else []
    return _page(
        req,
        error.status if error else HTTPStatus.OK,
        caller=caller,
        service=service,
        environment=environment,
        name=req.route_params["environment"],
        ends_at=environments.shown(environments.moment(ends_at), environment) if ends_at else "",
        alive=alive,
        may_change=may_change,
        extended=extended,
        error=error.detail if error else "",
        choices=choices,
        form_token=forms.form_token(caller, _EXTEND, _subject(req)) if choices else "",
    )


def sign_in(req: func.HttpRequest) -> func.HttpResponse:
    return _page(req, HTTPStatus.UNAUTHORIZED, sign_in=sign_in_address(_path(req)))


def refusal(req: func.HttpRequest, error: RequestError) -> func.HttpResponse:
    return _page(req, error.status, error=error.detail)


def check_link(req: func.HttpRequest) -> None:
    """Raises: Forbidden."""
    secrets = services().settings.link_secrets
    links.verify_environment(secrets, req.params.get("token"), *_about(req), now_s=time.time())


def check_form(req: func.HttpRequest, caller: Caller, token: str) -> None:
    """Raises: Forbidden."""
    forms.check_form(caller, _EXTEND, _subject(req), token)


def _choices(environment: Mapping[str, Any], longest_hours: float) -> list[dict[str, Any]]:
    """[{"hours": from now, "until": the end that makes, for people}]: steps beyond the present end, and the limit.

    Less than an hour more is not offered.
    """
    now = datetime.now(UTC)
    left_hours = (environments.moment(environment["ends_at"]) - now) / timedelta(hours=1)
    offered = {math.ceil(left_hours + step) for step in STEPS_HOURS} | {math.floor(longest_hours)}
    return [
        {"hours": hours, "until": environments.local(now + timedelta(hours=hours), environment)}
        for hours in sorted(offered)
        if left_hours + 1 <= hours <= longest_hours
    ]


def _about(req: func.HttpRequest) -> tuple[str, str]:
    return req.route_params["name"], req.route_params["environment"]


def _subject(req: func.HttpRequest) -> str:
    return "/".join(_about(req))


def _path(req: func.HttpRequest) -> str:
    path = environments.page_path(*(quote(part, safe="") for part in _about(req)))
    return f"{path}?token={quote(req.params.get('token', ''), safe='.')}"


def _page(req: func.HttpRequest, status: int, **values: Any) -> func.HttpResponse:
    nothing = dict.fromkeys(("caller", "environment", "sign_in", "error", "extended"), "")
    values = {**nothing, **values, "role": ADMIN, "action_url": _path(req)}
    return html_page("environment.html", language_of(req), status, **values)
