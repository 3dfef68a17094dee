"""BlobStore against a real Azurite, and against servers that misbehave."""

import asyncio
import contextlib
import os
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from shared.clients.blob import BlobStore, blob_store
from shared.errors import OutcomeUnknown, VendorRefused, VendorUnavailable
from tests.integration.warehouse.started import connection_string


@pytest.fixture
async def store(storage: str) -> AsyncIterator[BlobStore]:
    """A store whose container does not exist yet."""
    built = blob_store(f"test-{uuid.uuid4().hex[:12]}", connection_string=storage)
    yield built
    await built.close()


async def names(store: BlobStore, prefix: str = "") -> list[str]:
    return [name async for name in store.names(prefix)]


async def test_what_is_put_is_got(store: BlobStore) -> None:
    await store.put("a/b.json", b"{}", "application/json")
    await store.put("a/b.json", "{'ã': 1}", "application/json")

    assert await store.get("a/b.json") == "{'ã': 1}".encode()


async def test_the_content_type_is_kept(store: BlobStore) -> None:
    await store.put("a.md", b"# A", "text/markdown; charset=utf-8")

    properties = await store._client.get_blob_client("a.md").get_blob_properties()
    assert properties.content_settings.content_type == "text/markdown; charset=utf-8"


async def test_before_the_first_write_everything_is_absent(store: BlobStore) -> None:
    await store.ping()

    assert await store.get("a") is None
    assert await names(store) == []
    assert await store.delete("a") is False
    assert await store.move("a", "b") is False


async def test_a_name_is_taken_once(store: BlobStore) -> None:
    assert await store.put_once("a", b"first") is True
    assert await store.put_once("a", b"second") is False
    assert await store.get("a") == b"first"


async def test_of_many_at_once_one_takes_the_name(store: BlobStore) -> None:
    taken = await asyncio.gather(*(store.put_once("a", str(number).encode()) for number in range(8)))

    assert taken.count(True) == 1
    assert await store.get("a") == str(taken.index(True)).encode()


async def test_a_version_is_replaced_once(store: BlobStore) -> None:
    await store.put("a", b"first")
    version = await store.get_with_etag("a")
    assert version is not None
    content, etag = version

    assert content == b"first"
    assert await store.replace("a", b"second", "text/plain", etag) is True
    assert await store.replace("a", b"third", "text/plain", etag) is False
    assert await store.get("a") == b"second"


async def test_of_many_at_once_one_replaces(store: BlobStore) -> None:
    await store.put("a", b"first")
    version = await store.get_with_etag("a")
    assert version is not None
    writes = (store.replace("a", str(number).encode(), "text/plain", version[1]) for number in range(8))
    replaced = await asyncio.gather(*writes)

    assert replaced.count(True) == 1
    assert await store.get("a") == str(replaced.index(True)).encode()


async def test_what_is_gone_is_not_replaced(store: BlobStore) -> None:
    assert await store.get_with_etag("a") is None
    assert await store.replace("a", b"", "text/plain", '"0x1"') is False

    await store.put("a", b"first")
    version = await store.get_with_etag("a")
    assert version is not None
    await store.delete("a")
    assert await store.replace("a", b"second", "text/plain", version[1]) is False
    assert await store.get("a") is None


async def test_put_without_overwriting_refuses_a_taken_name(store: BlobStore) -> None:
    await store.put("a", b"first", overwrite=False)

    with pytest.raises(VendorRefused) as refusal:
        await store.put("a", b"second", overwrite=False)
    assert refusal.value.status == 409
    assert await store.get("a") == b"first"


async def test_names_are_those_of_a_prefix_in_order(store: BlobStore) -> None:
    for name in ("landing/2", "landing/1", "loaded/0"):
        await store.put(name, b"")

    assert await names(store, "landing/") == ["landing/1", "landing/2"]


async def test_a_page_without_names_is_not_the_last_one() -> None:
    class Pages:
        def list_blobs(self, name_starts_with: str) -> "Pages":
            return self

        async def by_page(self) -> AsyncIterator[AsyncIterator[Any]]:
            for page in ([], ["a"], ["b", "c"]):
                yield self.blobs(page)

        async def blobs(self, page: list[str]) -> AsyncIterator[Any]:
            for name in page:
                yield type("Blob", (), {"name": name})()

        async def close(self) -> None: ...

    assert await names(BlobStore(Pages())) == ["a", "b", "c"]  # type: ignore[arg-type]


async def test_moving_twice_moves_once(store: BlobStore) -> None:
    await store.put("landing/a", b"1")

    assert await store.move("landing/a", "loaded/a") is True
    assert await store.move("landing/a", "loaded/a") is False
    assert await names(store) == ["loaded/a"]
    assert await store.get("loaded/a") == b"1"


async def test_the_address_carries_no_right(store: BlobStore) -> None:
    assert store.url("a b/ç.md").endswith("/a%20b/%C3%A7.md")
    assert "?" not in store.url("a")


async def test_a_wrong_key_is_refused(storage: str) -> None:
    async with opened(port_of(storage), key="d3Jvbmc=") as store:
        with pytest.raises(VendorRefused) as refusal:
            await store.put("a", b"")
        assert refusal.value.status == 403
        assert "wrong" not in str(refusal.value)
        assert "d3Jvbmc" not in str(refusal.value)


async def test_a_server_that_is_gone_has_done_nothing(unused_tcp_port: int) -> None:
    async with opened(unused_tcp_port) as store:
        for call in (store.ping(), store.get("a"), store.put("a", b""), store.put_once("a", b"")):
            with pytest.raises(VendorUnavailable) as error:
                await call
            assert not isinstance(error.value, OutcomeUnknown)


async def test_a_write_without_an_answer_may_have_been_done() -> None:
    async with silent_server() as (port, _), opened(port) as store:
        with pytest.raises(OutcomeUnknown):
            await store.put("a", b"")
        with pytest.raises(VendorUnavailable) as error:
            await store.get("a")
        assert not isinstance(error.value, OutcomeUnknown)


async def test_put_once_is_sent_once() -> None:
    async with silent_server() as (port, requests), opened(port, retries=2) as store:
        with pytest.raises(OutcomeUnknown):
            await store.put_once("a", b"")
        assert len(requests) == 1


async def test_replace_is_sent_once() -> None:
    async with silent_server() as (port, requests), opened(port, retries=2) as store:
        with pytest.raises(OutcomeUnknown):
            await store.replace("a", b"", "text/plain", '"0x1"')
        assert len(requests) == 1


async def test_a_busy_server_says_when_to_come_back() -> None:
    async with answering_server(["503 Server Busy"], "Retry-After: 7") as port, opened(port) as store:
        with pytest.raises(VendorUnavailable) as error:
            await store.put_once("a", b"")
        assert error.value.retry_after_s == 7
        assert not isinstance(error.value, OutcomeUnknown)


async def test_a_broken_server_may_have_done_it() -> None:
    async with answering_server(["500 Internal Server Error"]) as port, opened(port) as store:
        with pytest.raises(OutcomeUnknown):
            await store.put_once("a", b"")


async def test_a_fault_of_a_moment_goes_unnoticed() -> None:
    answers = iter(["503 Server Busy", "201 Created"])
    async with answering_server(answers) as port, opened(port, retries=1) as store:
        await store.put("a", b"")
        assert next(answers, None) is None


async def test_a_netrc_of_the_machine_has_no_part_in_it(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    no_proxies(monkeypatch)

    async with opened(port_of(storage), timeout_s=10) as store:
        await store.put("netrc", b"1")
        assert await store.get("netrc") == b"1"


async def test_a_proxy_that_the_environment_names_is_used(
    storage: str, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_proxies(monkeypatch)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{unused_tcp_port}")

    async with opened(port_of(storage), timeout_s=10) as store:
        with pytest.raises(VendorUnavailable):
            await store.ping()


def test_the_sdk_is_loaded_when_a_store_is_built() -> None:
    code = "import sys, shared.clients.blob; sys.exit(any(name.startswith('azure') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@contextlib.asynccontextmanager
async def opened(
    port: int, retries: int = 0, timeout_s: float = 0.3, **options: Any
) -> AsyncIterator[BlobStore]:
    connection = connection_string(port, **options)
    store = blob_store("test", connection_string=connection, timeout_s=timeout_s, retries=retries)
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Takes requests and never answers; the requests it has taken."""
    requests: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


@contextlib.asynccontextmanager
async def answering_server(statuses: Iterable[str], *headers: str) -> AsyncIterator[int]:
    """Answers one status after the other, one a connection."""
    left = iter(statuses)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "\r\n".join([f"HTTP/1.1 {next(left)}", "Content-Length: 0", "Connection: close", *headers])
        writer.write(f"{head}\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def port_of(storage: str) -> int:
    return int(storage.split("127.0.0.1:")[1].split("/")[0])


def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
