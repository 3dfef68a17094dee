"""The children's log files: set aside at each start, never larger than a bound."""

import contextlib
import os
from pathlib import Path

MOST_LOG_BYTES = 8 * 1024 * 1024
KEPT_LOGS = 3


def rotate(log: Path) -> None:
    """Keep the logs of earlier starts as .1, .2, ..."""
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))


def bound(log: Path, most_bytes: int = MOST_LOG_BYTES) -> None:
    """Copy a log that has grown too large aside and empty it; its writer appends, so it goes on at the start."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > most_bytes:
            older = log.with_name(f"{log.name}.1")
            older.write_bytes(log.read_bytes())
            os.truncate(log, 0)
