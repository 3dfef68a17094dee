"""Recovery is proven or it is not; no data is never a pass."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.verification import judge

GOOD = [(at, 1.0) for at in range(100, 104)]


def test_a_closed_problem_and_enough_good_samples_are_recovery() -> None:
    assert judge(True, GOOD, 100, 2.0, 3)["verdict"] == "recovered"


def test_an_open_problem_is_not_recovery_however_good_the_metric() -> None:
    assert judge(False, GOOD, 100, 2.0, 3)["reason"] == "still_open"


def test_an_unknown_state_is_not_recovery() -> None:
    assert judge(None, GOOD, 100, 2.0, 3)["reason"] == "state_unknown"


def test_samples_from_before_the_action_do_not_count() -> None:
    assert judge(True, GOOD, 102, 2.0, 3)["reason"] == "few_samples"


def test_gaps_do_not_count_as_samples() -> None:
    assert judge(True, [(at, None) for at in range(100, 200)], 100, 2.0, 3)["reason"] == "few_samples"


def test_one_bad_sample_among_the_newest_is_not_recovery() -> None:
    assert judge(True, [*GOOD, (200, 9.0)], 100, 2.0, 3)["reason"] == "out_of_bounds"


def test_bad_samples_before_enough_good_ones_are_forgiven() -> None:
    assert (
        judge(True, [(90, 1.0), (100, 9.0), (101, 1.0), (102, 1.0), (103, 1.0)], 100, 2.0, 3)["reason"] == ""
    )


POINTS = st.lists(st.tuples(st.integers(0, 1000), st.none() | st.floats(0, 10)))


@given(st.none() | st.booleans(), POINTS, st.integers(0, 1000), st.integers(1, 10))
def test_recovery_always_has_a_closed_problem_and_enough_samples_within_bounds(
    closed: bool | None, points: list[tuple[int, float | None]], since: int, wanted: int
) -> None:
    judged = judge(closed, points, since, 2.0, wanted)

    good = [value for at, value in points if at >= since and value is not None and value <= 2.0]
    if judged["verdict"] == "recovered":
        assert closed is True
        assert len(good) >= wanted
        assert judged["within_bounds"] == wanted
    else:
        assert judged["reason"]


@given(POINTS, st.randoms())
def test_the_order_of_the_points_does_not_matter(
    points: list[tuple[int, float | None]], random: object
) -> None:
    unique = list(dict(points).items())
    shuffled = sorted(unique, key=lambda _: random.random())  # type: ignore[attr-defined]

    assert judge(True, unique, 0, 2.0, 3) == judge(True, shuffled, 0, 2.0, 3)
