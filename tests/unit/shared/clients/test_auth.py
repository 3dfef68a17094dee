"""A token is fetched when needed, kept while good, fetched by one caller at a time, renewed once on a 401."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from shared.clients.auth import EARLY_S, TokenAuth, client_credentials, entra_id
from shared.clients.http import call, http_client, nothing
from shared.errors import VendorRefused, VendorUnavailable


class Vendor:
    """Accepts the tokens in `good`; hands out token-1, token-2, ..."""

    def __init__(self, lifetime_s: float = 600) -> None:
        self.now_s, self.lifetime_s, self.fetched = 0.0, lifetime_s, 0
        self.good: set[str] = set()
        self.seen: list[str] = []
        self.http = http_client("https://vendor.test", transport=httpx.MockTransport(self.respond))
        self.http.auth = TokenAuth(self.fetch, lambda: self.now_s)

    async def fetch(self) -> tuple[str, float]:
        self.fetched += 1
        token = f"token-{self.fetched}"
        await asyncio.sleep(0)
        self.good.add(token)
        return token, self.lifetime_s

    def respond(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append(token)
        return httpx.Response(200 if token in self.good else 401, content=request.content)

    async def call(self) -> None:
        await call(self.http, "vendor", "o", "POST", "/x", json={"n": 1}, parse=nothing)


async def test_a_token_serves_until_shortly_before_it_expires() -> None:
    vendor = Vendor(lifetime_s=600)
    await vendor.call()
    vendor.now_s = 600 - EARLY_S - 1
    await vendor.call()
    assert vendor.fetched == 1
    vendor.now_s = 600 - EARLY_S
    await vendor.call()
    assert vendor.seen == ["token-1", "token-1", "token-2"]


async def test_a_token_that_lives_shorter_than_the_margin_still_serves() -> None:
    vendor = Vendor(lifetime_s=EARLY_S / 2)
    await vendor.call()
    await vendor.call()
    assert vendor.fetched == 1


async def test_callers_at_once_share_one_fetch() -> None:
    vendor = Vendor()
    await asyncio.gather(*(vendor.call() for _ in range(20)))
    assert vendor.fetched == 1


async def test_callers_refused_at_once_share_one_refresh() -> None:
    vendor = Vendor()
    await vendor.call()
    vendor.good.clear()
    await asyncio.gather(*(vendor.call() for _ in range(20)))
    assert vendor.fetched == 2


async def test_a_refused_token_is_renewed_once_and_the_request_sent_again_whole() -> None:
    vendor = Vendor()
    await vendor.call()
    vendor.good.clear()
    await vendor.call()
    assert vendor.seen == ["token-1", "token-1", "token-2"]


async def test_a_vendor_that_refuses_a_new_token_too_has_refused() -> None:
    vendor = Vendor()
    vendor.respond = lambda request: httpx.Response(401)  # type: ignore[method-assign]
    vendor.http = http_client("https://vendor.test", transport=httpx.MockTransport(vendor.respond))
    vendor.http.auth = TokenAuth(vendor.fetch)
    with pytest.raises(VendorRefused) as refused:
        await vendor.call()
    assert (refused.value.status, vendor.fetched) == (401, 2)


async def with_token_endpoint(respond: Any) -> httpx.AsyncClient:
    http = http_client("https://vendor.test", transport=httpx.MockTransport(respond))
    http.auth = client_credentials(http, "vendor", "/oauth_token.do", "an-id", "a-secret-that-is-long")
    return http


async def test_wrong_credentials_are_refused_without_showing_them() -> None:
    body = {"error": "invalid_client", "error_description": "an-id and a-secret-that-is-long do not match"}
    http = await with_token_endpoint(lambda request: httpx.Response(401, json=body))
    with pytest.raises(VendorRefused) as refused:
        await call(http, "vendor", "o", "POST", "/x", parse=nothing)
    assert refused.value.operation == "authenticate"
    assert str(refused.value) == "vendor authenticate: refused (401): invalid_client … and … do not match"


@pytest.mark.parametrize("code", [500, 503, 200])
async def test_a_token_endpoint_that_fails_means_nothing_was_written(code: int) -> None:
    http = await with_token_endpoint(lambda request: httpx.Response(code, text="<html>"))
    with pytest.raises(VendorUnavailable) as unavailable:
        await call(http, "vendor", "o", "POST", "/x", parse=nothing)
    assert type(unavailable.value) is VendorUnavailable


class Credential:
    """An identity of azure.identity.aio: gives a token or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.scopes = error, list[str]()

    async def get_token(self, scope: str) -> Any:
        self.scopes.append(scope)
        if self.error:
            raise self.error
        return SimpleNamespace(token="entra-token", expires_on=int(time.time()) + 3600)


async def test_an_entra_identity_gives_the_token_of_its_scope() -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200)

    credential = Credential()
    http = http_client("https://vendor.test", transport=httpx.MockTransport(respond))
    http.auth = entra_id(credential, "vendor", "a-scope")
    await call(http, "vendor", "o", "GET", "/x", parse=nothing)
    await call(http, "vendor", "o", "GET", "/x", parse=nothing)
    assert seen == ["Bearer entra-token"] * 2
    assert credential.scopes == ["a-scope"]


async def test_an_identity_without_rights_is_refused_and_one_out_of_reach_unavailable() -> None:
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

    for error, expected in (
        (ClientAuthenticationError("no, and here is a secret"), VendorRefused),
        (ServiceRequestError("no route"), VendorUnavailable),
    ):
        http = http_client(
            "https://vendor.test", transport=httpx.MockTransport(lambda request: httpx.Response(200))
        )
        http.auth = entra_id(Credential(error), "vendor", "a-scope")
        with pytest.raises(expected) as raised:
            await call(http, "vendor", "o", "GET", "/x", parse=nothing)
        assert "secret" not in str(raised.value)
