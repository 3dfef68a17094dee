"""The course of a run, decided beforehand."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sandbox.vendors.azure_devops.stages import DEPLOY, STAGES, begun, cut, delayed, end_ms, plan

plans = st.builds(
    plan,
    st.just(1_000),
    st.integers(0, 100_000),
    st.sampled_from(["succeeded", "failed", "canceled"]),
    st.sampled_from(STAGES),
    st.sets(st.sampled_from(STAGES)),
)


@given(plans)
def test_stages_follow_each_other_and_none_begins_after_one_that_ended_badly(planned: list[dict]) -> None:  # type: ignore[type-arg]
    assert [stage["name"] for stage in planned] == list(STAGES)
    began = [stage for stage in planned if stage["start_ms"] is not None]
    assert all(one["finish_ms"] == later["start_ms"] for one, later in pairwise(began))
    assert all(stage["result"] == "succeeded" for stage in began[:-1])
    assert all(stage["result"] == "skipped" for stage in planned if stage not in began)


def test_a_run_of_all_stages_takes_its_time_and_a_failing_one_less() -> None:
    assert end_ms(plan(0, 400, "succeeded", DEPLOY, ()), 0) == 400
    failed = plan(0, 400, "failed", "test", ())
    assert [stage["result"] for stage in failed] == ["succeeded", "failed", "skipped", "skipped"]
    assert end_ms(failed, 0) == 200


def test_a_run_whose_failing_stage_is_skipped_fails_at_its_last() -> None:
    planned = plan(0, 400, "failed", DEPLOY, {DEPLOY})
    assert [stage["result"] for stage in planned] == ["succeeded", "succeeded", "failed", "skipped"]
    assert begun(planned, DEPLOY) is None


def test_a_deployment_is_put_off_but_never_brought_forward() -> None:
    planned = plan(0, 400, "succeeded", DEPLOY, ())
    assert begun(delayed(planned, 1_000), DEPLOY) == {
        "name": DEPLOY,
        "start_ms": 1_000,
        "finish_ms": 1_100,
        "result": "succeeded",
    }
    assert delayed(planned, 200) == planned


def test_cutting_ends_what_is_under_way_and_skips_the_rest() -> None:
    planned = plan(0, 400, "succeeded", DEPLOY, ())
    assert [stage["result"] for stage in cut(planned, 150, waiting=False)] == [
        "succeeded",
        "canceled",
        "skipped",
        "skipped",
    ]
    assert cut(planned, 350, waiting=True)[-1]["result"] == "skipped"
    assert cut(planned, 350, waiting=False)[-1]["result"] == "canceled"
