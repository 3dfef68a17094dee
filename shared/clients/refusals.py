"""What a vendor says when it refuses, on one short line, without anything we sent and what else may be secret.

shared.clients.http calls it, and rooms whose vendor refuses inside an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

_MESSAGE_LENGTH = 200
_LOOKS_SECRET = re.compile(r"https?://\S+|[\w+/=.~-]{32,}")


def reason(response: httpx.Response, sent: Any) -> str:
    """The vendor's words on one short line, without anything we sent and what else may be secret."""
    try:
        words = words_of(response.json())
    except ValueError:
        words = ""
    ours = [
        sent,
        dict(response.request.url.params),
        response.request.headers.get("Authorization", "").split(),
    ]
    for value in sorted(_texts(ours), key=len, reverse=True):
        words = words.replace(value, "…")
    words = in_short(words)
    return f"refused ({response.status_code})" + (f": {words}" if words else "")


def words_of(body: Any) -> str:
    """What a vendor says about a refusal, on one line, from where it puts it.

    {"error": {"message", "detail", "constraintViolations": [{"message"}]}}, {"message"},
    {"error", "error_description"}, or a list of these.
    """
    if isinstance(body, list):
        return " ".join(filter(None, map(words_of, body)))
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body)
    if isinstance(error, str):
        return " ".join(f"{error} {body.get('error_description', '')}".split())
    if not isinstance(error, dict):
        return ""
    said = [str(error[name]) for name in ("message", "detail") if error.get(name)]
    said.append(words_of(error.get("constraintViolations")))
    return " ".join(" ".join(said).split())


def in_short(words: str) -> str:
    """The words without what may be secret, cut to a line."""
    words = _LOOKS_SECRET.sub("…", words)
    return words if len(words) <= _MESSAGE_LENGTH else words[:_MESSAGE_LENGTH].rstrip() + "…"


def _texts(value: Any) -> Iterator[str]:
    """Every text of a body, in pieces as a vendor might quote it, long enough to mean something."""
    if isinstance(value, str):
        yield from (piece for piece in (" ".join(value.split()), *value.split("\n")) if len(piece) >= 4)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
