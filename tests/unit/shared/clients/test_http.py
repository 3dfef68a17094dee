"""What came back from a vendor, or did not, becomes the right error, and no error tells a secret."""

import logging
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.clients.http import (
    LEAST_SETTLE_S,
    MAX_RETRY_AFTER_S,
    SETTLE_S,
    TIMEOUT_S,
    VERSION,
    call,
    http_client,
    nothing,
    segment,
)
from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable
from tests.fakes.vendor import Fault, malformed, status

ROOT = Path(__file__).parents[4]


async def outcome(
    respond: Callable[[httpx.Request], httpx.Response],
    method: str = "POST",
    timeout_s: float = TIMEOUT_S,
    **options: Any,
) -> Any:
    """The value, or the error, of one call to a vendor that does `respond`."""
    options.setdefault("parse", lambda body: body)
    transport = httpx.MockTransport(respond)
    async with http_client("https://vendor.test/base", transport=transport, timeout_s=timeout_s) as http:
        try:
            return await call(http, "vendor", "do_it", method, "/path", **options)
        except VendorError as error:
            return error


def raising(error: type[httpx.RequestError]) -> Callable[[httpx.Request], httpx.Response]:
    def respond(request: httpx.Request) -> httpx.Response:
        raise error("https://vendor.test/base/path Api-Token abc", request=request)

    return respond


def answering(code: int, **options: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(code, **options)


async def test_the_answer_is_what_parse_makes_of_it() -> None:
    value = await outcome(
        answering(200, json={"result": {"n": 4}}), "GET", parse=lambda body: body["result"]["n"]
    )
    assert value == 4


async def test_an_answer_nobody_needs_is_not_read() -> None:
    assert await outcome(answering(202, text="1"), parse=nothing) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_without_a_connection_nothing_was_done(error: type[httpx.RequestError], method: str) -> None:
    assert type(await outcome(raising(error), method)) is VendorUnavailable


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteTimeout])
async def test_a_write_that_times_out_may_be_done_and_may_still_be_at_work(
    error: type[httpx.RequestError],
) -> None:
    raised = await outcome(raising(error))
    assert isinstance(raised, OutcomeUnknown)
    assert raised.retry_after_s == SETTLE_S


@pytest.mark.parametrize(("timeout_s", "settle_s"), [(20.0, 60.0), (2.0, 6.0), (0.5, LEAST_SETTLE_S)])
async def test_a_write_may_be_at_work_for_three_times_as_long_as_its_caller_waits(
    timeout_s: float, settle_s: float
) -> None:
    raised = await outcome(raising(httpx.ReadTimeout), timeout_s=timeout_s)
    assert raised.retry_after_s == settle_s


@pytest.mark.parametrize("error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
async def test_a_write_whose_connection_breaks_may_be_done(error: type[httpx.RequestError]) -> None:
    raised = await outcome(raising(error))
    assert isinstance(raised, OutcomeUnknown)
    assert raised.retry_after_s is None


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
async def test_a_read_that_breaks_is_only_unavailable(error: type[httpx.RequestError]) -> None:
    assert type(await outcome(raising(error), "GET")) is VendorUnavailable


@pytest.mark.parametrize("code", [408, 425, 429, 503])
async def test_a_vendor_that_did_not_take_the_request_is_unavailable(code: int) -> None:
    assert type(await outcome(answering(code))) is VendorUnavailable


@pytest.mark.parametrize("code", [500, 502, 504, 507, 599])
async def test_a_server_error_leaves_a_write_unknown_and_a_read_unavailable(code: int) -> None:
    assert type(await outcome(answering(code), "POST")) is OutcomeUnknown
    assert type(await outcome(answering(code), "GET")) is VendorUnavailable


async def test_after_a_gateway_time_out_the_vendor_may_still_be_at_work() -> None:
    assert (await outcome(answering(504))).retry_after_s == SETTLE_S
    assert (await outcome(answering(502))).retry_after_s is None


@pytest.mark.parametrize("code", [301, 302, 400, 401, 403, 404, 409, 422, 501])
async def test_a_refusal_carries_its_status(code: int) -> None:
    raised = await outcome(answering(code))
    assert isinstance(raised, VendorRefused)
    assert raised.status == code


async def test_a_sign_in_page_is_a_refusal() -> None:
    assert isinstance(await outcome(answering(203, text="<html>Sign in"), "GET"), VendorRefused)


@pytest.mark.parametrize("text", ["<html>", "", '{"result": ', "[]", '{"result": null}', '"result"', "\xff"])
async def test_an_unreadable_answer_leaves_a_write_unknown_and_a_read_unavailable(text: str) -> None:
    options: dict[str, Any] = {"parse": lambda body: body["result"]["sys_id"]}
    assert type(await outcome(answering(200, text=text), "POST", **options)) is OutcomeUnknown
    assert type(await outcome(answering(200, text=text), "GET", **options)) is VendorUnavailable


async def test_a_post_that_only_reads_is_treated_as_a_read() -> None:
    assert type(await outcome(answering(500), "POST", writes=False)) is VendorUnavailable


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 0), ("99999", MAX_RETRY_AFTER_S), ("soon", None), ("-3", None)]
)
async def test_retry_after_in_seconds(header: str, seconds: float | None) -> None:
    assert (await outcome(answering(429, headers={"Retry-After": header}))).retry_after_s == seconds


@pytest.mark.parametrize(
    ("ahead_s", "low", "high"), [(60, 50, 60), (-60, 0, 0), (9e5, MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S)]
)
async def test_retry_after_as_a_date(ahead_s: float, low: float, high: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead_s), usegmt=True)
    raised = await outcome(answering(503, headers={"Retry-After": date}))
    assert low <= raised.retry_after_s <= high


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No Record found", "detail": "or ACL"}}, "No Record found or ACL"),
        ({"error": {"code": 400, "message": "bad selector"}}, "bad selector"),
        ({"message": "TF400813: not authorized"}, "TF400813: not authorized"),
        ({"error": "invalid_client", "error_description": "no such client"}, "invalid_client no such client"),
    ],
)
async def test_a_refusal_quotes_the_vendor(body: dict[str, Any], words: str) -> None:
    assert str(await outcome(answering(400, json=body))) == f"vendor do_it: refused (400): {words}"


@pytest.mark.parametrize(
    "body", ["<html>no</html>", "[1]", "null", '{"error": 7}', '{"error": {"message": null}}']
)
async def test_a_refusal_without_words_is_still_a_refusal(body: str) -> None:
    assert str(await outcome(answering(400, text=body))) == "vendor do_it: refused (400)"


async def test_a_refusal_is_short_and_quotes_neither_what_we_sent_nor_what_looks_secret() -> None:
    sent = {"note": "João da Silva,\n CPF 123.456.789-09", "tags": ["cust-omer"], "n": 5}
    quoted = f"no: João da Silva, CPF 123.456.789-09 cust-omer {'k3y' * 20} " + "blah " * 100
    text = str(await outcome(answering(400, json={"message": quoted}), json=sent))
    assert text.startswith("vendor do_it: refused (400): no: … … … blah")
    assert len(text) < 260


@pytest.mark.parametrize("fault", [raising(httpx.ReadError), answering(500), answering(401)])
async def test_no_error_shows_an_address_a_token_or_a_cause_that_does(fault: Any) -> None:
    told = "".join(traceback.format_exception(await outcome(fault)))
    assert "vendor do_it" in told
    assert "vendor.test" not in told
    assert "abc" not in told


async def test_requests_name_the_app_and_its_version() -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    await outcome(respond)
    assert seen[0].headers["User-Agent"] == f"valueflow/{VERSION}"
    assert seen[0].headers["Accept"] == "application/json"
    assert seen[0].url == "https://vendor.test/base/path"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION


async def test_every_client_has_time_outs_and_follows_no_redirect() -> None:
    async with http_client("https://vendor.test") as http:
        assert (http.timeout.connect, http.timeout.read) == (5.0, 10.0)
        assert not http.follow_redirects


async def test_httpx_does_not_log_addresses(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("httpx").setLevel(logging.NOTSET)
    caplog.set_level(logging.DEBUG)
    await outcome(answering(200, json={}))
    assert "vendor.test" not in caplog.text


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("a b", "a%20b"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        ("a?b#c", "a%3Fb%23c"),
        (7, "7"),
        ("ção", "%C3%A7%C3%A3o"),
    ],
)
def test_a_segment_cannot_leave_its_place(name: str | int, encoded: str) -> None:
    assert segment(name) == encoded


async def test_an_encoded_segment_reaches_the_vendor_as_it_is() -> None:
    paths: list[bytes] = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={})

    async with http_client("https://vendor.test/org", transport=httpx.MockTransport(respond)) as http:
        for name in ("a b/c", "..", "é"):
            await call(http, "v", "o", "GET", f"/{segment(name)}/x", parse=nothing)
    assert paths == [b"/org/a%20b%2Fc/x", b"/org/%2E%2E/x", b"/org/%C3%A9/x"]


def test_an_empty_segment_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="collection"):
        segment("")


def test_importing_the_clients_brings_in_no_heavy_package() -> None:
    code = (
        "import sys; from shared.clients import azure_devops, dead_letters, dynatrace, servicebus, servicenow, teams;"
        "print([name for name in ('httpx', 'stamina', 'azure', 'pydantic') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_faults_of_the_fakes_are_what_they_say() -> None:
    worked: list[int] = []

    def work() -> httpx.Response:
        worked.append(1)
        return httpx.Response(201, json={})

    request = httpx.Request("POST", "https://vendor.test")
    fault: Fault = status(503, Retry_After="2")
    assert fault(request, work).headers["Retry-After"] == "2"
    assert not worked
    assert malformed(request, work).status_code == 201
    assert worked
