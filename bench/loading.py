"""Loading: the whole load path from landed files into RAW.EVENTS, against bare PUT and COPY INTO of the same files.

Both go through snowflake.connector into the same embedded warehouse, in turns. Ours reads the files from a store in
memory (what a blob store takes is not what is measured), looks at them, stages, locks, copies, records and files away.
The bare one has the files on disk already and checks nothing.
"""

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.delivery_history import FULL, Size, event_lines, write_parquet
from bench.processes import running

NAME = "loading"
GOAL = "rows/s of the load path into RAW.EVENTS at least 0.9 of bare PUT + COPY INTO"
RATIO_GOAL = 0.9
FILES, ROWS = 40, 1000
ROUNDS = 7
PASSWORD = "a-password-for-measuring"


class Store:
    """The part of a BlobStore that loading asks, in memory."""

    def __init__(self, landed: Mapping[str, bytes]) -> None:
        self.blobs = dict(landed)

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        for name in [one for one in self.blobs if one.startswith(prefix)]:
            yield name

    async def get(self, name: str) -> bytes | None:
        return self.blobs.get(name)

    async def put(self, name: str, data: bytes, content_type: str = "") -> None:
        self.blobs[name] = data

    async def delete(self, name: str) -> bool:
        return self.blobs.pop(name, None) is not None


def login(port: int) -> Any:
    """The settings of a client of the embedded warehouse."""
    from shared.settings import Secret

    return SimpleNamespace(
        snowflake_account="embedded",
        snowflake_user="VALUEFLOW",
        snowflake_private_key=Secret(""),
        snowflake_password=Secret(PASSWORD),
        snowflake_role="VALUEFLOW_LOADER",
        snowflake_warehouse="VALUEFLOW",
        snowflake_database="VALUEFLOW",
        snowflake_host="127.0.0.1",
        snowflake_port=port,
        snowflake_protocol="http",
    )


def warehouse_arguments(state: Path) -> tuple[str, ...]:
    """Of `python -m sandbox.warehouse`."""
    return ("--port", "0", "--state", str(state), "--user", "VALUEFLOW", "--password", PASSWORD)


def run() -> dict[str, Any]:
    """Both ways in turns, each round with files of its own."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    from warehouse.migrate import migrate

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_parquet(folder, Size(FILES * ROWS, FULL.incidents * FILES * ROWS // FULL.deployments))
        lines = event_lines(folder, FILES * ROWS)
        files = [b"\n".join(lines[n : n + ROWS]) + b"\n" for n in range(0, len(lines), ROWS)]
        async with running(folder, "warehouse", "sandbox.warehouse", *warehouse_arguments(folder)) as facts:
            settings = login(facts["port"])
            await asyncio.to_thread(migrate, settings)
            await _ours(settings, files[:2])
            await asyncio.to_thread(_bare, settings, folder, files[:2])
            rounds = []
            for _ in range(ROUNDS):
                ours = await _ours(settings, files)
                rounds.append((ours, await asyncio.to_thread(_bare, settings, folder, files)))
    return _result(rounds, sum(map(len, files)))


async def _ours(settings: Any, files: list[bytes]) -> float:
    """Seconds. Raises when a row is missing."""
    from shared.clients.snowflake import warehouse
    from shared.loading import LANDING, load_landing

    hour = uuid.uuid4().hex[:12]
    store: Any = Store({f"{LANDING}{hour}/{n}.jsonl": content for n, content in enumerate(files)})
    loader = warehouse(settings)
    await loader.ping()
    began = time.perf_counter()
    report = await load_landing(store, loader)
    took = time.perf_counter() - began
    await loader.close()
    if report.rows != len(files) * ROWS:
        raise RuntimeError(f"{report.rows} rows were loaded")
    return took


def _bare(settings: Any, folder: Path, files: list[bytes]) -> float:
    """Seconds from files on disk to rows, by two statements."""
    from shared.clients.snowflake import connect

    hour = uuid.uuid4().hex[:12]
    place = folder / hour
    place.mkdir()
    for number, content in enumerate(files):
        (place / f"{number}.jsonl").write_bytes(content)
    connection = connect(settings)
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    began = time.perf_counter()
    cursor.execute(
        f"PUT 'file://{place.as_posix()}/*.*' @RAW.LANDING/{hour} AUTO_COMPRESS = FALSE OVERWRITE = TRUE"
    )
    cursor.execute(
        "COPY INTO RAW.EVENTS (EVENT, FILE_NAME, FILE_ROW) FROM (SELECT $1, METADATA$FILENAME, "
        f"METADATA$FILE_ROW_NUMBER FROM @RAW.LANDING/{hour}) FILE_FORMAT = (TYPE = JSON)"
    )
    loaded = len(cursor.fetchall())
    took = time.perf_counter() - began
    connection.close()
    if loaded != len(files):
        raise RuntimeError(f"{loaded} files were loaded")
    return took


def _result(rounds: list[tuple[float, float]], size: int) -> dict[str, Any]:
    rows = FILES * ROWS
    ratio = statistics.median(bare / ours for ours, bare in rounds)
    ours, bare = (
        statistics.median(rows / seconds for seconds in column) for column in zip(*rounds, strict=True)
    )
    return {
        "name": NAME,
        "value": round(ours),
        "unit": "rows/s",
        "baseline": round(bare),
        "ratio": round(ratio, 2),
        "goal": RATIO_GOAL,
        "met": ratio >= RATIO_GOAL,
        "detail": {"files": FILES, "rows": rows, "megabytes": round(size / 1e6, 1)},
    }
