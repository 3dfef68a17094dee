"""The handshake, bad input, silence, and the end of a connection."""

import asyncio
import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.servicebus.amqp.decoding import decode
from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    AMQP_HEADER,
    ATTACH,
    BEGIN,
    CLOSE,
    END,
    OPEN,
    PROTOCOL_HEADER,
    SASL_FRAME,
    SASL_HEADER,
    SASL_INIT,
    SASL_MECHANISMS,
    SASL_OUTCOME,
    TRANSFER,
    code_of,
    frame,
)
from sandbox.servicebus.amqp.performatives import performative
from sandbox.servicebus.amqp.types import Symbol, UInt
from sandbox.servicebus.protocol.connection import CHANNEL_MAX, IDLE_MS
from tests.unit.sandbox.servicebus.fakes import FakeClock, WireClient, encoded, make_server, token


def closing_condition(client: WireClient, data: bytes) -> str:
    """Why the server closes when it is given the bytes."""
    said = client.give(data)
    assert client.transport.closed
    assert said[-1].code == CLOSE
    return str(said[-1].fields[0].value[0])


def test_a_client_gets_in_without_sasl(stranger: WireClient) -> None:
    stranger.give(AMQP_HEADER)
    (answer,) = stranger.say(OPEN, ["me"], channel=0)
    assert answer.code == OPEN
    assert answer.fields[2:5] == [65536, CHANNEL_MAX, IDLE_MS]


def test_a_client_gets_in_with_sasl_first(stranger: WireClient) -> None:
    stranger.connection.data_received(SASL_HEADER)
    stranger.clock.settle()
    header, mechanisms = stranger.heard_frames()
    assert (header.kind, header.body) == (PROTOCOL_HEADER, SASL_HEADER)
    offered, _ = decode(mechanisms.body)
    assert code_of(offered) == SASL_MECHANISMS
    assert "MSSBCBS" in offered.value[0]
    stranger.connection.data_received(frame(0, described(SASL_INIT, [Symbol("MSSBCBS")]), SASL_FRAME))
    stranger.clock.settle()
    (outcome,) = stranger.heard_frames()
    assert decode(outcome.body)[0].value[0] == 0
    stranger.open_authorized()


def test_another_sasl_mechanism_is_refused(stranger: WireClient) -> None:
    stranger.give(SASL_HEADER)
    stranger.connection.data_received(frame(0, described(SASL_INIT, [Symbol("PLAIN")]), SASL_FRAME))
    stranger.clock.settle()
    outcome, _ = decode(stranger.heard_frames()[-1].body)
    assert (code_of(outcome), outcome.value[0]) == (SASL_OUTCOME, 1)
    assert stranger.transport.closed


@pytest.mark.parametrize("hello", [b"AMQP\x00\x00\x09\x01", b"AMQP\x02\x01\x00\x00"])
def test_another_protocol_is_told_ours_and_refused(stranger: WireClient, hello: bytes) -> None:
    stranger.connection.data_received(hello)
    stranger.clock.settle()
    assert stranger.heard_frames()[0].body == AMQP_HEADER
    assert stranger.transport.closed


@pytest.mark.parametrize(
    ("data", "condition"),
    [
        (b"\x00" * 8, "amqp:connection:framing-error"),
        (b"GET / HTTP/1.1\r\n\r\n", "amqp:connection:framing-error"),
        (AMQP_HEADER, "amqp:connection:framing-error"),
        (frame(0, described(SASL_INIT, [Symbol("EXTERNAL")]), SASL_FRAME), "amqp:connection:framing-error"),
        (frame(1, b"\xff"), "amqp:decode-error"),
        (frame(1, described(TRANSFER, ["no number"])), "amqp:decode-error"),
        (frame(1, b"\x00\x40" * 300), "amqp:decode-error"),
        (frame(0, performative(OPEN, ["me"])), "amqp:not-allowed"),
        (frame(7, performative(END, [])), "amqp:not-allowed"),
        (frame(1, performative(BEGIN, [None, UInt(0), UInt(1), UInt(1)])), "amqp:connection:framing-error"),
        (
            frame(CHANNEL_MAX + 1, performative(BEGIN, [None, UInt(0), UInt(1), UInt(1)])),
            "amqp:connection:framing-error",
        ),
        (frame(1, performative(ATTACH, ["l", UInt(256), True])), "amqp:connection:framing-error"),
        (
            frame(1, performative(ATTACH, ["l", UInt(9), True, None, None, decode(b"\x00\x53\x99\x45")[0]])),
            "amqp:decode-error",
        ),
        (frame(1, performative(TRANSFER, [UInt(77), UInt(0)])), "amqp:session:unattached-handle"),
    ],
)
def test_bad_input_ends_the_connection_with_its_reason(
    client: WireClient, data: bytes, condition: str
) -> None:
    assert closing_condition(client, data) == condition


def test_bad_input_of_one_client_does_not_touch_another(tmp_path: Path, clock: FakeClock) -> None:
    server = make_server(tmp_path / "servicebus.db", clock)
    good, bad = (WireClient(server, clock).open_authorized() for _ in range(2))
    good.attach_sender("work")
    bad.give(b"\xff" * 64)
    assert bad.transport.closed
    assert good.transfer(encoded(b"1"))[0].fields[4].descriptor == 0x24
    server.store.close()


def test_what_follows_bad_input_is_ignored(client: WireClient) -> None:
    client.attach_sender("work")
    good = frame(1, performative(TRANSFER, [UInt(0), UInt(0), b"t", UInt(0)]) + encoded(b"1"))
    said = client.give(b"\x00" * 8 + good)
    assert [item.code for item in said] == [CLOSE]
    assert client.give(good) == []


def test_an_error_of_ours_ends_that_connection_only(
    client: WireClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.connection._on_frame = None  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.CRITICAL + 1):
        assert closing_condition(client, frame(0, b"")) == "amqp:internal-error"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=st.sampled_from(range(0x10, 0x19)), junk=st.binary(max_size=60))
def test_no_bytes_make_the_server_fail(
    tmp_path_factory: pytest.TempPathFactory, code: int, junk: bytes
) -> None:
    clock = FakeClock()
    server = make_server(tmp_path_factory.mktemp("junk") / "servicebus.db", clock)
    client = WireClient(server, clock).open_authorized()
    client.attach_sender("work")
    said = client.give(frame(1, b"\x00\x53" + bytes((code,)) + junk))
    conditions = [str(item.fields[0].value[0]) for item in said if item.code == CLOSE and item.fields[0]]
    assert "amqp:internal-error" not in conditions
    server.store.close()


def test_a_frame_before_the_open_is_refused(stranger: WireClient) -> None:
    stranger.give(AMQP_HEADER)
    assert stranger.say(BEGIN, [None, UInt(0), UInt(1), UInt(1)]) == []
    assert stranger.transport.closed


def test_a_frame_size_below_the_least_is_refused(stranger: WireClient) -> None:
    stranger.give(AMQP_HEADER)
    stranger.say(OPEN, ["me", None, UInt(100)], channel=0)
    assert stranger.transport.closed


def test_a_close_is_answered(client: WireClient) -> None:
    (answer,) = client.say(CLOSE, [], channel=0)
    assert (answer.code, answer.fields) == (CLOSE, [None])
    assert client.transport.closed


def test_an_ended_session_is_answered_and_what_comes_late_is_ignored(client: WireClient) -> None:
    assert [item.code for item in client.say(END, [])] == [END]
    assert client.say(END, []) == []
    assert not client.transport.closed
    assert client.say(BEGIN, [None, UInt(0), UInt(1), UInt(1)])[0].code == BEGIN


def test_a_silent_client_hears_a_heartbeat_in_half_its_time(stranger: WireClient) -> None:
    stranger.open(idle_ms=10_000)
    for _ in range(3):
        stranger.clock.advance(5.1)
        assert [item.body for item in stranger.heard_frames()] == [b""]


def test_a_client_silent_for_too_long_is_left(client: WireClient) -> None:
    client.clock.advance(IDLE_MS / 1000 * 1.5)
    assert not client.transport.closed
    client.give(frame(0, b""))
    client.clock.advance(IDLE_MS / 1000 * 1.5)
    assert not client.transport.closed
    client.clock.advance(IDLE_MS / 1000)
    assert client.transport.closed


def test_a_client_that_never_opens_is_left(stranger: WireClient) -> None:
    stranger.clock.advance(IDLE_MS / 1000 * 3.1)
    assert stranger.transport.closed


def test_a_lost_connection_lets_go_of_its_links(client: WireClient) -> None:
    client.attach_receiver("work")
    client.credit(10)
    client.connection.connection_lost(ConnectionResetError())
    client.server.namespace.find("work").send([])
    assert client.connection not in client.server.connections


async def test_stopping_says_goodbye(tmp_path: Path) -> None:
    clock = FakeClock()
    server = make_server(tmp_path / "servicebus.db", clock)
    client = WireClient(server, clock).open_authorized()
    stopping = asyncio.create_task(server.stop(patience_s=5))
    await asyncio.sleep(0)
    clock.settle()
    client.connection.connection_lost(None)
    await asyncio.wait_for(stopping, 2)
    (last,) = client.heard()
    assert (last.code, str(last.fields[0].value[0])) == (CLOSE, "amqp:connection:forced")


def test_a_token_is_for_one_connection(tmp_path: Path, clock: FakeClock) -> None:
    server = make_server(tmp_path / "servicebus.db", clock)
    first, second = WireClient(server, clock), WireClient(server, clock)
    first.open_authorized()
    second.open()
    assert second.attach_sender("work")[-1].fields[2].value[0] == "amqp:unauthorized-access"
    assert second.put_token(token()) == 202
    server.store.close()
