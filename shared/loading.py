"""The way from Blob to the warehouse: `load_landing` loads what `archive` wrote and files it away.

The timer `load_warehouse` calls it. Blobs are `landing/<yyyy>/<mm>/<dd>/<hh>/<batch id>.jsonl`, one CloudEvent
a line, each name standing for one content for ever. Loaded ones move to `loaded/`, malformed ones to `rejected/` with
their reason in a `.reason.txt` beside them. Killed anywhere and run again, or run twice at once, the rows are
there once: the warehouse knows name and content of each file it has loaded, and every move can be repeated.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.at_once import for_each
from shared.clients.blob import BlobStore
from shared.clients.snowflake_errors import FileRefused
from shared.clients.snowflake_load import is_loadable

LANDING, LOADED, REJECTED = "landing/", "loaded/", "rejected/"
MAX_FILES = 200
MAX_BYTES = 32 * 1024 * 1024
AT_ONCE = 8
_CONTENT_TYPE = "application/x-ndjson"


class EventLoader(Protocol):
    """The part of shared.clients.snowflake.Warehouse that loads."""

    async def load_events(self, files: Mapping[str, bytes]) -> dict[str, int]: ...


@dataclass
class LoadReport:
    """What one run did. rows: loaded by this run; rejected: blob name -> reason."""

    files: int = 0
    rows: int = 0
    rejected: dict[str, str] = field(default_factory=dict)


async def load_landing(
    blob: BlobStore, warehouse: EventLoader, max_files: int = MAX_FILES, max_bytes: int = MAX_BYTES
) -> LoadReport:
    """Load every file of landing/, in batches of at most `max_files` and about `max_bytes`.

    Raises: VendorUnavailable or VendorRefused of blob or snowflake; what was not filed away is still in
    landing/ then, and the next run goes on.
    """
    report = LoadReport()
    batch: dict[str, bytes] = {}
    async for names in _landed(blob):
        for name, content in zip(names, await for_each(blob.get, names, AT_ONCE), strict=True):
            if content is None:  # another run has filed it away
                continue
            if reason := await asyncio.to_thread(_reason, name, content):
                await _reject(blob, report, name, content, reason)
                continue
            if batch and (len(batch) >= max_files or _size(batch) + len(content) > max_bytes):
                await _load(blob, warehouse, report, batch)
                batch = {}
            batch[name] = content
    if batch:
        await _load(blob, warehouse, report, batch)
    return report


def fault(name: str, content: bytes) -> str:
    """Why this file cannot be loaded, without quoting it; empty when it can.

    Any JSON object may be a line: RAW keeps what arrived, and CORE tells which of it is an event.
    """
    if not is_loadable(name.removeprefix(LANDING)):
        return "the name is not of the form <folder>/<name>.jsonl in letters, digits, '_' and '-'"
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip() and not _is_object(line):
            return f"line {number} is not a JSON object"
    return ""


def _reason(name: str, content: bytes) -> str:
    return "" if looks_loadable(name, content) else fault(name, content)


def looks_loadable(name: str, content: bytes) -> bool:
    """A quick look instead of `fault`: the warehouse reads every line anyway, and refuses what is not JSON."""
    lines = (line.strip() for line in content.split(b"\n"))
    return (
        is_loadable(name.removeprefix(LANDING))
        and all(line.startswith(b"{") and line.endswith(b"}") for line in lines if line)
        and not any(constant in content for constant in (b"NaN", b"Infinity"))
    )


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line.decode(), parse_constant=_refuse), dict)
    except (ValueError, RecursionError):
        return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


async def _load(
    blob: BlobStore, warehouse: EventLoader, report: LoadReport, batch: Mapping[str, bytes]
) -> None:
    """Load one batch and file it away; if the warehouse refuses it, without the files at fault, else one by one."""
    try:
        rows = await warehouse.load_events({name.removeprefix(LANDING): data for name, data in batch.items()})
    except FileRefused as refusal:
        await _load_refused(blob, warehouse, report, batch, str(refusal))
        return

    async def file_away(name: str) -> None:
        await blob.put(LOADED + name.removeprefix(LANDING), batch[name], _CONTENT_TYPE)
        await blob.delete(name)

    await for_each(file_away, list(batch), AT_ONCE)
    report.files += len(batch)
    report.rows += sum(rows.values())


async def _load_refused(
    blob: BlobStore, warehouse: EventLoader, report: LoadReport, batch: Mapping[str, bytes], refusal: str
) -> None:
    reasons = await asyncio.to_thread(lambda: {name: fault(name, data) for name, data in batch.items()})
    faulty = {name: reason for name, reason in reasons.items() if reason}
    if len(batch) == 1:
        faulty = {name: reason or refusal for name, reason in reasons.items()}
    for name, reason in faulty.items():
        await _reject(blob, report, name, batch[name], reason)
    rest = {name: data for name, data in batch.items() if name not in faulty}
    for part in [rest] if faulty else [{name: data} for name, data in rest.items()]:
        if part:
            await _load(blob, warehouse, report, part)


async def _reject(blob: BlobStore, report: LoadReport, name: str, content: bytes, reason: str) -> None:
    target = REJECTED + name.removeprefix(LANDING)
    await blob.put(f"{target}.reason.txt", f"{reason}\n", "text/plain; charset=utf-8")
    await blob.put(target, content, _CONTENT_TYPE)
    await blob.delete(name)
    report.rejected[name] = reason


async def _landed(blob: BlobStore) -> AsyncIterator[list[str]]:
    """Names of the files to load, a few at a time: as many as are held in memory beside a batch."""
    few: list[str] = []
    async for name in blob.names(LANDING):
        if name.endswith(".jsonl"):
            few.append(name)
        if len(few) == AT_ONCE:
            yield few
            few = []
    if few:
        yield few


def _size(batch: Mapping[str, bytes]) -> int:
    return sum(map(len, batch.values()))
