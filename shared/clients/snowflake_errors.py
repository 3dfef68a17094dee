"""What the Snowflake connector raises, as errors of this app: by number and state, never by text.

Numbers: snowflake.connector.errorcode (25xxxx the client, 29xxxx HTTP, 39xxxx sessions and logins) and
https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/reference for the server's.
"""

from typing import Any

from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable

_SESSION_GONE = frozenset({250002, 390104, 390108, 390111, 390112, 390113, 390114, 390115})
_NO_ANSWER = 250003
_TRANSIENT = frozenset(
    {
        603,  # internal error
        604,  # cancelled
        625,  # no lock in time
        630,  # statement time-out
        250001,  # could not connect
        250005,
        251011,  # login time-out
        251012,
        252010,  # a chunk of the result did not come
        253003,  # upload to the stage
        253009,
    }
)
_TRANSIENT_HTTP = frozenset({408, 425, 429, 500, 502, 503, 504})
_DATA = range(100_000, 101_000)
"""Errors of a row's content. Their text may quote it, so it is never shown."""
_TEXT_LENGTH = 200


class FileRefused(VendorRefused):
    """The content of a staged file is at fault: the same load without it would succeed."""


def session_is_gone(error: Exception) -> bool:
    """Whether the server no longer knows our session, so that nothing was done."""
    return getattr(error, "errno", None) in _SESSION_GONE


def no_answer(error: BaseException) -> bool:
    """Whether the server could not be reached or did not answer."""
    return not getattr(error, "errno", None) or getattr(error, "errno", None) == _NO_ANSWER


def vendor_error(operation: str, error: Any, sent: bool) -> VendorError:
    """The error of this app for one of the connector's.

    sent: whether a write was under way, so that no answer means it may have been done.
    """
    errno = getattr(error, "errno", None) or 0
    sqlstate = getattr(error, "sqlstate", None) or ""
    named = f"error {errno}, state {sqlstate or 'none'}" if errno else type(error).__name__
    if errno in _DATA:
        return FileRefused("snowflake", operation, f"the data does not fit ({named})")
    message = f"{_text(error)} ({named})"
    if no_answer(error):
        kind = OutcomeUnknown if sent else VendorUnavailable
        return kind("snowflake", operation, message)
    if errno in _TRANSIENT or session_is_gone(error) or errno - 290_000 in _TRANSIENT_HTTP:
        return VendorUnavailable("snowflake", operation, message)
    return VendorRefused("snowflake", operation, message)


def _text(error: Any) -> str:
    text = str(getattr(error, "raw_msg", None) or getattr(error, "msg", None) or "no answer")
    return " ".join(text.split())[:_TEXT_LENGTH]
