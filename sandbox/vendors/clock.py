"""The time, in the forms the vendors write it."""

import time
from datetime import UTC, datetime

MINUTE_MS = 60_000


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def iso(at_ms: int) -> str:
    """2026-11-21T12:00:00.123Z"""
    return _utc(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(at_ms: int) -> str:
    """2026-11-21 12:00:00, UTC."""
    return _utc(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def day(at_ms: int) -> str:
    """20261121"""
    return _utc(at_ms).strftime("%Y%m%d")


def from_iso(text: str) -> int:
    """Milliseconds since 1970; a time without a zone is UTC. Raises: ValueError."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
