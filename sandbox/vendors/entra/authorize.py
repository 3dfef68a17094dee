"""GET and POST /{tenant}/oauth2/v2.0/authorize: the front half of the authorization code flow.

A request that names no known client or a redirect address elsewhere than on this machine is answered with a
page; every other fault goes back to the client, as RFC 6749 (4.1.2.1) wants it.
"""

import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.entra import page
from sandbox.vendors.entra.people import client, person
from sandbox.vendors.framework import Refusal
from sandbox.vendors.store import Collection

CODE_LIFETIME_S = 600
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)
_SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self' http://127.0.0.1:* http://localhost:* https://127.0.0.1:* https://localhost:*"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Authorize:
    """codes: where codes wait to be redeemed."""

    def __init__(self, codes: Collection) -> None:
        self._codes = codes

    async def show(self, request: web.Request) -> web.Response:
        """The page with the people."""
        given = _known(request.query)
        _check(request, given)
        spoken = page.language(request.headers.get("Accept-Language", ""))
        return _html(page.choose(spoken, request.path, given))

    async def choose(self, request: web.Request) -> web.Response:
        """The choice: back to the client with a code."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        given = _known(form)
        _check(request, given)
        who = person(form.get("person", ""))
        if who is None:
            raise _back(given, "access_denied", "AADSTS50058: Nobody was chosen.")
        code = secrets.token_urlsafe(32)
        kept = {"person": who.key, "tenant": request.match_info["tenant"]}
        self._codes.put(code, {**given, **kept, "expires_ms": now_ms() + CODE_LIFETIME_S * 1000})
        return _redirect(given, {"code": code})


def _known(given: Mapping[str, str]) -> dict[str, str]:
    return {name: given[name] for name in _PARAMETERS if given.get(name)}


def _check(request: web.Request, given: Mapping[str, str]) -> None:
    """Raises: Refusal."""
    spoken = page.language(request.headers.get("Accept-Language", ""))
    if client(given.get("client_id", "")) is None:
        text = "AADSTS700016: The application (client_id) was not found in the directory."
        raise Refusal(_html(page.refused(spoken, text), HTTPStatus.BAD_REQUEST))
    if not is_loopback(given.get("redirect_uri", "")):
        text = "AADSTS50011: The redirect_uri is not allowed: the sandbox only goes back to this machine."
        raise Refusal(_html(page.refused(spoken, text), HTTPStatus.BAD_REQUEST))
    if given.get("response_type") != "code":
        raise _back(given, "unsupported_response_type", "AADSTS70005: response_type must be code.")
    if given.get("response_mode", "query") != "query":
        raise _back(given, "invalid_request", "AADSTS90015: the sandbox knows the response_mode query only.")
    if "openid" not in given.get("scope", "").split():
        raise _back(given, "invalid_request", "AADSTS900144: scope must hold openid.")
    challenge = given.get("code_challenge", "")
    if challenge and not (given.get("code_challenge_method") == "S256" and _CHALLENGE.fullmatch(challenge)):
        raise _back(given, "invalid_request", "AADSTS501491: code_challenge_method must be S256.")


def is_loopback(address: str) -> bool:
    """Whether a redirect goes to this machine."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK and parts.username is None
    except ValueError:
        return False


def _back(given: Mapping[str, str], code: str, description: str) -> Refusal:
    return Refusal(_redirect(given, {"error": code, "error_description": description}))


def _redirect(given: Mapping[str, str], answer: Mapping[str, str]) -> web.Response:
    back = {**answer, **({"state": given["state"]} if "state" in given else {})}
    address = given["redirect_uri"]
    joint = "&" if urlsplit(address).query else "?"
    headers = {"Location": f"{address}{joint}{urlencode(back)}", "Cache-Control": "no-store"}
    return web.Response(status=HTTPStatus.FOUND, headers=headers)


def _html(text: str, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_SECURITY)
