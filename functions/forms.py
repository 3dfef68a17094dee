"""HTML forms of our own pages: read, and known to be ours."""

import time
from typing import Any
from urllib.parse import parse_qs

import azure.functions as func

from shared.errors import Forbidden
from shared.security import links
from shared.security.tokens import Caller
from shared.services import services

_TYPE = "application/x-www-form-urlencoded"
_GOOD_FOR_S = 3600
_MOST_FIELDS = 10


def is_form(req: func.HttpRequest) -> bool:
    """Whether a page's form was sent, rather than JSON."""
    return bool(req.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _TYPE)


def fields_of(body: bytes) -> dict[str, Any]:
    """The form's fields; of several of one name the first."""
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    return {name: values[0] for name, values in fields.items()}


def form_token(caller: Caller, purpose: str, subject: str) -> str:
    """What the form of this person carries: another site cannot submit it for them."""
    secrets = services().settings.link_secrets
    expires_at_s = int(time.time()) + _GOOD_FOR_S
    return links.sign(secrets, purpose, subject, caller.id, expires_at_s=expires_at_s)


def check_form(caller: Caller, purpose: str, subject: str, token: str) -> None:
    """Raises: Forbidden when the form is not one we gave this very person."""
    secrets = services().settings.link_secrets
    try:
        links.verify(secrets, token, purpose, subject, caller.id, now_s=time.time())
    except Forbidden:
        raise Forbidden("This form is not yours or is too old. Open the page again.") from None
