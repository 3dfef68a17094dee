"""Statistics that less than half of the values cannot carry away."""

import statistics
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.robust import MOST_Z, deviation, mad, robust_z, spread, theil_sen

values = st.floats(-1e6, 1e6)


def test_a_deviation_is_that_of_a_normal_distribution() -> None:
    random = Random(3)
    assert deviation([random.gauss(7, 2) for _ in range(4000)]) == pytest.approx(2, rel=0.05)


def test_one_value_deviates_from_nothing() -> None:
    assert (deviation([]), deviation([5.0]), mad([5.0])) == (0.0, 0.0, 0.0)


def test_a_centre_can_be_given() -> None:
    assert mad([1.0, 2.0, 3.0], around=0.0) == 2.0


def test_a_flat_line_still_has_a_width() -> None:
    assert spread(100, 0) == 2
    assert spread(100, 0, least=5) == 5
    assert spread(0, 0) > 0


def test_equal_times_have_no_slope() -> None:
    assert theil_sen([(1.0, float(value)) for value in range(20)]) is None


@given(st.floats(-100, 100), st.floats(-5, 5), st.sets(st.integers(0, 39), max_size=8), st.floats(-1e6, 1e6))
def test_a_few_wild_values_do_not_move_the_slope(
    base: float, slope: float, wild: set[int], value: float
) -> None:
    straight = [(float(at), value if at in wild else base + slope * at) for at in range(40)]
    found = theil_sen(straight)

    assert found is not None
    assert found.low <= slope + 1e-6
    assert found.high >= slope - 1e-6


@given(st.lists(values, min_size=1, max_size=40), values, st.floats(0.1, 100))
def test_mad_moves_with_scale_and_not_with_place(found: list[float], by: float, times: float) -> None:
    usual = mad(found)

    assert mad([value + by for value in found]) == pytest.approx(usual, abs=1e-3)
    assert mad([value * times for value in found]) == pytest.approx(usual * times, rel=1e-6, abs=1e-6)


@given(st.lists(values, min_size=5, max_size=41), st.integers(0, 1000))
def test_less_than_half_of_the_values_cannot_carry_a_deviation_away(found: list[float], seed: int) -> None:
    spoilt = list(found)
    for index in Random(seed).sample(range(len(found)), (len(found) - 1) // 2):
        spoilt[index] = 1e12

    assert statistics.median(spoilt) <= max(found)
    assert deviation(spoilt) <= 2 * 1.4826 * (max(found) - min(found)) + 1e-6


@given(values, values, st.floats(1e-9, 1e6))
def test_a_robust_z_has_its_side_and_an_end(value: float, middle: float, width: float) -> None:
    found = robust_z(value, middle, width)

    assert abs(found) <= MOST_Z
    assert found * (value - middle) >= 0
