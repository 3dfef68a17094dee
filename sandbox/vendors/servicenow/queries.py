"""Encoded queries: `active=true^state!=6^ORnumber=INC0010001^ORDERBYDESCsys_created_on`.

`^` joins groups that must all hold, `^OR` adds an alternative to the condition before it, `^NQ` begins another
query of which one must hold. A condition on an unknown field, or one that cannot be read, is dropped, as an
instance does by default: the query then finds more, not less.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

type Row = Mapping[str, str]
type Test = Callable[[str], bool]
type Rank = tuple[int, float, str]
type Condition = tuple[str, Test]
"""A field and what its value must meet."""

_ORDER = re.compile(r"ORDERBY(DESC)?(\w+)")
_CONDITION = re.compile(
    r"(ISNOTEMPTY|ISEMPTY|STARTSWITH|ENDSWITH|NOT IN|NOT LIKE|NOTLIKE|LIKE|IN|!=|>=|<=|=|>|<)(.*)", re.DOTALL
)


def _in(given: str) -> Test:
    listed = {part.strip().casefold() for part in given.split(",")}
    return lambda value: value.casefold() in listed


def _not(make: Callable[[str], Test]) -> Callable[[str], Test]:
    def made(given: str) -> Test:
        test = make(given)
        return lambda value: not test(value)

    return made


def _folded(compare: Callable[[str, str], bool]) -> Callable[[str], Test]:
    """A comparison that knows no case, as the vendor's database compares."""

    def made(given: str) -> Test:
        same = given.casefold()
        return lambda value: compare(value.casefold(), same)

    return made


def _by_order(compare: Callable[[Rank, Rank], bool]) -> Callable[[str], Test]:
    def made(given: str) -> Test:
        bound = _ordered(given)
        return lambda value: compare(_ordered(value), bound)

    return made


_contains = _folded(operator.contains)
_OPERATORS: dict[str, Callable[[str], Test]] = {
    "=": _folded(operator.eq),
    "!=": _folded(operator.ne),
    "LIKE": _contains,
    "NOT LIKE": _not(_contains),
    "NOTLIKE": _not(_contains),
    "STARTSWITH": _folded(str.startswith),
    "ENDSWITH": _folded(str.endswith),
    "IN": _in,
    "NOT IN": _not(_in),
    ">": _by_order(operator.gt),
    "<": _by_order(operator.lt),
    ">=": _by_order(operator.ge),
    "<=": _by_order(operator.le),
    "ISEMPTY": lambda _: operator.not_,
    "ISNOTEMPTY": lambda _: bool,
}


@dataclass
class Query:
    """queries: alternatives; each a list of groups that must all hold; each group a list of alternatives."""

    queries: list[list[list[Condition]]] = field(default_factory=lambda: [[]])
    order: list[tuple[str, bool]] = field(default_factory=list)

    def holds(self, row: Row) -> bool:
        return any(
            all(any(test(row[name]) for name, test in group) for group in query) for query in self.queries
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


def _condition(text: str, known: set[str]) -> Condition | None:
    # Nothing parts a field from its operator, so the fields say where it ends: "stateIN1,2" is state IN 1,2.
    for name in known:
        if text.startswith(name) and (found := _CONDITION.fullmatch(text, len(name))):
            return name, _OPERATORS[found[1]](found[2])
    return None


def _ordered(value: str) -> Rank:
    """Numbers as numbers, before texts."""
    try:
        return 0, float(value), ""
    except ValueError:
        return 1, 0.0, value.casefold()
