"""load_landing from a real Azurite into the embedded warehouse, with everything that can go wrong on the way."""

import asyncio
import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shared.clients.blob import BlobStore, blob_store
from shared.clients.snowflake import Warehouse, connect, warehouse
from shared.errors import OutcomeUnknown
from shared.loading import LANDING, LOADED, REJECTED, load_landing
from tests.integration.warehouse.started import ROOT, embedded_warehouse, login
from warehouse.migrate import migrate


def event(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": uuid.uuid4().hex,
        "source": "/test",
        "type": "test.happened",
        "time": "2026-11-20T10:00:00Z",
        "data": {"number": number, "text": "ação 'x' \\ \" \u2028"},
    }


def lines(*rows: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


async def land(blob: BlobStore, hour: str, files: int, rows: int = 3) -> dict[str, bytes]:
    landed = {f"{hour}/{number}.jsonl": lines(*map(event, range(rows))) for number in range(files)}
    for name, content in landed.items():
        await blob.put(LANDING + name, content)
    return landed


async def in_warehouse(loader: Warehouse, hour: str) -> Counter[tuple[str, int]]:
    found = await loader.query(
        "SELECT FILE_NAME, FILE_ROW FROM RAW.EVENTS WHERE FILE_NAME LIKE ?", [f"{hour}/%"]
    )
    return Counter((row["FILE_NAME"], row["FILE_ROW"]) for row in found)


def once(landed: dict[str, bytes]) -> Counter[tuple[str, int]]:
    return Counter(
        (name, row + 1) for name, content in landed.items() for row in range(len(content.splitlines()))
    )


async def names(blob: BlobStore) -> list[str]:
    return [name async for name in blob.names()]


async def test_what_has_landed_is_loaded_and_filed_away(
    blob: BlobStore, loader: Warehouse, hour: str
) -> None:
    landed = await land(blob, hour, files=3)

    report = await load_landing(blob, loader)

    assert (report.files, report.rows, report.rejected) == (3, 9, {})
    assert await in_warehouse(loader, hour) == once(landed)
    assert await names(blob) == [LOADED + name for name in landed]
    assert await blob.get(f"{LOADED}{hour}/0.jsonl") == landed[f"{hour}/0.jsonl"]


async def test_rows_are_what_the_lines_were(blob: BlobStore, loader: Warehouse, hour: str) -> None:
    landed = await land(blob, hour, files=1, rows=5)
    await load_landing(blob, loader)

    rows = await loader.query(
        "SELECT EVENT FROM RAW.EVENTS WHERE FILE_NAME = ? ORDER BY FILE_ROW", [f"{hour}/0.jsonl"]
    )
    assert [json.loads(row["EVENT"]) for row in rows] == [
        json.loads(line) for line in landed[f"{hour}/0.jsonl"].splitlines()
    ]


async def test_an_empty_landing_is_no_work(blob: BlobStore, loader: Warehouse) -> None:
    report = await load_landing(blob, loader)
    assert (report.files, report.rows) == (0, 0)


async def test_an_empty_file_is_filed_away(blob: BlobStore, loader: Warehouse, hour: str) -> None:
    await blob.put(f"{LANDING}{hour}/empty.jsonl", b"")
    assert (await load_landing(blob, loader)).files == 1
    assert await names(blob) == [f"{LOADED}{hour}/empty.jsonl"]


async def test_other_files_are_left_where_they_are(blob: BlobStore, loader: Warehouse) -> None:
    await blob.put(f"{LANDING}notes.txt", b"x")
    await load_landing(blob, loader)
    assert await names(blob) == [f"{LANDING}notes.txt"]


async def test_batches_are_bounded(blob: BlobStore, hour: str) -> None:
    class Loader:
        batches: list[int] = []  # noqa: RUF012

        async def load_events(self, files: Any) -> dict[str, int]:
            self.batches.append(len(files))
            return dict.fromkeys(files, 1)

    landed = await land(blob, hour, files=10)
    size = len(next(iter(landed.values())))

    await load_landing(blob, Loader(), max_files=4)
    assert Loader.batches == [4, 4, 2]

    Loader.batches.clear()
    await land(blob, hour, files=4)
    await load_landing(blob, Loader(), max_bytes=size * 3)
    assert sum(Loader.batches) == 4
    assert max(Loader.batches) <= 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lines(event(0)) + b'{"id": \n', "line 2 is not a JSON object"),
        (b"[1, 2]\n", "line 1 is not a JSON object"),
        (b'{"a": NaN}\n', "line 1 is not a JSON object"),
        (b"\xff\xfe\n", "line 1 is not a JSON object"),
        (b'{"a": "\\ud800"}\n', "the data does not fit"),  # JSON to Python, not to the warehouse
    ],
)
async def test_a_malformed_file_is_put_aside_and_blocks_nothing(
    blob: BlobStore, loader: Warehouse, hour: str, content: bytes, reason: str
) -> None:
    landed = await land(blob, hour, files=2)
    await blob.put(f"{LANDING}{hour}/00-bad.jsonl", content)

    report = await load_landing(blob, loader)

    assert (report.files, list(report.rejected)) == (2, [f"{LANDING}{hour}/00-bad.jsonl"])
    assert await in_warehouse(loader, hour) == once(landed)
    assert await blob.get(f"{REJECTED}{hour}/00-bad.jsonl") == content
    told = await blob.get(f"{REJECTED}{hour}/00-bad.jsonl.reason.txt")
    assert reason in (told or b"").decode()
    assert [name for name in await names(blob) if name.startswith(LANDING)] == []


async def test_a_name_no_stage_can_take_is_put_aside(blob: BlobStore, loader: Warehouse) -> None:
    await blob.put(f"{LANDING}it's mine.jsonl", lines(event(0)))

    report = await load_landing(blob, loader)

    assert list(report.rejected) == [f"{LANDING}it's mine.jsonl"]
    assert await blob.get(f"{REJECTED}it's mine.jsonl") is not None


async def test_two_runs_at_once_load_once(storage: str, migrated: Any, blob: BlobStore, hour: str) -> None:
    landed = await land(blob, hour, files=6)
    clients = [warehouse(migrated, timeout_s=20) for _ in range(3)]

    reports = await asyncio.gather(*(load_landing(blob, client, max_files=2) for client in clients))

    assert await in_warehouse(clients[0], hour) == once(landed)
    assert sum(report.rows for report in reports) == 18
    assert await names(blob) == [LOADED + name for name in landed]
    await asyncio.gather(*(client.close() for client in clients))


async def test_the_same_content_under_the_same_name_is_loaded_once(
    blob: BlobStore, loader: Warehouse, hour: str
) -> None:
    landed = await land(blob, hour, files=1)
    await load_landing(blob, loader)
    for name, content in landed.items():
        await blob.put(LANDING + name, content)

    report = await load_landing(blob, loader)

    assert (report.files, report.rows) == (1, 0)
    assert await in_warehouse(loader, hour) == once(landed)


class Killed(BaseException):
    """Ends a run at once, as a kill does: nothing that handles errors sees it."""


class Deadline:
    """A run passes it before and after each of its steps, and is killed when none is left."""

    def __init__(self, left: float = float("inf")) -> None:
        self.left = left

    def pass_(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class MortalStore(BlobStore):
    deadline: Deadline

    async def get(self, name: str) -> bytes | None:
        return await self._step(super().get(name))

    async def put(self, *args: Any, **options: Any) -> None:
        await self._step(super().put(*args, **options))

    async def delete(self, name: str) -> bool:
        return await self._step(super().delete(name))

    async def _step[T](self, request: Any) -> T:
        try:
            self.deadline.pass_()
        except Killed:
            request.close()
            raise
        result: T = await request
        self.deadline.pass_()
        return result


class MortalConnection:
    """A connection whose statements are steps. Its end is noticed by the server, as that of a process is."""

    def __init__(self, connection: Any, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def cursor(self) -> Any:
        cursor, deadline = self._connection.cursor(), self._deadline

        class Cursor:
            def __getattr__(self, name: str) -> Any:
                return getattr(cursor, name)

            def execute(self, *args: Any) -> Any:
                deadline.pass_()
                result = cursor.execute(*args)
                deadline.pass_()
                return result

        return Cursor()

    def close(self, retry: bool = True) -> None:
        self._connection.close(retry=retry)


@pytest.mark.parametrize("first", [0, 1], ids=["before a step", "after a step"])
async def test_killed_at_any_step_and_run_again_the_rows_are_there_once(
    storage: str, migrated: Any, loader: Warehouse, hour: str, first: int
) -> None:
    for left in count(first, 2):
        folder = f"{hour}-{first}-{left}"
        store = blob_store(f"kill-{uuid.uuid4().hex[:12]}", connection_string=storage)
        landed = await land(store, folder, files=1, rows=2)
        await store.put(f"{LANDING}{folder}/bad.jsonl", b"{")

        was_killed = await run_until_killed(store, migrated, Deadline(left))
        await load_landing(store, loader)

        bad = f"{REJECTED}{folder}/bad.jsonl"
        expected = [*(LOADED + name for name in landed), bad, f"{bad}.reason.txt"]
        assert await in_warehouse(loader, folder) == once(landed), f"killed after {left} passes"
        assert await names(store) == expected, f"killed after {left} passes"
        await store.close()
        if not was_killed:
            break
    assert left > 20


async def run_until_killed(store: BlobStore, settings: Any, deadline: Deadline) -> bool:
    mortal = MortalStore(store._client)
    mortal.deadline = deadline
    client = Warehouse(lambda: MortalConnection(connect(settings, 10), deadline))
    try:
        await load_landing(mortal, client)
    except Killed:
        return True
    finally:
        await client.close()
    return False


LOADER_THAT_HANGS = """
import asyncio, sys, time
from shared.clients.snowflake import Warehouse, connect
from tests.integration.warehouse.started import login

class Cursor:
    def __init__(self, cursor): self.cursor = cursor
    def __getattr__(self, name): return getattr(self.cursor, name)
    def execute(self, statement, *args):
        if statement == "COMMIT":
            print("about to commit", flush=True)
            time.sleep(60)
        return self.cursor.execute(statement, *args)

class Connection:
    def __init__(self, connection): self.connection = connection
    def cursor(self): return Cursor(self.connection.cursor())

settings = login(int(sys.argv[1]))
asyncio.run(Warehouse(lambda: Connection(connect(settings))).load_events({sys.argv[2]: sys.argv[3].encode()}))
"""


@pytest.fixture
def hanging_loader(migrated: Any, hour: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has copied a file and not committed."""
    command = [
        sys.executable,
        "-c",
        LOADER_THAT_HANGS,
        str(migrated.snowflake_port),
        f"{hour}/0.jsonl",
        '{"id": "1"}',
    ]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == "about to commit\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


async def test_the_lock_of_a_loader_that_was_killed_is_given_up(
    hanging_loader: subprocess.Popen[str], loader: Warehouse, hour: str
) -> None:
    hanging_loader.kill()

    assert await loader.load_events({f"{hour}/0.jsonl": b'{"id": "1"}'}) == {f"{hour}/0.jsonl": 1}
    assert await in_warehouse(loader, hour) == {(f"{hour}/0.jsonl", 1): 1}


async def test_a_warehouse_killed_before_the_commit_has_kept_what_was_committed_before(
    tmp_path: Path,
) -> None:
    with embedded_warehouse(tmp_path) as running:
        settings = login(running.port)
        migrate(settings)
        first = warehouse(settings, timeout_s=10)
        await first.load_events({"kept.jsonl": b'{"id": "0"}'})

        class DyingWarehouse(MortalConnection):
            def cursor(self) -> Any:
                cursor = self._connection.cursor()
                execute = cursor.execute

                def kill_at_commit(statement: str, *args: Any, **options: Any) -> Any:
                    if statement == "COMMIT":
                        running.process.kill()
                        running.process.wait()
                    return execute(statement, *args, **options)

                cursor.execute = kill_at_commit
                return cursor

        second = Warehouse(lambda: DyingWarehouse(connect(settings, 1), Deadline()))
        with pytest.raises(OutcomeUnknown):
            await second.load_events({"a.jsonl": b'{"id": "1"}'})

    with embedded_warehouse(tmp_path, port=running.port) as again:
        # The client of before finds its session gone and opens another.
        files = {"a.jsonl": b'{"id": "1"}', "kept.jsonl": b'{"id": "0"}'}
        assert await first.load_events(files) == {"a.jsonl": 1, "kept.jsonl": 0}
        assert await first.load_events(files) == {"a.jsonl": 0, "kept.jsonl": 0}
        assert len(await first.query("SELECT * FROM CORE.EVENTS")) == 2
        await first.close()

        again.process.terminate()
        assert again.process.wait(2) == 0
