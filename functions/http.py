"""What all HTTP triggers share: RFC 9457 problem details for every refusal, JSON answers, and who is calling."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import azure.functions as func

from shared.errors import (
    Conflict,
    InvalidRequest,
    RenderFailed,
    RequestError,
    TooLarge,
    VendorRefused,
    VendorUnavailable,
)
from shared.security.tokens import Caller
from shared.services import services
from shared.texts import choose

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
RETRY_AFTER_S = 10
PROBLEM = "application/problem+json"
NEVER_CACHED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Handler = Callable[..., Awaitable[func.HttpResponse]]


def answers_problems(handler: Handler) -> Handler:
    """Turn the error tree into problem details; the unexpected is logged and answered with 500."""

    @wraps(handler)
    async def wrapper(*args: Any, **kwargs: Any) -> func.HttpResponse:
        try:
            return await handler(*args, **kwargs)
        except RequestError as error:
            faults = error.faults if isinstance(error, InvalidRequest) else []
            facts = error.facts if isinstance(error, Conflict) else {}
            return problem(error.status, error.title, error.detail, faults=faults, facts=facts)
        except VendorUnavailable as error:
            log.warning("%s", error)
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "A system we need is away",
                f"{error.vendor} does not answer. Nothing was changed; try again later.",
                retry_after_s=max(1, round(error.retry_after_s or RETRY_AFTER_S)),
            )
        except VendorRefused as error:
            log.error("%s", error)
            return problem(
                HTTPStatus.BAD_GATEWAY, "A system we need refused", f"{error.vendor} refused the request."
            )
        except RenderFailed as error:
            log.error("%s", error)
            return problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"The golden path {error.path} is broken",
                f"Its file {error.file or '(all files)'} cannot be rendered. Nothing was created; "
                "the path's owner must mend it, the log of this request says how.",
            )
        except Exception:
            log.exception("unexpected error")
            return problem(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "Internal error",
                "This is our fault. The log of this request says why.",
            )

    @wraps(handler)
    async def as_asked(*args: Any, **kwargs: Any) -> func.HttpResponse:
        return _as_asked(kwargs.get("req") or args[0], await wrapper(*args, **kwargs))

    return as_asked


def _as_asked(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """Problem details as plain JSON for who accepts JSON and names no problem details (RFC 9110, 12.5.1).

    Backstage's http:backstage:request reads a body as JSON only under that very name.
    """
    accepted = req.headers.get("Accept", "")
    if response.mimetype != PROBLEM or "application/json" not in accepted or "problem+json" in accepted:
        return response
    return func.HttpResponse(
        response.get_body(),
        status_code=response.status_code,
        mimetype="application/json",
        headers=dict(response.headers),
    )


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    faults: list[dict[str, str]] | None = None,
    retry_after_s: int | None = None,
    facts: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """One problem document (https://www.rfc-editor.org/rfc/rfc9457); facts: its extension members."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": int(status), "detail": detail}
    body |= facts or {}
    if faults:
        body["errors"] = faults
    headers = dict(NEVER_CACHED)
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        mimetype=PROBLEM,
        headers=headers,
    )


def answer(
    body: Any, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> func.HttpResponse:
    """A JSON answer."""
    return func.HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status_code=status,
        mimetype="application/json",
        headers={**NEVER_CACHED, **(headers or {})},
    )


def body_of(req: func.HttpRequest) -> bytes:
    """The raw body. Raises: TooLarge."""
    body: bytes = req.get_body()
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"The body has more than {MAX_BODY_BYTES // 1024} KB.")
    return body


def token_of(req: func.HttpRequest) -> str | None:
    """The caller's token: a bearer token, or the ID token that App Service Authentication adds after sign-in."""
    scheme, _, token = req.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return str(token.strip())
    added: str | None = req.headers.get("X-MS-TOKEN-AAD-ID-TOKEN")
    return added


def wants_page(req: func.HttpRequest) -> bool:
    """Whether a person's browser asks."""
    return "text/html" in req.headers.get("Accept", "")


def language_of(req: func.HttpRequest) -> str:
    """The language the caller reads best of those we write."""
    return choose(req.headers.get("Accept-Language", ""), services().settings.default_language)


def sign_in_address(back: str) -> str:
    """Where App Service Authentication signs a person in; `back` is the path to come back to."""
    return f"/.auth/login/aad?post_login_redirect_uri={quote(back, safe='')}"


async def caller_with(req: func.HttpRequest, role: str) -> Caller:
    """Who calls, when the role is theirs. Raises: Unauthenticated, Forbidden, VendorUnavailable."""
    caller = await services().tokens.caller(token_of(req))
    caller.must_be(role)
    return caller
