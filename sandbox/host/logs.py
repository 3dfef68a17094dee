"""Structured logs: one JSON object a line on stderr.

{"timestamp", "level", "category", "message"}, with "invocation_id" and "function" inside an invocation,
"exception" where there is one, and whatever a record carries in its `facts`. Keys and signatures in
addresses and connection strings are masked; bodies never come here.
"""

import atexit
import io
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, TextIO

current_invocation: ContextVar[tuple[str, str] | None] = ContextVar("current_invocation", default=None)
"""(invocation id, function name) of the code that runs."""

_FLUSH_S = 0.02
_SECRET = re.compile(
    r"(?i)([?&](?:code|sig|signature|token|access_token|id_token|client_secret)="
    r"|(?:SharedAccessKey|AccountKey|SharedAccessSignature)="
    r"|x-functions-key:\s*|Bearer\s+)[^&;\s\"']+"
)
_HINTS = ("=", "earer", "EARER", "-key", "-KEY", "-Key")
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
_encode = json.JSONEncoder(default=str, ensure_ascii=False).encode


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self) -> None:
        super().__init__()
        self._second = (0, "")

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": self._timestamp(record.created),
            "level": record.levelname,
            "category": record.name,
            "message": mask(record.getMessage()),
        }
        if (running := current_invocation.get()) is not None:
            line["invocation_id"], line["function"] = running
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        return _encode(line)

    def _timestamp(self, created_s: float) -> str:
        second = int(created_s)
        known, text = self._second
        if known != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._second = (second, text)
        return f"{text}.{int((created_s - second) * 1000):03d}+00:00"


class Writer(logging.Handler):
    """Writes lines together, each within 20 ms and warnings at once: a write for each would cost more."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream, self._lines = stream, list[str]()
        self._waiting = threading.Event()
        threading.Thread(target=self._flush_later, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._waiting.is_set():
            self._waiting.set()

    def flush(self) -> None:
        with self.lock or threading.RLock():
            lines, self._lines = self._lines, []
            if lines:
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()

    def _flush_later(self) -> None:
        while self._waiting.wait():
            time.sleep(_FLUSH_S)
            self._waiting.clear()
            self.flush()


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
    return _SECRET.sub(r"\1***", text) if any(hint in text for hint in _HINTS) else text


def configure() -> None:
    """Send everything to stderr."""
    # What the lines do not show is not gathered: https://docs.python.org/3/howto/logging.html#optimization
    for wish in ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks", "_srcfile"):
        setattr(logging, wish, None)
    writer = Writer(sys.stderr)
    writer.setFormatter(JsonLines())
    atexit.register(writer.flush)
    logging.getLogger().handlers[:] = [writer]
    logging.captureWarnings(True)
    set_levels({})


def set_levels(levels: Mapping[str, str]) -> None:
    """levels: logging.logLevel of host.json (category to level name)."""
    logging.getLogger().setLevel(_level(levels.get("default", "Information")))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for category, level in levels.items():
        if category != "default":
            logging.getLogger(category).setLevel(_level(level))


def _level(name: str) -> int:
    return _LEVELS.get(name.lower(), logging.INFO)
