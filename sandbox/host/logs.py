"""Structured logs: one JSON object a line on stderr.

{"timestamp", "level", "category", "message"}, with "invocation_id" and "function" inside an invocation,
"exception" where there is one, and whatever a record carries in its `facts`. Keys and signatures in
addresses and connection strings are masked; bodies never come here.
"""

import io
import json
import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

current_invocation: ContextVar[tuple[str, str] | None] = ContextVar("current_invocation", default=None)
"""(invocation id, function name) of the code that runs."""

_SECRET = re.compile(
    r"(?i)([?&](?:code|sig|signature|token|access_token|id_token|client_secret)="
    r"|(?:SharedAccessKey|AccountKey|SharedAccessSignature)="
    r"|x-functions-key:\s*|Bearer\s+)[^&;\s\"']+"
)
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 10,
}
# These narrate every frame, request or address (which may hold a secret) at INFO.
_CHATTY = ("azure", "durabletask", "httpx", "httpcore", "openai", "snowflake", "urllib3", "asyncio", "grpc")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "category": record.name,
            "message": mask(record.getMessage()),
        }
        if (running := current_invocation.get()) is not None:
            line["invocation_id"], line["function"] = running
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, default=str, ensure_ascii=False)


class LineLog(io.TextIOBase):
    """Stands in for stdout, so that an app's print() becomes a log line and not noise on the ready pipe."""

    def __init__(self) -> None:
        self._rest = ""
        self._logger = logging.getLogger("stdout")

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in filter(None, lines):
            self._logger.info("%s", line)
        return len(text)


def mask(text: str) -> str:
    """text with the values of keys, tokens and signatures replaced by ***."""
    return _SECRET.sub(r"\1***", text)


def configure(levels: Mapping[str, str]) -> None:
    """Send everything to stderr. levels: logging.logLevel of host.json (category to level name)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get(levels.get("default", "Information").lower(), logging.INFO))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for category, level in levels.items():
        if category != "default":
            logging.getLogger(category).setLevel(_LEVELS.get(level.lower(), logging.INFO))
    logging.captureWarnings(True)
