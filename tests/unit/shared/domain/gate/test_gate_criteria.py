"""Criteria: absolute and relative, read strictly, and not known where their baseline is missing."""

import pytest

from shared.domain.gate.gate_criteria import any_set_holds, parse


@pytest.mark.parametrize(
    ("text", "value", "baseline", "holds"),
    [
        ("<=800", 800, None, True),
        ("<800", 800, None, False),
        (">=99.5", 99.5, None, True),
        ("> 10", 10, None, False),
        ("<=+10%", 110, 100, True),
        ("<=+10%", 110.1, 100, False),
        (">=-50%", 50, 100, True),
        ("<=+25", 125, 100, True),
        ("<=-5", 96, 100, False),
        ("<=+10%", -90, -100, True),
        ("<=+10%", -89, -100, False),
        ("<=+10%", 110, None, None),
    ],
)
def test_a_criterion_is_held_against_its_limit(
    text: str, value: float, baseline: float | None, holds: bool | None
) -> None:
    assert parse(text).holds(value, baseline) is holds


@pytest.mark.parametrize(
    "text", ["800", "=800", "<=10%", "<=", "<=+", "<=1e9", "<=--1", "<= 1 or 1", "<=1;2"]
)
def test_what_is_no_criterion_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no criterion"):
        parse(text)


def test_one_whole_set_is_enough() -> None:
    sets = [{"criteria": ["<=+10%", "<=50"]}, {"criteria": ["<=20"]}]

    assert any_set_holds(sets, 20, None) is True
    assert any_set_holds(sets, 40, None) is None
    assert any_set_holds(sets, 60, None) is False
    assert any_set_holds([], 1, 1) is False
