"""What a quality gate asks of one value: `<=800` (absolute), `<=+10%` or `<=+25` (relative to the baseline). Pure.

As Keptn's lighthouse has them: a list of sets of criteria, of which one whole set must hold. A relative criterion
without a baseline is neither kept nor broken: it is not known, and what cannot be known is None here (Kleene's logic).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

FORM = r"^(<=|<|>=|>)([+-]?)([0-9]{1,12}(?:\.[0-9]{1,6})?)(%?)$"
BETTER = {"lower": ("<", "<="), "higher": (">", ">=")}
"""Operators by direction: with these alone, a worse value never keeps what a better one broke."""

type Sets = Sequence[Mapping[str, Any]]
"""[{"criteria": ["<=+10%", "<=800"]}, ...]: any one of them, all that is in it."""


class Criterion(NamedTuple):
    """amount: of the value, or of the change from the baseline, in percent or in the value's own unit."""

    operator: str
    amount: float
    relative: bool
    percent: bool

    def limit(self, baseline: float | None) -> float | None:
        """What the value is held against; None where that needs a baseline which is not there."""
        if not self.relative:
            return self.amount
        if baseline is None:
            return None
        return baseline + (abs(baseline) * self.amount / 100 if self.percent else self.amount)

    def holds(self, value: float, baseline: float | None) -> bool | None:
        limit = self.limit(baseline)
        if limit is None:
            return None
        match self.operator:
            case "<":
                return value < limit
            case "<=":
                return value <= limit
            case ">":
                return value > limit
        return value >= limit


def parse(text: str) -> Criterion:
    """Raises: ValueError."""
    found = re.fullmatch(FORM, text.replace(" ", ""))
    if found is None or (found[4] and not found[2]):
        raise ValueError(f"{text!r} is no criterion: write <=800, <=+10% or <=+25")
    amount = float(found[3]) * (-1 if found[2] == "-" else 1)
    return Criterion(found[1], amount, bool(found[2]), bool(found[4]))


def any_set_holds(sets: Sets, value: float, baseline: float | None) -> bool | None:
    """Whether one whole set holds; None where a baseline would decide it. Of no sets, none holds."""
    return _any(_all(parse(one).holds(value, baseline) for one in each["criteria"]) for each in sets)


def _all(known: Iterable[bool | None]) -> bool | None:
    """False outweighs what is not known, that outweighs True."""
    given = list(known)
    return False if False in given else None if None in given else True


def _any(known: Iterable[bool | None]) -> bool | None:
    """True outweighs what is not known, that outweighs False."""
    given = list(known)
    return True if True in given else None if None in given else False
