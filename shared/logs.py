"""The one point at which the log is redacted: where logging makes a record, before any handler sees it.

function_app.py calls `redact_logs` when a process starts. Nothing else is imported until there is a line to redact:
what the worker and the vendors' packages tell of themselves below a warning holds no text from outside and is left
alone, which keeps the patterns out of a cold start.
"""

import io
import logging
import traceback
from typing import Any

_OURS = ("functions", "orchestrations", "shared", "function_app", "root")
_LONGEST = 32_768
"""Characters of a message that are logged: what Application Insights keeps of one."""


def redact_logs() -> None:
    """Redact every line from now on, of our loggers and everybody else's; calling it again changes nothing."""
    made_before = logging.getLogRecordFactory()
    if getattr(made_before, "redacts", False):
        return

    def make(*given: Any, **more: Any) -> logging.LogRecord:
        record = made_before(*given, **more)
        is_ours = record.name.partition(".")[0] in _OURS
        return _redacted(record) if is_ours or record.levelno >= logging.WARNING else record

    make.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make)


def _redacted(record: logging.LogRecord) -> logging.LogRecord:
    """The record with its message put together and redacted; the traceback of an error becomes part of it."""
    from shared.redaction import redacted

    try:
        said = record.getMessage()
    except (TypeError, ValueError):
        said = str(record.msg)
    if record.exc_info and record.exc_info[0]:
        said = f"{said}\n{_told(record.exc_info)}"
    record.msg, record.args, record.exc_info, record.exc_text = redacted(said[:_LONGEST]), (), None, None
    return record


def _told(raised: Any) -> str:
    told = io.StringIO()
    traceback.print_exception(*raised, file=told)
    return told.getvalue().rstrip()
