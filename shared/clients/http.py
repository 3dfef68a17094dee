"""HTTP as this app speaks it: one client per vendor, one function through which every call goes.

The clients of this folder call it; it turns what came back, or did not, into the errors of shared/errors.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.clients.refusals import reason
from shared.errors import OutcomeUnknown, VendorRefused, VendorUnavailable
from shared.settings import VENDOR_TIMEOUT_S

if TYPE_CHECKING:
    import ssl

    import httpx

VERSION = "0.1.0"
TIMEOUT_S = VENDOR_TIMEOUT_S
CONNECT_TIMEOUT_S = 5.0
MAX_RETRY_AFTER_S = 300.0
SETTLE_TIMES = 3
SETTLE_S = SETTLE_TIMES * TIMEOUT_S
"""How long a write that timed out may still be at work behind the vendor's door: three of the time-outs it outlived."""
LEAST_SETTLE_S = 4.0
"""Longer than clients wait themselves (LONGEST_WAIT_S of idempotency): it is the orchestrator that lets it pass."""

type Params = Mapping[str, str | int]
"""Query parameters."""

_NOT_TAKEN = frozenset({408, 425, 429, 503})


def http_client(
    base_url: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
) -> httpx.AsyncClient:
    """A client for one vendor; close it with `aclose`. transport: a fake, in tests.

    httpx tells its log every address it calls, and an address can be the secret (Teams): it may only warn.
    """
    import httpx

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"User-Agent": f"valueflow/{VERSION}", "Accept": "application/json", **(headers or {})},
        timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20, keepalive_expiry=20),
        transport=transport,
        verify=_tls(),
    )


@cache
def _tls() -> ssl.SSLContext:
    """One context for all vendors: reading the certificates takes longer than any other part of a client."""
    import httpx

    return httpx.create_ssl_context()


def segment(value: str | int) -> str:
    """One path segment of an address, percent-encoded whole, so that no name can reach another resource."""
    encoded = quote(str(value), safe="")
    if not encoded:
        raise ValueError("an empty name would address the whole collection")
    return encoded.replace(".", "%2E") if encoded in {".", ".."} else encoded


def nothing(_: Any) -> None:
    """The `parse` of a call whose answer has no body we need."""


async def call[T](
    http: httpx.AsyncClient,
    vendor: str,
    operation: str,
    method: str,
    path: str,
    *,
    parse: Callable[[Any], T],
    writes: bool | None = None,
    params: Params | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    authenticated: bool = True,
    on_response: Callable[[httpx.Response], None] | None = None,
) -> T:
    """Send one request, once, and return `parse` of its JSON answer (None for an empty one).

    writes: whether doing it twice is worse than once; when not given, all but GET and HEAD do.
    parse: what the answer means; a body it cannot read counts as malformed.
    on_response: sees every answer first, for a vendor that says something by its headers.

    Raises: VendorUnavailable (not done, or only a read), OutcomeUnknown (a write whose answer never came),
    VendorRefused. None of them holds an address, a body or a header.
    """
    import httpx

    writes = method not in {"GET", "HEAD"} if writes is None else writes
    unclear = OutcomeUnknown if writes else VendorUnavailable
    try:
        response = await http.request(
            method,
            path,
            params=params,
            json=json,
            data=form,
            headers=headers,
            auth=httpx.USE_CLIENT_DEFAULT if authenticated else None,
        )
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
        raise VendorUnavailable(vendor, operation, f"no connection ({type(error).__name__})") from None
    except httpx.TimeoutException as error:
        message = f"sent, but no answer in time ({type(error).__name__})"
        raise unclear(vendor, operation, message, _settle_s(http) if writes else None) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise unclear(vendor, operation, f"the connection broke ({type(error).__name__})") from None

    if on_response:
        on_response(response)
    status, retry_after_s = response.status_code, _retry_after_s(response.headers.get("Retry-After"))
    if status in _NOT_TAKEN:
        raise VendorUnavailable(vendor, operation, f"not now ({status})", retry_after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
        still_at_work = _settle_s(http) if writes and status == HTTPStatus.GATEWAY_TIMEOUT else None
        raise unclear(vendor, operation, f"failed ({status})", retry_after_s or still_at_work)
    # 203 is how Azure DevOps sends its sign-in page instead of an answer.
    if not response.is_success or status == HTTPStatus.NON_AUTHORITATIVE_INFORMATION:
        raise VendorRefused(vendor, operation, reason(response, [json, form]), status)
    try:
        return parse(None if parse is nothing or not response.content else response.json())
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise unclear(vendor, operation, f"answered {status}, unreadable ({type(error).__name__})") from None


def _settle_s(http: httpx.AsyncClient) -> float:
    """SETTLE_S, for this client's time-out."""
    return max(SETTLE_TIMES * (http.timeout.read or TIMEOUT_S), LEAST_SETTLE_S)


def _retry_after_s(header: str | None) -> float | None:
    """Seconds to wait, from a number or an HTTP date, never negative, capped; None when absent or absurd."""
    if not header:
        return None
    try:
        if header.strip().isdecimal():
            seconds = float(header)
        else:
            date = parsedate_to_datetime(header)
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = (date - datetime.now(UTC)).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
