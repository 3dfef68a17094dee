"""Whom an action needs: rules over tier, risk, hour and the owner's word, and what no rule can loosen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.action.action_policy import GATE, RISKS, Asked, judge, risk_of, still_allowed
from shared.runbooks.catalogue import runbooks
from shared.runbooks.policies import policies

POLICIES: dict[str, Any] = {
    "time_zone": "America/Sao_Paulo",
    "hours": {"business": {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "19:00"}},
    "cap": {"times": 2, "hours": 24},
    "automatic": [
        {
            "name": "small",
            "actions": ["restart"],
            "tiers": [2, 3],
            "min_confidence": 0.7,
            "during": "business",
        }
    ],
    "needs": [
        {"name": "one", "approvers": 1},
        {"name": "night", "approvers": 2, "tiers": [1], "outside": "business", "role": "Platform.Admin"},
    ],
    "freezes": [
        {
            "name": "freeze",
            "from": "2026-12-18T18:00",
            "until": "2027-01-04T08:00",
            "actions": ["roll_back"],
            "approvers": 2,
        }
    ],
}
NOON = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # A Wednesday, 12:00 in São Paulo.
NIGHT = datetime(2026, 11, 19, 2, 0, tzinfo=UTC)
RESTART = Asked("restart", "low", 3, owner_allows=True, confidence=0.9)
ROLL_BACK = Asked("roll_back", "medium", 2)


def test_what_is_small_known_allowed_and_in_hours_needs_nobody() -> None:
    judged = judge(POLICIES, RESTART, NOON)

    assert (judged["verdict"], judged["approvers"], judged["rules"]) == ("automatic", 0, ["small"])


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_allows": False},
        {"risk": "medium"},
        {"tier": 1},
        {"confidence": 0.69},
        {"type": "disable_feature_flag"},
        {"undo": True},
    ],
)
def test_otherwise_a_person_is_asked(changes: dict[str, Any]) -> None:
    judged = judge(POLICIES, RESTART._replace(**changes), NOON)

    assert judged["verdict"] == "ask"
    assert judged["approvers"] >= 1


def test_out_of_hours_nothing_that_is_bound_to_them_is_automatic() -> None:
    assert judge(POLICIES, RESTART, NIGHT)["verdict"] == "ask"


def test_the_strictest_rule_says_whom_it_needs() -> None:
    tier_1 = ROLL_BACK._replace(tier=1)

    assert (judge(POLICIES, tier_1, NOON)["approvers"], judge(POLICIES, tier_1, NIGHT)["approvers"]) == (1, 2)
    assert judge(POLICIES, tier_1, NIGHT)["role"] == "Platform.Admin"
    assert judge(POLICIES, ROLL_BACK._replace(risk="high"), NOON)["approvers"] == 2


def test_the_services_own_time_zone_says_what_night_is() -> None:
    morning_in_lisbon = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # 06:00 in São Paulo.
    tier_1 = ROLL_BACK._replace(tier=1)

    assert judge(POLICIES, tier_1, morning_in_lisbon)["approvers"] == 2
    assert judge(POLICIES, tier_1._replace(time_zone="Europe/Lisbon"), morning_in_lisbon)["approvers"] == 1


def test_in_a_freeze_only_what_it_names_is_done_and_by_more_people() -> None:
    frozen = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)

    denied, allowed = judge(POLICIES, RESTART, frozen), judge(POLICIES, ROLL_BACK, frozen)

    assert (denied["verdict"], denied["reason"], denied["rules"]) == ("deny", "frozen", ["freeze"])
    assert (allowed["verdict"], allowed["approvers"]) == ("ask", 2)
    assert judge(POLICIES, RESTART._replace(undo=True), frozen)["approvers"] == 2


def test_a_freeze_begins_and_ends_on_the_wall_clock_there() -> None:
    begins = datetime(2026, 12, 18, 18, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
    ends = datetime(2027, 1, 4, 8, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
    second = timedelta(seconds=1)

    verdicts = [
        judge(POLICIES, RESTART, at)["verdict"] for at in (begins - second, begins, ends - second, ends)
    ]

    assert verdicts == ["automatic", "deny", "deny", "automatic"]


def test_a_freeze_whose_hour_comes_twice_covers_it_both_times() -> None:
    # New York, 1 November 2026: 01:30 is at 05:30 and again at 06:30 UTC.
    freeze = {**POLICIES["freezes"][0], "from": "2026-11-01T01:30", "until": "2026-11-01T01:45"}
    rules = {**POLICIES, "time_zone": "America/New_York", "freezes": [freeze]}

    hours = [judge(rules, RESTART, datetime(2026, 11, 1, h, 40, tzinfo=UTC))["verdict"] for h in (5, 6)]

    assert hours == ["deny", "deny"]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - the zone comes below
    st.sampled_from(["America/New_York", "UTC"]),
)
def test_hours_follow_the_wall_clock_through_every_clock_change(wall: datetime, zone: str) -> None:
    at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    there = at.astimezone(ZoneInfo(zone))  # What clocks show then; a time that never comes has moved on.
    open_ = there.weekday() < 5 and 8 <= there.hour < 19
    rules = {**POLICIES, "freezes": []}

    judged = judge(rules, RESTART._replace(time_zone=zone), at)

    assert (judged["verdict"] == "automatic") is open_


def test_the_third_time_is_a_persons() -> None:
    verdicts = [judge(POLICIES, RESTART._replace(done=done), NOON) for done in (1, 2, 3)]

    assert [one["verdict"] for one in verdicts] == ["automatic", "deny", "deny"]
    assert verdicts[1]["reason"] == "repeated"


anything = st.builds(
    Asked,
    type=st.sampled_from(sorted(runbooks())),
    risk=st.sampled_from([*RISKS, "none", ""]),
    tier=st.sampled_from([1, 2, 3, 0, 4, None, "1", True, 1.5]),
    owner_allows=st.booleans(),
    confidence=st.floats(0, 1),
    done=st.integers(0, 4),
    time_zone=st.sampled_from(["", "Europe/Lisbon", "America/New_York", "Pacific/Apia"]),
    undo=st.booleans(),
)
YEARS = datetime(2026, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001 - the zone comes with the moments
moments = st.datetimes(*YEARS, timezones=st.just(UTC))
rules = st.sampled_from([POLICIES, policies()])


@given(rules, anything, moments)
def test_nothing_is_automatic_without_the_owners_word_low_risk_and_a_known_tier(
    written: dict[str, Any], asked: Asked, at: datetime
) -> None:
    judged = judge(written, asked, at)

    if judged["verdict"] == "automatic":
        assert asked.owner_allows
        assert asked.risk == "low"
        assert asked.tier in (2, 3)
        assert asked.done < written["cap"]["times"]
        assert not asked.undo
        assert judged["approvers"] == 0
    else:
        assert judged["verdict"] == "deny" or judged["approvers"] >= (2 if asked.risk == "high" else 1)


@given(rules, anything, moments)
def test_an_unknown_tier_is_never_easier_than_a_known_one(
    written: dict[str, Any], asked: Asked, at: datetime
) -> None:
    unknown = judge(written, asked._replace(tier=None), at)
    known = [judge(written, asked._replace(tier=tier), at) for tier in (1, 2, 3)]

    assert unknown["verdict"] != "automatic"
    if unknown["verdict"] == "ask":
        assert all(one["verdict"] != "deny" for one in known)
        assert unknown["approvers"] >= max(one["approvers"] for one in known)


@given(rules, anything, moments)
def test_more_risk_never_needs_fewer_people(written: dict[str, Any], asked: Asked, at: datetime) -> None:
    needed = [judge(written, asked._replace(risk=risk), at)["approvers"] for risk in RISKS]

    assert needed == sorted(needed)


@given(anything, moments)
def test_doing_it_more_often_never_makes_it_easier(asked: Asked, at: datetime) -> None:
    denied = [judge(POLICIES, asked._replace(done=done), at)["verdict"] == "deny" for done in range(4)]

    assert denied == sorted(denied)


def test_risk_rises_on_tier_1_and_by_facts_and_is_high_where_the_tier_is_not_known() -> None:
    assert [risk_of("low", tier) for tier in (1, 2, 3, None, "2", True)] == [
        *("medium", "low", "low"),
        *("high", "high", "high"),
    ]
    assert [risk_of("medium", 1), risk_of("medium", 2, raised=True), risk_of("high", 1)] == ["high"] * 3
    assert risk_of("harmless", 3) == "high"


def test_what_was_allowed_is_judged_again_by_the_hour_it_is_done() -> None:
    tier_1 = ROLL_BACK._replace(tier=1)
    then = judge(POLICIES, tier_1, NOON)
    by_admins = {**then, "role": "Platform.Admin"}

    assert still_allowed(then, judge(POLICIES, tier_1, NOON), people=1)
    assert not still_allowed(then, judge(POLICIES, tier_1, NIGHT), people=1)
    assert not still_allowed(then, judge(POLICIES, tier_1, NIGHT), people=2)
    assert still_allowed(by_admins, judge(POLICIES, tier_1, NIGHT), people=2)
    assert not still_allowed(then, judge(POLICIES, tier_1._replace(done=2), NOON), people=2)
    assert not still_allowed(judge(POLICIES, RESTART, NOON), judge(POLICIES, RESTART, NIGHT), people=0)


FAILED_GATE = Asked("roll_back", "medium", 2, owner_allows=True, confidence=1.0, because=GATE)


def test_what_a_gate_measured_goes_back_by_itself_where_owner_and_policies_say_so() -> None:
    assert judge({**policies(), "freezes": []}, FAILED_GATE, NOON)["rules"] == ["failed_gate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"owner_allows": False},
        {"because": "diagnosis"},
        {"risk": "high"},
        {"tier": 1},
        {"type": "run_pipeline"},
        {"undo": True},
    ],
)
def test_anything_less_asks_people(changes: dict[str, Any]) -> None:
    assert judge({**policies(), "freezes": []}, FAILED_GATE._replace(**changes), NOON)["verdict"] == "ask"


def test_no_rule_makes_medium_risk_automatic_for_a_diagnosis() -> None:
    loose = {**POLICIES["automatic"][0], "actions": ["roll_back"], "risks": ["low", "medium"]}
    asked = FAILED_GATE._replace(because="diagnosis")

    assert judge({**POLICIES, "automatic": [loose]}, asked, NOON)["verdict"] == "ask"
