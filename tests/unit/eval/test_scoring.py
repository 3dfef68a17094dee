"""Scores: a share with its interval, and confidence held against what happened."""

import pytest

from tests.eval import scoring


def test_a_share_of_few_is_known_less_well_than_of_many() -> None:
    few, many = scoring.interval([True, False]), scoring.interval([True, False] * 100)

    assert few is not None
    assert many is not None
    assert few[1] - few[0] > many[1] - many[0]
    assert scoring.interval([True] * 10) == pytest.approx((0.722, 1.0), abs=0.001)


def test_nothing_judged_is_no_figure() -> None:
    assert [scoring.share([]), scoring.interval([]), scoring.brier([])] == [None] * 3
    assert scoring.calibration_error([]) is None
    assert scoring.reliability([]) == []


def test_a_forecast_that_is_always_right_and_sure_scores_nought() -> None:
    sure = [(1.0, True), (0.0, False)]

    assert scoring.brier(sure) == scoring.calibration_error(sure) == 0.0


def test_half_sure_of_everything_is_well_calibrated_and_says_little() -> None:
    judged = [(0.5, True), (0.5, False)]

    assert scoring.calibration_error(judged) == 0.0
    assert scoring.brier(judged) == 0.25


def test_reliability_holds_what_was_said_against_what_was_right() -> None:
    (low, high) = scoring.reliability([(0.1, False), (0.9, True), (1.0, False)])

    assert (low["records"], low["right"]) == (1, 0.0)
    assert (high["from"], high["to"], high["records"], high["confidence"]) == (0.8, 1.0, 2, 0.95)
    assert high["right"] == 0.5
