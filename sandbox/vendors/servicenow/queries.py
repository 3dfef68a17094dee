"""Encoded queries: `active=true^state!=6^ORnumber=INC0010001^ORDERBYDESCsys_created_on`.

`^` joins groups that must all hold, `^OR` adds an alternative to the condition before it, `^NQ` begins another
query of which one must hold. A condition on an unknown field, or one that cannot be read, is dropped, as an
instance does by default: the query then finds more, not less.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

type Row = Mapping[str, str]
type Test = Callable[[str, str], bool]

_ORDER = re.compile(r"ORDERBY(DESC)?(\w+)")
_CONDITION = re.compile(
    r"(ISNOTEMPTY|ISEMPTY|STARTSWITH|ENDSWITH|NOT IN|NOT LIKE|NOTLIKE|LIKE|IN|!=|>=|<=|=|>|<)(.*)", re.DOTALL
)


def _listed(value: str, given: str) -> bool:
    return value.casefold() in {part.strip().casefold() for part in given.split(",")}


_TESTS: dict[str, Test] = {
    "=": lambda value, given: value.casefold() == given.casefold(),
    "!=": lambda value, given: value.casefold() != given.casefold(),
    "LIKE": lambda value, given: given.casefold() in value.casefold(),
    "NOT LIKE": lambda value, given: given.casefold() not in value.casefold(),
    "NOTLIKE": lambda value, given: given.casefold() not in value.casefold(),
    "STARTSWITH": lambda value, given: value.casefold().startswith(given.casefold()),
    "ENDSWITH": lambda value, given: value.casefold().endswith(given.casefold()),
    "IN": _listed,
    "NOT IN": lambda value, given: not _listed(value, given),
    ">": lambda value, given: _ordered(value) > _ordered(given),
    "<": lambda value, given: _ordered(value) < _ordered(given),
    ">=": lambda value, given: _ordered(value) >= _ordered(given),
    "<=": lambda value, given: _ordered(value) <= _ordered(given),
    "ISEMPTY": lambda value, _: not value,
    "ISNOTEMPTY": lambda value, _: bool(value),
}


@dataclass
class Query:
    """queries: alternatives; each a list of groups that must all hold; each group a list of alternatives."""

    queries: list[list[list[tuple[str, Test, str]]]] = field(default_factory=lambda: [[]])
    order: list[tuple[str, bool]] = field(default_factory=list)

    def holds(self, row: Row) -> bool:
        return any(
            all(any(test(row[name], given) for name, test, given in group) for group in query)
            for query in self.queries
        )

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        found = list(rows)
        for name, descending in reversed(self.order):
            found.sort(key=lambda row: _ordered(row[name]), reverse=descending)
        return found


def parse(text: str, fields: Iterable[str]) -> Query:
    """Read an encoded query over a table of `fields`."""
    query, known = Query(), set(fields)
    for part in text.split("^"):
        if part == "EQ" or not part:
            continue
        if part.startswith("NQ"):
            query.queries.append([])
            part = part[2:]
        if ordered := _ORDER.fullmatch(part):
            if ordered[2] in known:
                query.order.append((ordered[2], bool(ordered[1])))
            continue
        alternative = part.startswith("OR")
        condition = _condition(part[2:] if alternative else part, known)
        if condition is None:
            continue
        groups = query.queries[-1]
        if alternative and groups:
            groups[-1].append(condition)
        else:
            groups.append([condition])
    return query


def _condition(text: str, known: set[str]) -> tuple[str, Test, str] | None:
    # Nothing parts a field from its operator, so the fields say where it ends: "stateIN1,2" is state IN 1,2.
    for name in known:
        if text.startswith(name) and (found := _CONDITION.fullmatch(text, len(name))):
            return name, _TESTS[found[1]], found[2]
    return None


def _ordered(value: str) -> tuple[int, float, str]:
    """Numbers as numbers, before texts."""
    try:
        return 0, float(value), ""
    except ValueError:
        return 1, 0.0, value.casefold()
