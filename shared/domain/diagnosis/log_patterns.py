"""Log lines as patterns: what differs from line to line is taken out, and what is left is counted.

What is taken out (numbers, ids, addresses, quoted values) is also most of what could be personal or secret; the
one redaction point comes later all the same.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

LONGEST = 160

_RULES = (
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"), "<email>"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE), "<url>"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{6,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?=[\w-]*\d)[A-Za-z0-9_-]{20,}\b"), "<id>"),
    (re.compile(r"\"[^\"]{1,200}\"|'[^'\s][^']{0,199}'"), "<text>"),
    (re.compile(r"(?<![\w<])[-+]?\d+(?:[.,:]\d+)*(?=%|\b|[a-zA-Z]{1,3}\b)"), "<n>"),
)


class Line(NamedTuple):
    """level: ERROR, WARN, ... entity_id: "" when nothing says whose line it is."""

    at_ms: int
    level: str
    entity_id: str
    content: str


class Pattern(NamedTuple):
    """times: how many lines are of this pattern. first_ms: of the oldest of them."""

    level: str
    entity_id: str
    pattern: str
    times: int
    first_ms: int


def pattern_of(content: str) -> str:
    """The first line of a message without what differs from one occurrence to the next."""
    line = next((part for part in content.splitlines() if part.strip()), "")[:2000]
    for rule, instead in _RULES:
        line = rule.sub(instead, line)
    words = " ".join(line.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def count(lines: Iterable[Line]) -> list[Pattern]:
    """The patterns of the lines, the most frequent first."""
    counted: dict[tuple[str, str, str], tuple[int, int]] = {}
    for line in lines:
        key = (line.level, line.entity_id, pattern_of(line.content))
        so_far, first_ms = counted.get(key, (0, line.at_ms))
        counted[key] = (so_far + 1, min(first_ms, line.at_ms))
    patterns = [Pattern(*key, number, first_ms) for key, (number, first_ms) in counted.items()]
    return sorted(patterns, key=lambda one: (-one.times, one.level, one.entity_id, one.pattern))
