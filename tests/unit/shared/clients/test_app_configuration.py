"""Feature flags in Azure App Configuration: switched once per step, and only the version that was looked at."""

import base64
import json

import pytest

from shared.clients.app_configuration import KEY_TAG, AppConfigurationClient, app_configuration_client
from shared.clients.app_configuration_auth import sign
from shared.errors import ConfigurationError, OutcomeUnknown, VendorRefused, VendorUnavailable
from tests.fakes.app_configuration import CREDENTIAL, PREFIX, SECRET, URL, FakeAppConfiguration
from tests.fakes.vendor import Late, dropped, lost_reply, malformed, no_connection, status, timed_out


@pytest.fixture
def store() -> FakeAppConfiguration:
    return FakeAppConfiguration()


@pytest.fixture
def client(store: FakeAppConfiguration) -> AppConfigurationClient:
    return app_configuration_client(URL, CREDENTIAL, SECRET, transport=store.transport)


async def off(client: AppConfigurationClient, etag: str, key: str = "op-1/switch_flag") -> object:
    return await client.switch("new-cart", "prod", on=False, etag=etag, key=key)


async def test_a_flag_is_read_with_its_version(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")

    flag = await client.flag("new-cart", "prod")

    assert flag is not None
    assert (flag["name"], flag["label"], flag["enabled"], flag["etag"], flag["key"]) == (
        *("new-cart", "prod", True),
        *("v1", ""),
    )
    assert await client.flag("new-cart") is None
    assert await client.flag("old-cart", "prod") is None


async def test_switching_keeps_everything_else(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")

    flag = await client.switch("new-cart", "prod", on=False, etag="v1", key="op-1/switch_flag")

    kept = store.key_values[PREFIX + "new-cart", "prod"]
    assert flag is not None
    assert flag["enabled"] is False
    assert json.loads(kept["value"])["conditions"] == {"client_filters": []}
    assert kept["tags"] == {"team": "checkout", KEY_TAG: "op-1/switch_flag"}
    assert kept["content_type"].startswith("application/vnd.microsoft.appconfig.ff+json")
    (put,) = store.sent("PUT")
    assert put.headers["Content-Type"] == "application/vnd.microsoft.appconfig.kv+json"


async def test_what_changed_since_it_was_looked_at_is_left_alone(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")
    store.add_flag("new-cart", "prod")

    assert await off(client, "v1") is None
    assert await client.switch("gone", "prod", on=False, etag="v1", key="k") is None
    assert store.enabled("new-cart", "prod")


async def test_a_change_between_look_and_write_is_not_overwritten(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")

    def changed(request: object, work: object) -> object:
        store.add_flag("new-cart", "prod", enabled=True)
        return store.respond(request)  # type: ignore[arg-type]

    store.fail("PUT", "/kv", changed)  # type: ignore[arg-type]

    assert await off(client, "v1") is None
    assert store.enabled("new-cart", "prod")


@pytest.mark.parametrize("fault", [lost_reply, timed_out, malformed], ids=["lost", "late", "malformed"])
async def test_an_answer_that_never_came_switches_nothing_twice(
    store: FakeAppConfiguration, client: AppConfigurationClient, fault: object
) -> None:
    store.add_flag("new-cart", "prod")
    store.fail("PUT", "/kv", fault)  # type: ignore[arg-type]

    flag = await client.switch("new-cart", "prod", on=False, etag="v1", key="op-1/switch_flag")

    assert flag is not None
    assert (flag["enabled"], flag["etag"]) == (False, "v2")
    assert len(store.sent("PUT")) == 1


async def test_done_again_by_the_same_step_it_is_found(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")

    first, second = await off(client, "v1"), await off(client, "v1")

    assert first == second
    assert len(store.sent("PUT")) == 1


async def test_what_another_step_switched_is_a_change(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")
    await off(client, "v1", key="op-2/switch_flag")

    assert await off(client, "v1", key="op-1/switch_flag") is None


async def test_a_write_that_may_still_be_at_work_is_unknown_and_found_later(
    store: FakeAppConfiguration, client: AppConfigurationClient
) -> None:
    store.add_flag("new-cart", "prod")
    late = Late()
    store.fail("PUT", "/kv", late)

    with pytest.raises(OutcomeUnknown):
        await off(client, "v1")
    assert late.finish is not None
    late.finish()

    assert await off(client, "v1") is not None
    assert len(store.sent("PUT")) == 1


@pytest.mark.parametrize("fault", [no_connection, dropped, status(503), status(429)])
async def test_a_store_that_is_away_for_a_moment_is_asked_again(
    store: FakeAppConfiguration, client: AppConfigurationClient, fault: object
) -> None:
    store.add_flag("new-cart", "prod")
    store.fail("GET", "/kv", fault)  # type: ignore[arg-type]

    assert await client.flag("new-cart", "prod") is not None


async def test_a_locked_flag_and_a_wrong_key_are_refusals(store: FakeAppConfiguration) -> None:
    store.add_flag("new-cart", "prod", locked=True)
    ours = app_configuration_client(URL, CREDENTIAL, SECRET, transport=store.transport)
    stranger = app_configuration_client(
        URL, CREDENTIAL, base64.b64encode(b"x").decode(), transport=store.transport
    )

    with pytest.raises(VendorRefused, match="409"):
        await off(ours, "v1")
    with pytest.raises(VendorRefused, match="401"):
        await stranger.flag("new-cart")


async def test_the_ping_asks_once(store: FakeAppConfiguration, client: AppConfigurationClient) -> None:
    await client.ping()
    store.fail("GET", "/kv", no_connection)

    with pytest.raises(VendorUnavailable):
        await client.ping()


def test_a_secret_that_is_none_is_named_without_its_value() -> None:
    with pytest.raises(ConfigurationError, match="APP_CONFIGURATION_SECRET") as caught:
        app_configuration_client(URL, CREDENTIAL, "hunter2!")

    assert "hunter2" not in str(caught.value)


def test_a_signature_covers_method_target_and_signed_headers() -> None:
    signed = "Fri, 11 May 2018 18:48:36 GMT;contoso.azconfig.io;47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    base = sign(b"secret", "GET", "/kv?api-version=1.0", signed)

    assert base == "sSECV5JBvwXLn7UYGIo7SiqNyzBBkNPtT1rsvclIUw4="  # openssl dgst -sha256 -hmac secret
    for other in (
        sign(b"another", "GET", "/kv?api-version=1.0", signed),
        sign(b"secret", "PUT", "/kv?api-version=1.0", signed),
        sign(b"secret", "GET", "/kv?api-version=2.0", signed),
        sign(b"secret", "GET", "/kv?api-version=1.0", signed.replace("contoso", "fabrikam")),
    ):
        assert other != base
