from hypothesis import given
from hypothesis import strategies as st

from sandbox.vendors.dynatrace.series import METRICS, points

RATE = METRICS["builtin:service.errors.total.rate"]
SLOTS = [(at, at + 60_000) for at in range(0, 600_000, 60_000)]


def test_the_same_question_has_the_same_answer() -> None:
    assert points(RATE, "SERVICE-1", SLOTS, [], []) == points(RATE, "SERVICE-1", SLOTS, [], [])


def test_two_entities_differ() -> None:
    assert points(RATE, "SERVICE-1", SLOTS, [], []) != points(RATE, "SERVICE-2", SLOTS, [], [])


@given(st.integers(0, 10**13), st.text(min_size=1))
def test_a_healthy_value_is_within_bounds_and_an_unwell_one_above(at: int, entity: str) -> None:
    slot = [(at, at + 60_000)]
    for metric in METRICS.values():
        ((_, well),) = points(metric, entity, slot, [], [])
        ((_, unwell),) = points(metric, entity, slot, [(at, None)], [])

        assert well is not None
        assert unwell is not None
        assert metric.healthy[0] <= well <= metric.healthy[1]
        assert metric.raised[0] <= unwell <= metric.raised[1]


def test_values_are_raised_during_the_window_only() -> None:
    found = points(RATE, "SERVICE-1", SLOTS, [(120_000, 240_000)], [])

    raised = [at for at, value in found if value is not None and value > 10]
    assert raised == [120_000, 180_000]


def test_a_slot_that_is_partly_unwell_lies_between() -> None:
    ((_, value),) = points(RATE, "SERVICE-1", [(0, 60_000)], [(30_000, None)], [])

    assert value is not None
    assert 8 < value < 14


def test_a_silent_entity_has_gaps() -> None:
    found = points(RATE, "SERVICE-1", SLOTS, [], [(540_000, None)])

    assert [at for at, value in found if value is None] == [540_000]


def test_a_ramp_climbs_evenly_and_falls_at_its_end() -> None:
    slots = [(at, at + 60_000) for at in range(0, 900_000, 60_000)]
    found = [value for _, value in points(RATE, "SERVICE-1", slots, [], [], [(0, 720_000, 600_000)])]

    climb = [value or 0 for value in found]
    assert climb[0] < 3 < climb[4] < 16 < climb[11]
    assert max(climb[12:]) < 1
