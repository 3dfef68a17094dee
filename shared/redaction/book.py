"""The words of a text, and what is known of them: the lists of names.txt."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from shared.redaction.view import View, view

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_GLUE = "_-/\\@#$.&"


class Word(NamedTuple):
    """One word of the text. glued: part of an identifier, a path, an address."""

    start: int
    end: int
    folded: str
    capital: bool
    shouted: bool
    glued: bool


class Book(NamedTuple):
    """The lists: names without doubt and with, what joins them, what none begins with, what makes them places."""

    first: frozenset[str]
    last: frozenset[str]
    doubtful: frozenset[str]
    particles: frozenset[str]
    never: frozenset[str]
    places: frozenset[str]


@cache
def book() -> Book:
    """Read once."""
    rooms: dict[str, set[str]] = {}
    room: set[str] = set()
    for line in (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            room = rooms.setdefault(line.strip("[]"), set())
        elif not line.startswith("#"):
            room.update(view(line).folded.split())
    doubtful = {word.rstrip("?") for each in ("first", "last") for word in rooms[each] if word.endswith("?")}
    first, last = ({word.rstrip("?") for word in rooms[each]} for each in ("first", "last"))
    certain = {word for each in ("first", "last") for word in rooms[each] if not word.endswith("?")}
    never = rooms["not"] - certain
    return Book(*map(frozenset, (first, last, doubtful, rooms["particles"], never, rooms["places"])))


def words_of(seen: View) -> Iterator[Word]:
    """Every word, in order."""
    text = seen.text
    for found in WORD.finditer(text):
        start, end = found.span()
        before, after = text[start - 1 : start], text[end : end + 1]
        # "silva." ends a sentence, "silva.com" does not; "- Ana" begins a line, "x-ana" does not.
        dotted = after == "." and text[end + 1 : end + 2].isalnum()
        glued = (
            (bool(before) and (before in _GLUE or before.isdigit()))
            or (bool(after) and (after in "_@/\\$" or after.isdigit()))
            or dotted
            or (after == "-" and text[end + 1 : end + 2].isalnum())
            or (after == "(" and text[end + 1 : end + 2] in ")\"'")
        )
        word = found[0]
        capital = word[0].isupper() and (word[1:].islower() or (len(word) > 4 and word[2:].islower()))
        shouted = len(word) > 1 and word.isupper()
        yield Word(
            start, end, seen.folded[start:end], capital or (len(word) == 1 and word.isupper()), shouted, glued
        )
