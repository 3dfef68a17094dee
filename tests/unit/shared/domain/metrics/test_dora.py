"""Deployments as DORA counts them: what fails, what recovers, what is rework, and what an incident is laid to."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain import event_types
from shared.domain.metrics import dora, dora_facts, dora_figures
from tests.integration.warehouse.delivery_histories import History

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def at(hours: float) -> str:
    return (MONDAY + timedelta(hours=hours)).isoformat()


class Story:
    """Events of the service cart in production; times are hours after a Monday's midnight."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def tell(self, type_: str, subject: str, data: dict[str, Any], hours: float = 0) -> None:
        event = {
            "id": f"e{len(self.events)}",
            "type": type_,
            "subject": subject,
            "time": at(hours),
            "data": data,
        }
        self.events.append(event)

    def merge(self, id_: str, hours: float, made: float | None = None, **more: Any) -> None:
        commits = [] if made is None else [{"sha": f"{id_}-sha", "committed_at": at(made)}]
        data: dict[str, Any] = {
            "change_id": id_,
            "service": "cart",
            "commit": f"{id_}-merge",
            "commits": commits,
        }
        self.tell(event_types.CHANGE_MERGED, id_, {**data, "merged_at": at(hours), **more})

    def deploy(self, id_: str, hours: float, told: float = 0, **more: Any) -> None:
        data: dict[str, Any] = {
            "deployment_id": id_,
            "service": "cart",
            "environment": "production",
            "version": id_,
        }
        data |= {
            "commit": None,
            "commits": [],
            "result": "succeeded",
            "how": "pipeline",
            "finished_at": at(hours),
        }
        self.tell(event_types.DEPLOYMENT_FINISHED, id_, {**data, **more}, told)

    def correct(self, id_: str, kind: str, hours: float = 200, **more: Any) -> None:
        data = {"correction_id": f"c{len(self.events)}", "deployment_id": id_, "kind": kind, "at": at(hours)}
        self.tell(event_types.DEPLOYMENT_CORRECTED, id_, {**data, "reason": "seen", "by": "ana", **more})

    def gate(self, verdict: str, hours: float, **more: Any) -> None:
        data = {"gate_id": "gate", "service": "cart", "environment": "production", "verdict": verdict}
        self.tell(event_types.GATE_DECIDED, "gate", {**data, "decided_at": at(hours), **more})

    def incident(self, number: str, hours: float, mitigated: float | None = None, **more: Any) -> None:
        started = MONDAY + timedelta(hours=hours)
        data: dict[str, Any] = {"operation_id": f"op-{number}", "incident_number": number, "service": "cart"}
        data |= {"environment": "production", "started_ms": round(started.timestamp() * 1000), **more}
        self.tell(event_types.INCIDENT_OPENED, number, data)
        if mitigated is not None:
            end = {"outcome": "resolved", "mitigated_at": at(mitigated), "closed_at": at(mitigated + 1)}
            self.tell(event_types.INCIDENT_CLOSED, number, {**data, **end})

    def judged(self) -> dora.Judged:
        return dora.judge(dora_facts.read(self.events, NOW))

    def of(self, id_: str) -> dora.Deployed:
        return next(one for one in self.judged().deployments if one.deployment_id == id_)


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_deployment_brings_what_was_merged_since_the_one_before(story: Story) -> None:
    story.merge("first", 1, made=0)
    story.merge("second", 5, made=4)
    story.merge("third", 6, made=2)
    story.deploy("d1", 2, commit="first-merge")
    story.deploy("d2", 10, commit="third-merge")

    leads = {one.sha: (one.deployment_id, one.lead_s) for one in story.judged().commits if one.lead_s}
    assert leads == {
        "first-sha": ("d1", 2 * 3600),
        "second-sha": ("d2", 6 * 3600),
        "third-sha": ("d2", 8 * 3600),
    }


def test_a_commit_counts_with_the_first_deployment_that_brought_it(story: Story) -> None:
    told = [{"sha": "abc", "committed_at": at(1)}]
    story.deploy("again", 9, commits=told)
    story.deploy("d1", 3, commits=told)

    assert [(one.deployment_id, one.lead_s) for one in story.judged().commits] == [("d1", 2 * 3600)]


def test_a_clock_that_runs_backwards_gives_no_lead_time(story: Story) -> None:
    story.deploy("d1", 3, commits=[{"sha": "a", "committed_at": at(4)}, {"sha": "b", "committed_at": None}])

    assert [one.lead_s for one in story.judged().commits] == [None, None]


def test_what_failed_or_rolled_back_brings_nothing(story: Story) -> None:
    told = [{"sha": "abc", "committed_at": at(1)}]
    story.deploy("broken", 2, commits=told, result="failed")
    story.deploy("back", 3, commits=told, how="rollback")

    assert story.judged().commits == []
    assert (story.of("broken").status, story.of("back").status) == ("not_deployed", "rollback")


def test_a_failed_deployment_counts_once_however_many_incidents_it_has(story: Story) -> None:
    story.deploy("d1", 1)
    story.deploy("d2", 50)
    for number in range(5):
        story.incident(f"INC{number}", 2 + number, mitigated=10 + number)

    [row] = dora_figures.figures(story.judged(), "month")
    assert (row["DEPLOYMENTS"], row["FAILED_DEPLOYMENTS"], row["CHANGE_FAIL_RATE"]) == (2, 1, 0.5)
    assert (story.of("d1").incidents, story.of("d1").recovery_s) == (5, 13 * 3600)


def test_an_incident_is_laid_to_the_latest_deployment_before_it_never_to_a_later_one(story: Story) -> None:
    story.deploy("d1", 1)
    story.deploy("d2", 2)
    story.deploy("d3", 4)
    story.incident("INC1", 3)

    [laid] = story.judged().laid
    assert (laid.deployment_id, laid.kind) == ("d2", "window")
    assert laid.confidence == pytest.approx(0.9 - 0.8 / 24)


def test_what_lies_more_than_a_day_back_is_not_blamed(story: Story) -> None:
    story.deploy("d1", 1)
    story.incident("INC1", 25.1)

    assert story.judged().laid == []


def test_a_deployment_under_way_may_do_harm_already(story: Story) -> None:
    story.deploy("d1", 1)
    story.deploy("d2", 5, started_at=at(2))
    story.incident("INC1", 4.5)
    story.incident("INC2", 3)

    assert {one.incident: one.deployment_id for one in story.judged().laid} == {"INC1": "d2", "INC2": "d1"}


def test_an_incident_after_a_rollback_is_nobody_s(story: Story) -> None:
    story.deploy("d1", 1)
    story.deploy("back", 2, how="rollback")
    story.incident("INC1", 3)

    assert story.judged().laid == []


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ({"deployment_id": "old"}, "deployment"),
        ({"change_number": "CHG1"}, "change_number"),
        ({"commit": "abc"}, "commit"),
    ],
)
def test_a_link_goes_before_the_window(story: Story, cause: dict[str, str], kind: str) -> None:
    story.deploy("old", 1, change_number="CHG1", commit="abc")
    story.deploy("new", 90, commit="def")
    story.incident("INC1", 91, caused_by=cause)

    [laid] = story.judged().laid
    assert (laid.deployment_id, laid.kind, laid.confidence) == ("old", kind, 1.0)


@pytest.mark.parametrize("cause", [{"commit": "abc"}, {"change_number": "CHG1"}])
def test_of_many_services_of_one_commit_the_incident_s_own_caused_it(
    story: Story, cause: dict[str, str]
) -> None:
    story.deploy("own", 1, change_number="CHG1", commit="abc")
    story.deploy("in preview", 2, change_number="CHG1", commit="abc", environment="preview")
    story.deploy("neighbour", 3, change_number="CHG1", commit="abc", service="neighbour")
    story.incident("INC1", 4, caused_by=cause)
    story.incident("INC2", 4, caused_by=cause, service="third")

    laid = {one.incident: one.deployment_id for one in story.judged().laid}
    assert laid == {"INC1": "own", "INC2": "neighbour"}


def test_what_an_incident_s_action_rolled_back_caused_it_and_recovered_then(story: Story) -> None:
    story.deploy("good", 1, commit="a")
    story.deploy("bad", 30, commit="b")
    story.deploy("other", 31, commit="c")
    story.incident("INC1", 32, mitigated=40)
    story.deploy("back", 34, how="rollback", rolls_back="b", operation_id="op-INC1")

    [laid] = story.judged().laid
    assert (laid.deployment_id, laid.kind) == ("bad", "rollback")
    bad = story.of("bad")
    assert (bad.status, bad.failed_by, bad.recovery_s) == ("failed", "rollback", 4 * 3600)
    assert (story.of("back").status, story.of("back").rework) == ("rollback", True)


def test_a_rollback_without_a_name_takes_back_what_had_succeeded_last(story: Story) -> None:
    story.deploy("good", 1)
    story.deploy("bad", 2)
    story.deploy("broken", 3, result="failed")
    story.deploy("back", 4, how="rollback")

    assert {one.deployment_id for one in story.judged().deployments if one.status == "failed"} == {"bad"}


def test_a_gate_s_fail_makes_a_deployment_fail_and_no_data_does_not(story: Story) -> None:
    story.deploy("d1", 2, commit="abc", started_at=at(1.9))
    story.gate("fail", 1.95, commit="abc")
    assert story.of("d1").failed_by == "gate"

    story.events.pop()
    story.gate("inconclusive", 3, deployment_id="d1")
    assert story.of("d1").status == "deployed"


def test_a_run_that_failed_counts_only_where_something_says_it_reached_production(story: Story) -> None:
    story.deploy("half", 2, result="failed", commit="abc")
    assert story.of("half").status == "not_deployed"

    story.gate("fail", 3, deployment_id="half")
    assert story.of("half").status == "failed"
    [row] = dora_figures.figures(story.judged(), "day")
    assert (row["DEPLOYMENTS"], row["SUCCESSFUL_DEPLOYMENTS"], row["CHANGE_FAIL_RATE"]) == (1, 0, 1.0)


def test_a_revert_deployed_soon_says_that_what_it_reverts_failed(story: Story) -> None:
    story.merge("bad", 1, made=0)
    story.merge("revert", 9, made=9, reverts="bad-merge")
    story.deploy("d1", 2, commit="bad-merge")
    story.deploy("d2", 10, commit="revert-merge")

    assert (story.of("d1").failed_by, story.of("d1").recovery_s) == ("revert", 8 * 3600)
    assert (story.of("d2").status, story.of("d2").rework) == ("deployed", True)


@pytest.mark.parametrize(("planned", "hours"), [(True, 10), (None, 2 + 7 * 24 + 1)])
def test_a_revert_that_was_planned_or_came_late_says_nothing(
    story: Story, planned: bool | None, hours: float
) -> None:
    story.merge("bad", 1, made=0)
    story.merge("revert", 9, made=9, reverts="bad-merge", planned=planned)
    story.deploy("d1", 2, commit="bad-merge")
    story.deploy("d2", hours, commit="revert-merge")

    assert (story.of("d1").status, story.of("d2").rework) == ("deployed", False)


def test_an_unplanned_change_after_an_incident_is_rework_and_without_one_is_not(story: Story) -> None:
    story.merge("fix", 9, made=8, planned=False)
    story.deploy("d1", 10, commit="fix-merge")
    assert story.of("d1").rework is False

    story.incident("INC1", 5)
    assert story.of("d1").rework is True
    [row] = dora_figures.figures(story.judged(), "week")
    assert row["REWORK_RATE"] == 1.0


def test_people_have_the_last_word(story: Story) -> None:
    story.deploy("d1", 1)
    story.deploy("d2", 2)
    story.incident("INC1", 3)
    story.correct("d2", "not_incident", incident_number="INC1")
    assert [story.of(id_).status for id_ in ("d1", "d2")] == ["deployed", "deployed"]

    story.correct("d1", "incident", 201, incident_number="INC1")
    assert [story.of(id_).failed_by for id_ in ("d1", "d2")] == ["incident", None]

    story.correct("d1", "not_failed", 202)
    assert story.of("d1").status == "deployed"

    story.correct("d1", "restore", 203)
    story.correct("d2", "restore", 203)
    assert [story.of(id_).status for id_ in ("d1", "d2")] == ["deployed", "failed"]


def test_what_is_ignored_counts_nowhere(story: Story) -> None:
    story.deploy("d1", 1, commits=[{"sha": "a", "committed_at": at(0)}])
    story.correct("d1", "ignore")

    judged = story.judged()
    assert (story.of("d1").status, judged.commits, dora_figures.figures(judged, "day")) == ("ignored", [], [])


def test_a_later_event_corrects_the_day(story: Story) -> None:
    story.deploy("d1", 1, told=1)
    story.deploy("d1", 50, told=60)

    assert [row["DAY"].isoformat() for row in dora_figures.figures(story.judged(), "day")] == ["2026-03-04"]


def test_days_without_deployments_are_zero_only_while_the_service_is_seen_to_live(story: Story) -> None:
    story.deploy("d1", 30)
    story.deploy("d2", 100, service="orders")

    rows = dora_figures.figures(story.judged(), "day")
    per_day = {(row["SERVICE"], row["DAY"].day): row["DEPLOYMENTS_PER_DAY"] for row in rows}
    assert per_day == {("cart", 3): 1, ("cart", 4): 0, ("cart", 5): 0, ("cart", 6): 0, ("orders", 6): 1}
    quiet = next(row for row in rows if row["SERVICE"] == "cart" and row["DAY"].day == 4)
    rates = ("CHANGE_FAIL_RATE", "REWORK_RATE", "LEAD_TIME_MEDIAN_S", "RECOVERY_MEDIAN_S")
    assert [quiet[name] for name in rates] == [None] * 4


def test_bands_are_null_without_data_and_ordered_with_it() -> None:
    nothing = dict.fromkeys(
        ("LEAD_TIME_MEDIAN_S", "RECOVERY_MEDIAN_S", "CHANGE_FAIL_RATE", "DEPLOYMENTS_PER_DAY")
    )
    assert set(dora_figures.bands(nothing).values()) == {None}

    good = {"LEAD_TIME_MEDIAN_S": 3600.0, "RECOVERY_MEDIAN_S": 7200.0, "CHANGE_FAIL_RATE": 0.12}
    assert dora_figures.bands({**good, "DEPLOYMENTS_PER_DAY": 0.01}) == {
        "LEAD_TIME_BAND": "elite",
        "RECOVERY_BAND": "high",
        "CHANGE_FAIL_RATE_BAND": "medium",
        "DEPLOYMENT_FREQUENCY_BAND": "low",
    }


def figures(events: list[dict[str, Any]]) -> Any:
    judged = dora.judge(dora_facts.read(events, NOW))
    rows = [row for grain in ("day", "week", "month") for row in dora_figures.figures(judged, grain)]
    return sorted(map(str, rows)), sorted(map(str, judged.deployments)), sorted(map(str, judged.laid))


@given(random=st.randoms(use_true_random=True))
@settings(max_examples=40, deadline=None)
def test_neither_order_nor_duplicates_change_any_number(random: Random) -> None:
    events = History(random, "h").events()
    again = events + [random.choice(events) for _ in range(10) if events]
    random.shuffle(again)

    assert figures(again) == figures(events)


@given(random=st.randoms(use_true_random=True))
@settings(max_examples=40, deadline=None)
def test_numbers_hold_together_in_any_history(random: Random) -> None:
    judged = dora.judge(dora_facts.read(History(random, "h").events(), NOW))

    days = {one.deployment_id: one for one in judged.deployments}
    assert len(days) == len(judged.deployments)
    for row in dora_figures.figures(judged, "month"):
        assert 0 <= row["FAILED_DEPLOYMENTS"] <= row["DEPLOYMENTS"]
        assert row["REWORK_DEPLOYMENTS"] <= row["DEPLOYMENTS"] + row["ROLLBACKS"]
        assert (row["CHANGE_FAIL_RATE"] is None) == (row["DEPLOYMENTS"] == 0)
        assert (row["LEAD_TIME_MEDIAN_S"] is None) == (row["LEAD_TIMES"] == 0)
        assert (row["RECOVERY_MEDIAN_S"] is None) == (row["RECOVERIES"] == 0)
    assert all(one.lead_s is None or one.lead_s >= 0 for one in judged.commits)
    assert all(one.recovery_s is None or one.recovery_s >= 0 for one in judged.deployments)
    laid = [one.incident for one in judged.laid if one.kind != "correction"]
    assert len(laid) == len(set(laid))


def test_the_worked_example_of_the_documentation(story: Story) -> None:
    story.merge("first", 10, made=8)
    story.deploy("d1", 12, commit="first-merge")
    story.merge("second", 34, made=33)
    story.deploy("d2", 36, commit="second-merge")
    story.incident("INC1", 36.5)
    story.incident("INC2", 36.75)
    story.deploy("back", 37, how="rollback", operation_id="op-INC1")
    story.merge("fix", 59, made=58, planned=False)
    story.deploy("d3", 60, commit="fix-merge")

    judged = story.judged()
    assert {one.incident: (one.deployment_id, one.confidence) for one in judged.laid} == {
        "INC1": ("d2", 1.0),
        "INC2": ("d2", pytest.approx(0.875)),
    }
    [week] = dora_figures.figures(judged, "week")
    counts = ("OBSERVED_DAYS", "DEPLOYMENTS", "DEPLOYMENTS_PER_DAY", "FAILED_DEPLOYMENTS", "ROLLBACKS")
    assert [week[name] for name in counts] == [3, 3, 1, 1, 1]
    assert (week["CHANGE_FAIL_RATE"], week["REWORK_RATE"]) == (pytest.approx(1 / 3), 0.5)
    assert (week["LEAD_TIME_MEDIAN_S"], week["LEAD_TIME_P90_S"]) == (3 * 3600, pytest.approx(3.8 * 3600))
    assert week["RECOVERY_MEDIAN_S"] == 3600
    assert dora_figures.figures(judged, "day")[0]["CHANGE_FAIL_RATE"] == 0
