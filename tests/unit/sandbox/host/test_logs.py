"""The log lines of the host."""

import io
import json
import logging
import sys

import pytest

from sandbox.host.logs import JsonLines, Writer, current_invocation, mask


def line(**record: object) -> dict[str, object]:
    made = logging.makeLogRecord({"name": "sample", "levelno": 20, "levelname": "INFO", **record})
    parsed: dict[str, object] = json.loads(JsonLines().format(made))
    return parsed


def test_a_record_is_one_line_of_json() -> None:
    shown = line(msg="two\nlines %d", args=(3,), created=1_795_000_000.25)
    assert shown == {
        "timestamp": "2026-11-18T11:06:40.250+00:00",
        "level": "INFO",
        "category": "sample",
        "message": "two\nlines 3",
    }


def test_inside_an_invocation_a_line_says_which() -> None:
    token = current_invocation.set(("id-1", "ping"))
    try:
        shown = line(msg="hello", facts={"duration_ms": 1.5})
    finally:
        current_invocation.reset(token)
    assert (shown["invocation_id"], shown["function"], shown["duration_ms"]) == ("id-1", "ping", 1.5)


def test_an_exception_is_shown_with_its_secrets_masked() -> None:
    try:
        raise ValueError("GET https://host/api?code=abc123&x=1")
    except ValueError:
        shown = line(msg="failed", exc_info=sys.exc_info())
    assert "code=***&x=1" in str(shown["exception"])
    assert "abc123" not in json.dumps(shown)


@pytest.mark.parametrize(
    "text",
    [
        "https://host/api?x=1&code=s3cret",
        "https://blob/x?sig=s3cret&se=1",
        "Endpoint=sb://x;SharedAccessKeyName=n;SharedAccessKey=s3cret;EntityPath=q",
        "AccountKey=s3cret;x",
        "Authorization: Bearer s3cret",
        "x-functions-key: s3cret",
    ],
)
def test_keys_tokens_and_signatures_are_masked(text: str) -> None:
    assert "s3cret" not in mask(text)
    assert "***" in mask(text)


def test_warnings_are_written_at_once_and_others_soon() -> None:
    stream = io.StringIO()
    writer = Writer(stream)
    writer.setFormatter(logging.Formatter("%(message)s"))
    writer.emit(logging.makeLogRecord({"msg": "calm", "levelno": logging.INFO}))
    writer.emit(logging.makeLogRecord({"msg": "urgent", "levelno": logging.WARNING}))
    assert stream.getvalue() == "calm\nurgent\n"
