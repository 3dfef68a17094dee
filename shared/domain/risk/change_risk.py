"""How risky a change is, by rules: a score from 0 to 100, each point of it with its reason. Pure.

Nothing about people is read, and nothing of a title or a file's text: who wrote a change and how it is called changes
no point. More changed lines never lower the score, and the order of files means nothing. What could not be looked up
gives no points and is said (`missing`), so that a low score of half the facts cannot pass for a low score.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log2
from typing import Any, Literal, NamedTuple, TypedDict

from shared.domain.risk.change_risk_files import Touched, touched

Level = Literal["low", "medium", "high"]
MEDIUM_FROM, HIGH_FROM = 25, 50
MOST_NAMED = 5
"""Files a reason names; of more it says how many."""

_LINES_UNIT, _MOST_SIZE = 50, 25
_MANY_FILES, _MOST_SPREAD = 10, 20
_CODE_WITHOUT_TESTS = 10
_TESTS_DELETED = 8
_PROVEN, _PROBABLE, _MOST_HISTORY = 8, 4, 25
_MIGRATION, _INFRASTRUCTURE, _CONFIGURATION, _SECRETS, _DEPENDENCIES = 15, 12, 6, 15, 6
_TIERS = {1: 10, 2: 5}
_GATES = {"fail": 10, "warn": 4, "inconclusive": 4}
_INCIDENT = 15
_MOMENTS = {"frozen": 15, "out_of_hours": 6, "closing_soon": 3}


class Past(NamedTuple):
    """Incidents that a file was part of: proven by a rollback that resolved them, or only probable."""

    proven: int
    probable: int


class Facts(NamedTuple):
    """What the rules judge.

    more_files: how many there are beside `files`. target: the environment it goes to. tier: None where not known.
    history: by path, of the files that had incidents. gate: the last verdict there, "" for none. open_incidents: of
    the service, now. moment: "", or a key of _MOMENTS, as the policies say of the target. freezes: their names.
    """

    files: Sequence[Mapping[str, Any]]
    more_files: int = 0
    target: str = "production"
    tier: int | None = None
    history: Mapping[str, Past] = {}
    gate: str = ""
    open_incidents: int = 0
    moment: str = ""
    freezes: Sequence[str] = ()


class Reason(TypedDict):
    """rule: also the key of its words (shared.texts: risk.<rule>, risk.<rule>.do). values: theirs. files: at most
    MOST_NAMED of more, as they are told: show them as text only.
    """

    rule: str
    points: int
    values: dict[str, Any]
    files: list[str]


class Assessment(NamedTuple):
    """reasons: the heaviest first."""

    score: int
    level: Level
    reasons: list[Reason]
    touched: Touched


def assess(facts: Facts) -> Assessment:
    """Judge a change."""
    of = touched(facts.files)
    found = [*_of_files(of, facts), *_of_service(facts)]
    reasons = sorted((one for one in found if one["points"]), key=lambda one: (-one["points"], one["rule"]))
    score = min(100, sum(one["points"] for one in reasons))
    level: Level = "high" if score >= HIGH_FROM else "medium" if score >= MEDIUM_FROM else "low"
    return Assessment(score, level, reasons, of)


def _of_files(of: Touched, facts: Facts) -> Iterator[Reason]:
    size = min(_MOST_SIZE, round(5 * log2(1 + of.lines / _LINES_UNIT)))
    yield _reason("size", size, lines=of.lines)
    count = len(of.of("runs")) + facts.more_files
    spread = min(_MOST_SPREAD, 2 * max(0, len(of.areas) - 1) + count // _MANY_FILES)
    yield _reason("spread", spread, areas=len(of.areas), count=count)
    yield from _of_history(of, facts)
    if of.of("code") and not set(of.of("tests")) - set(of.of("tests_deleted")):
        yield _reason("tests_missing", _CODE_WITHOUT_TESTS, of.of("code"))
    yield _reason("tests_deleted", _TESTS_DELETED * bool(of.of("tests_deleted")), of.of("tests_deleted"))
    for kind, points in (
        ("migration", _MIGRATION),
        ("infrastructure", _INFRASTRUCTURE),
        ("configuration", _CONFIGURATION),
        ("secrets", _SECRETS),
        ("dependencies", _DEPENDENCIES),
    ):
        yield _reason(kind, points * bool(of.of(kind)), of.of(kind))


def _of_history(of: Touched, facts: Facts) -> Iterator[Reason]:
    every = {path for paths in of.paths.values() for path in paths}
    known = {path: past for path, past in facts.history.items() if path in every}
    points = sum(_PROVEN * past.proven + _PROBABLE * past.probable for past in known.values())
    worst = sorted(known, key=lambda path: (-known[path].proven, -known[path].probable, path))
    yield _reason("history", min(_MOST_HISTORY, points), worst)


def _of_service(facts: Facts) -> Iterator[Reason]:
    yield _reason("tier", _TIERS.get(facts.tier or 0, 0), tier=facts.tier)
    yield _reason(f"gate_{facts.gate}", _GATES.get(facts.gate, 0), target=facts.target)
    yield _reason("open_incident", _INCIDENT * bool(facts.open_incidents), incidents=facts.open_incidents)
    named = ", ".join(facts.freezes)
    yield _reason(facts.moment, _MOMENTS.get(facts.moment, 0), target=facts.target, freezes=named)


def _reason(rule: str, points: int, files: Sequence[str] = (), **values: Any) -> Reason:
    about = {**values, "files": len(files)} if files else values
    return Reason(rule=rule, points=points, values=about, files=list(files[:MOST_NAMED]))
