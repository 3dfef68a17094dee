"""The `archive` subscription: every event lands in Blob, one JSON line each, the same batch under the same name."""

import json
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from functions.platform.archive import archive_events, batch_of
from tests.fakes.requests import function_of

archive: Any = function_of(archive_events)


class Message(func.ServiceBusMessage):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_body(self) -> bytes:
        return self._body

    @property
    def message_id(self) -> str:
        return "m1"


async def test_a_batch_is_one_blob_of_json_lines(world: Any) -> None:
    await archive([Message(b'{"id": "1",\n "data": {"text": "\xc3\xa1"}}'), Message(b'{"id": "2"}')])

    ((name, content),) = world.blob.blobs.items()
    assert name.startswith("landing/")
    assert [json.loads(line)["id"] for line in content.splitlines()] == ["1", "2"]


async def test_a_batch_delivered_again_is_the_same_blob() -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert batch_of([b"{}"], now) == batch_of([b"{}"], now)
    assert batch_of([b"{}"], now)[0] != batch_of([b"[]"], now)[0]


async def test_what_is_no_json_is_kept_too(world: Any) -> None:
    await archive([Message(b"\xff not json"), Message(b'{"id": "2"}')])

    ((_, content),) = world.blob.blobs.items()
    lines = [json.loads(line) for line in content.splitlines()]
    assert lines[0]["message_id"] == "m1"
    assert lines[1] == {"id": "2"}


async def test_an_empty_batch_writes_nothing(world: Any) -> None:
    await archive([])

    assert world.blob.blobs == {}
