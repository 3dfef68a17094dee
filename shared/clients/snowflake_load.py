"""One transaction that loads staged files into RAW.EVENTS exactly once. shared.clients.snowflake calls it.

Snowflake's own load history forgets after 64 days and takes a file that is staged again for a new one, so it
is not asked (FORCE = TRUE). Instead RAW.LOADED_FILES records name and content hash of each file in the
transaction that loads it (snowflake_transaction: one load at a time reads and writes that record).

Files lie in the stage under their own names, so that whatever a killed load left behind is overwritten and
removed by the load that comes after it.
"""

import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from shared.clients.snowflake_errors import FileRefused
from shared.clients.snowflake_transaction import locked_transaction

STAGE = "@RAW.LANDING"
MAX_FILES = 1000
"""Snowflake takes no more names in one COPY."""
_NAME = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_-]*/)*[A-Za-z0-9_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")

_RECORDED = "SELECT FILE_NAME, CONTENT_SHA256 FROM RAW.LOADED_FILES WHERE FILE_NAME IN ({marks})"
_COPY = f"""COPY INTO RAW.EVENTS (EVENT, FILE_NAME, FILE_ROW)
FROM (SELECT $1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM {STAGE})
FILES = ({{names}}) FILE_FORMAT = (TYPE = JSON) FORCE = TRUE"""  # noqa: S608  # names are checked by is_loadable
_RECORD = "INSERT INTO RAW.LOADED_FILES (FILE_NAME, CONTENT_SHA256, FILE_ROWS) VALUES {marks}"


def is_loadable(name: str) -> bool:
    """Whether a file may bear this name in the stage: folders and a name with an extension, safe in SQL."""
    return len(name) <= 500 and bool(_NAME.fullmatch(name))


def load(connection: Any, files: Mapping[str, bytes]) -> dict[str, int]:
    """Load `files` (name -> content) over a connection of snowflake.connector; rows loaded by file.

    Raises: what the connector raises; FileRefused for a name that cannot be staged.
    """
    if len(files) > MAX_FILES:
        raise ValueError(f"at most {MAX_FILES} files in one load")
    for name in files:
        if not is_loadable(name):
            raise FileRefused("snowflake", "load_events", "a file's name does not fit a stage")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    rows = dict.fromkeys(files, 0)
    filled = {name: content for name, content in files.items() if content.strip()}
    if not filled:
        return rows
    with contextlib.closing(connection.cursor()) as cursor:
        _stage(cursor, filled)
        with locked_transaction(connection) as locked:
            recorded = _recorded(locked, filled)
            new = [name for name in filled if (name, hashes[name]) not in recorded]
            if new:
                rows |= _copy(locked, {name: files[name] for name in new})
                record = [(name, hashes[name], rows[name]) for name in new]
                marks = ", ".join(["(?, ?, ?)"] * len(record))
                locked.execute(_RECORD.format(marks=marks), [value for row in record for value in row])
        cursor.execute(f"REMOVE {STAGE} PATTERN = '.*({'|'.join(map(_pattern, filled))})'")
    return rows


def _stage(cursor: Any, files: Mapping[str, bytes]) -> None:
    """Upload the files, one PUT for each of their folders."""
    with tempfile.TemporaryDirectory(prefix="valueflow-load-") as root:
        folders = set()
        for name, content in files.items():
            path = Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            folders.add(PurePosixPath(name).parent.as_posix())
        for folder in sorted(folders):
            target = STAGE if folder == "." else f"{STAGE}/{folder}"
            source = Path(root, folder).as_posix()
            cursor.execute(f"PUT 'file://{source}/*.*' {target} AUTO_COMPRESS = FALSE OVERWRITE = TRUE")


def _recorded(cursor: Any, names: Iterable[str]) -> set[tuple[str, str]]:
    wanted = list(names)
    cursor.execute(_RECORDED.format(marks=", ".join("?" * len(wanted))), wanted)
    return {(name, content_hash) for name, content_hash in cursor.fetchall()}


def _copy(cursor: Any, files: Mapping[str, bytes]) -> dict[str, int]:
    """Rows loaded by file; a file that gave more or fewer rows than it has lines is refused."""
    names = list(files)
    cursor.execute(_COPY.format(names=", ".join(f"'{name}'" for name in names)))
    columns = [column[0].lower() for column in cursor.description]
    results = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    # Snowflake may put the stage's name before the path.
    loaded = {
        name: int(result["rows_loaded"])
        for name in names
        for result in results
        if result.get("status") == "LOADED" and f"/{result['file']}".endswith(f"/{name}")
    }
    for name, content in files.items():
        lines = sum(1 for line in content.split(b"\n") if line.strip())
        if loaded.get(name) != lines:
            raise FileRefused(
                "snowflake", "load_events", f"{loaded.get(name, 0)} rows came of the {lines} lines of {name}"
            )
    return loaded


def _pattern(name: str) -> str:
    return name.replace(".", "[.]")
