"""Dynatrace's log search language, as far as it is used here: `status="ERROR" AND (dt.entity.host="HOST-1" OR ...)`.

A condition is `field="value"` or `field!="value"`; NOT, AND and OR in this order of strength, and brackets. Values
are compared without case; `content` holds the value anywhere.
"""

import re
from collections.abc import Callable, Mapping

from sandbox.vendors.dynatrace.answers import violated

type Fields = Mapping[str, str]
type Test = Callable[[Fields], bool]

_TOKEN = re.compile(
    r'\s*(?:(?P<word>AND|OR|NOT)\b|(?P<bracket>[()])|(?P<field>[\w.]+)\s*(?P<sign>!?=)\s*"(?P<value>(?:[^"\\]|\\.)*)")',
    re.IGNORECASE,
)


def parse(text: str) -> Test:
    """Whether a record, as its fields, meets the query; an empty one is met by all. Raises: Refusal."""
    if not text.strip():
        return lambda _: True
    reader = _Reader(text)
    test = reader.either()
    if reader.token is not None or text[reader.position :].strip():
        raise _unreadable(reader.position)
    return test


class _Reader:
    """Recursive descent. token: the one to be read next."""

    def __init__(self, text: str) -> None:
        self._text, self.position = text, 0
        self.token: re.Match[str] | None = None
        self._advance()

    def either(self) -> Test:
        tests = [self._both()]
        while self._takes("word", "OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda fields: any(test(fields) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._takes("word", "AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda fields: all(test(fields) for test in tests)

    def _one(self) -> Test:
        if self._takes("word", "NOT"):
            test = self._one()
            return lambda fields: not test(fields)
        if self._takes("bracket", "("):
            test = self.either()
            if not self._takes("bracket", ")"):
                raise _unreadable(self.position)
            return test
        if self.token is None or not self.token["field"]:
            raise _unreadable(self.position)
        found = self.token
        self._advance()
        return _condition(found["field"], found["sign"], re.sub(r"\\(.)", r"\1", found["value"]))

    def _takes(self, kind: str, wanted: str) -> bool:
        if self.token is None or (self.token[kind] or "").upper() != wanted:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        self.token = _TOKEN.match(self._text, self.position)
        if self.token:
            self.position = self.token.end()


def _condition(field: str, sign: str, value: str) -> Test:
    wanted = value.casefold()

    def holds(fields: Fields) -> bool:
        given = fields.get(field, "").casefold()
        return wanted in given if field == "content" else given == wanted

    return holds if sign == "=" else lambda fields: not holds(fields)


def _unreadable(position: int) -> Exception:
    return violated("query", f"the query cannot be read at position {position}")
