"""What a file at fault costs: it is found and put aside, the others are loaded together."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.clients.snowflake_errors import FileRefused
from shared.loading import LANDING, LOADED, REJECTED, fault, load_landing, looks_loadable
from tests.fakes.services import FakeBlob


class Loader:
    """A warehouse that refuses a batch with a file whose content is among `refused`, as COPY does."""

    def __init__(self, *refused: bytes) -> None:
        self.refused, self.batches = refused, list[list[str]]()

    async def load_events(self, files: Mapping[str, bytes]) -> dict[str, int]:
        self.batches.append(list(files))
        if set(self.refused) & set(files.values()):
            raise FileRefused("snowflake", "load_events", "a file was refused")
        return dict.fromkeys(files, 1)


async def loaded(loader: Loader, files: Mapping[str, bytes]) -> tuple[FakeBlob, Any]:
    blob: Any = FakeBlob()
    blob.blobs = {f"{LANDING}{name}": content for name, content in files.items()}
    return blob, await load_landing(blob, loader)


BROKEN = b'{"id": "1", }\n'
"""Looks like an object."""


async def test_a_broken_file_costs_one_more_load_however_many_others_there_are() -> None:
    loader = Loader(BROKEN)
    files = {f"a/{number}.jsonl": b"{}\n" for number in range(20)} | {"a/x.jsonl": BROKEN}

    blob, report = await loaded(loader, files)

    assert [len(batch) for batch in loader.batches] == [21, 20]
    assert report.rejected == {f"{LANDING}a/x.jsonl": "line 1 is not a JSON object"}
    assert (report.files, f"{REJECTED}a/x.jsonl" in blob.blobs, f"{LOADED}a/7.jsonl" in blob.blobs) == (
        20,
        True,
        True,
    )


async def test_what_only_the_warehouse_refuses_is_found_one_by_one() -> None:
    odd = b'{"odd": 1}\n'
    loader = Loader(odd)

    _, report = await loaded(loader, {"a/1.jsonl": b"{}\n", "a/2.jsonl": odd, "a/3.jsonl": b"{}\n"})

    assert [len(batch) for batch in loader.batches] == [3, 1, 1, 1]
    assert list(report.rejected) == [f"{LANDING}a/2.jsonl"]
    assert "a file was refused" in report.rejected[f"{LANDING}a/2.jsonl"]


@pytest.mark.parametrize(
    "content",
    [b"[1]\n", b"{}\n7\n", b"NaN\n", b'{"a": NaN}\n', b'{"a": -Infinity}', b"{}\n{} {}x\n", b"\xff"],
)
async def test_what_is_seen_at_once_is_never_sent(content: bytes) -> None:
    loader = Loader()

    _, report = await loaded(loader, {"a/1.jsonl": content})

    assert loader.batches == []
    assert report.rejected


@pytest.mark.parametrize("content", [b"", b"\n\n", b'{}\r\n {"a": "NaN of it"}\n'])
def test_what_is_no_fault_is_none_whether_it_looks_odd_or_not(content: bytes) -> None:
    assert fault(f"{LANDING}a/1.jsonl", content) == ""
    assert looks_loadable(f"{LANDING}a/1.jsonl", content) or b"NaN" in content
