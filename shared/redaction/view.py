"""How the detectors see a text: digits, dashes and spaces as one would type them, escapes read, nothing invisible.

JSON, URLs and HTML write the same CPF in many ways (`\\u002d`, `%2F`, `&nbsp;`, full-width digits, zero-width spaces
in between). A view is the text as people read it, and knows for each of its characters where that stands in the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\ufe58\ufe63\uff0d\u058a\u1806\u30fc"
_SLASHES, _DOTS, _COLONS = (
    "\u2044\u2215\u29f8",
    "\u2024\u00b7\u2027\u2219\u22c5\u3002\uff61",
    "\u2236\ua789\ufe55",
)
_QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2033"
_KEPT = 4096
"""Code points remembered; more than any honest text has."""
_FILLERS = "\u034f\u115f\u1160\u3164\uffa0\u2800"

_SPECIAL = re.compile(
    r"%[0-7][0-9A-Fa-f]|%[CD][0-9A-Fa-f]%[89AB][0-9A-Fa-f]|%E[0-9A-Fa-f](?:%[89AB][0-9A-Fa-f]){2}"
    r"|\\u[0-9A-Fa-f]{4}|\\[nrt\"'/\\]"
    r"|&(?:nbsp|amp|lt|gt|quot|apos);|&#\d{1,6};|&#[xX][0-9A-Fa-f]{1,5};"
    r"|[^\x00-\xff\u2010-\u2015\u2212]|\u00ad"
)
_NAMED = {"nbsp": " ", "amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class View(NamedTuple):
    """text: what detectors search. folded: the same, lower case and without accents, character by character."""

    text: str
    folded: str
    starts: list[int] | None
    ends: list[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where this part of the view stands in the original; start < end."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def view(text: str) -> View:
    """Look at a text. Linear in its length."""
    if not _SPECIAL.search(text):
        seen = text if text.isascii() else text.translate(_TYPED)
        return View(seen, _fold(seen), None, None)
    characters, starts, ends = [], [], []
    for character, start, end in _read(text):
        characters.append(character)
        starts.append(start)
        ends.append(end)
    seen = "".join(characters)
    return View(seen, _fold(seen), starts, ends)


def _read(text: str) -> Iterator[tuple[str, int, int]]:
    """Each character of the view with its place in the text; what is invisible has none."""
    done = 0
    for special in _SPECIAL.finditer(text):
        for place in range(done, special.start()):
            yield _TYPED[ord(text[place])] or text[place], place, place + 1
        done = special.end()
        character = _meant(special[0])
        typed = _TYPED[ord(character)]
        if typed:
            yield typed, special.start(), special.end()
    for place in range(done, len(text)):
        yield _TYPED[ord(text[place])] or text[place], place, place + 1


def _meant(written: str) -> str:
    """The character an escape stands for."""
    if len(written) == 1:
        return written
    if written[0] == "%":
        return bytes.fromhex(written.replace("%", "")).decode("utf-8", "replace")[0]
    if written[0] == "\\":
        return chr(int(written[2:], 16)) if len(written) == 6 else _ESCAPED.get(written[1], written[1])
    if written[1] != "#":
        return _NAMED[written[1:-1]]
    code = int(written[3:-1], 16) if written[2] in "xX" else int(written[2:-1])
    return chr(code) if code < 0x110000 else "\ufffd"


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Typed(dict[int, str]):
    """Code point to the character one would type for it; "" for what nobody sees."""

    def __missing__(self, code: int) -> str:
        found = self._typed(chr(code))
        if len(self) < _KEPT:
            self[code] = found
        return found

    def _typed(self, character: str) -> str:
        if character.isascii():
            return character
        if unicodedata.category(character) in {"Cf", "Mn"} or character in _FILLERS:
            return ""
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            return str(digit)
        for same, typed in ((_DASHES, "-"), (_SLASHES, "/"), (_DOTS, "."), (_COLONS, ":"), (_QUOTES, '"')):
            if character in same:
                return typed
        if character.isspace():
            return " "
        folded = unicodedata.normalize("NFKC", character)
        return folded if len(folded) == 1 else character


class _Folded(dict[int, str]):
    """Code point to one lower-case letter without its accent."""

    def __missing__(self, code: int) -> str:
        found = unicodedata.normalize("NFD", chr(code))[0].lower()[0]
        if len(self) < _KEPT:
            self[code] = found
        return found


_TYPED, _FOLDED = _Typed(), _Folded()
