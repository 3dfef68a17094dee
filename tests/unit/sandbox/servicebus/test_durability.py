"""What was accepted is there after SIGKILL, whatever the process was doing."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sandbox.servicebus.amqp.encoding import described
from sandbox.servicebus.amqp.frames import (
    AMQP_HEADER,
    ATTACH,
    BEGIN,
    DISPOSITION,
    FLOW,
    OPEN,
    SOURCE,
    TARGET,
    TRANSFER,
    FrameReader,
    frame,
)
from sandbox.servicebus.amqp.performatives import parse, performative
from sandbox.servicebus.amqp.types import Described, UInt, ULong
from sandbox.servicebus.broker.messages import APPLICATION_PROPERTIES, PROPERTIES, VALUE
from sandbox.servicebus.broker.store import Store
from tests.unit.sandbox.servicebus.fakes import CONFIG, KEY, encoded, token

MESSAGES, ENOUGH = 900, 100


def said(code: int, fields: list[Any], payload: bytes = b"") -> bytes:
    return frame(0 if code == OPEN else 1, performative(code, fields) + payload)


def attached(handle: int, client_receives: bool, address: str) -> bytes:
    far, near = Described(ULong(TARGET), [address]), Described(ULong(SOURCE), ["me"])
    if client_receives:
        far, near = Described(ULong(TARGET), ["me"]), Described(ULong(SOURCE), [address])
    fields = [f"link-{handle}", UInt(handle), client_receives, None, None, near, far, None, None, UInt(0)]
    return said(ATTACH, fields)


def all_at_once() -> bytes:
    """Handshake, token and messages in one go, without waiting for an answer."""
    options = {"operation": "put-token", "name": "sb://localhost"}
    put_token = described(PROPERTIES, ["request"]) + described(APPLICATION_PROPERTIES, options)
    put_token = put_token + described(VALUE, token(expiry_s=int(time.time()) + 600))
    parts = [
        AMQP_HEADER + said(OPEN, ["client"]) + said(BEGIN, [None, UInt(0), UInt(5000), UInt(5000)]),
        attached(1, True, "$cbs"),
        said(FLOW, [UInt(0), UInt(5000), UInt(0), UInt(5000), UInt(1), UInt(0), UInt(1)]),
        attached(2, False, "$cbs"),
        said(TRANSFER, [UInt(2), UInt(0), b"t", UInt(0)], put_token),
        attached(3, False, "work"),
    ]
    for number in range(1, MESSAGES + 1):
        content = encoded(b"x" * 500, message_id=f"m{number}")
        parts.append(said(TRANSFER, [UInt(3), UInt(number), b"t", UInt(0)], content))
    return b"".join(parts)


def accepted_before_the_kill(process: subprocess.Popen[str], port: int) -> set[str]:
    accepted: set[str] = set()
    reader = FrameReader()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(all_at_once())
        try:
            while data := client.recv(4096):
                for item in reader.feed(data):
                    answer = parse(item.body) if item.kind == 0 and item.body else None
                    if answer and answer.code == DISPOSITION and answer.fields[1]:
                        accepted.add(f"m{answer.fields[1]}")
                if len(accepted) >= ENOUGH and process.poll() is None:
                    process.send_signal(signal.SIGKILL)
        except ConnectionResetError:
            pass
    return accepted


def test_what_was_accepted_survives_sigkill_in_the_middle_of_it(tmp_path: Path) -> None:
    config = tmp_path / "Config.json"
    config.write_text(json.dumps(CONFIG), encoding="utf-8")
    command = [sys.executable, "-m", "sandbox.servicebus", "--config", str(config)]
    command += ["--state", str(tmp_path), "--key", KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        accepted = accepted_before_the_kill(process, json.loads(process.stdout.readline())["port"])
        assert process.wait(5) == -signal.SIGKILL
    store = Store(tmp_path / "servicebus.db")
    kept = [entry.message.message_id for entry in store.entries("work")]
    store.close()
    assert len(accepted) >= ENOUGH
    assert accepted <= set(kept)
    assert len(kept) == len(set(kept))
