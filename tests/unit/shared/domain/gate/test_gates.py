"""Gates: scored as Keptn scored, and honest: what is missing never passes, what is worse never scores higher."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.gate import gates
from shared.domain.gate.gates import Measured, evaluate, unmeasured

few = settings(max_examples=40, deadline=None)
RANK = {"fail": 0, "warn": 1, "pass": 2}


def objective(name: str = "latency", /, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "indicator": "latency",
        "aggregate": "median",
        "direction": "lower",
        "pass": [{"criteria": ["<=800"]}],
        "warn": [{"criteria": ["<=1000"]}],
        "weight": 1,
        "key": False,
        "min_samples": 3,
        **fields,
    }


def rules(*objectives: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "pass_percent": 90,
        "warn_percent": 75,
        "inconclusive": "hold",
        "objectives": list(objectives),
        **fields,
    }


def measured(value: float | None, baseline: float | None = None, reason: str = "") -> Measured:
    return {**unmeasured(reason), "value": value, "baseline": baseline, "samples": 9}


def verdict(given_rules: dict[str, Any], **values: float | None) -> str:
    return evaluate(given_rules, {name: measured(value) for name, value in values.items()})["verdict"]


def test_half_of_a_warning_s_weight_counts() -> None:
    told = evaluate(rules(objective("a", weight=3), objective("b")), {"a": measured(500), "b": measured(900)})

    assert (told["score"], told["best"], told["verdict"]) == (87.5, 87.5, "warn")
    assert [one["status"] for one in told["objectives"]] == ["pass", "warn"]


@pytest.mark.parametrize(
    ("value", "expected"), [(800, "pass"), (800.1, "fail"), (1000.1, "fail"), (None, "inconclusive")]
)
def test_one_objective_decides_for_itself(value: float | None, expected: str) -> None:
    assert verdict(rules(objective()), latency=value) == expected


def test_a_key_objective_that_fails_fails_the_gate_whatever_the_others_score() -> None:
    weighty = objective("a", weight=99)

    assert verdict(rules(weighty, objective("b", key=True)), a=1, b=2000) == "fail"
    assert verdict(rules(weighty, objective("b")), a=1, b=2000) == "pass"


def test_a_key_objective_without_weight_still_decides() -> None:
    keyed = rules(objective("a"), objective("b", key=True, weight=0))

    assert verdict(keyed, a=1, b=2000) == "fail"
    assert verdict(keyed, a=1, b=None) == "inconclusive"


def test_what_is_unknown_is_inconclusive_even_if_the_rest_would_do() -> None:
    """99 of 100 points are certain, and 90 would pass: no data is all the same never a pass."""
    told = evaluate(rules(objective("a", weight=99), objective("b")), {"a": measured(1)})

    assert (told["verdict"], told["score"], told["best"]) == ("inconclusive", 99.0, 100.0)


def test_what_fails_whatever_the_unknown_comes_to_fails() -> None:
    assert verdict(rules(objective("a", weight=2), objective("b")), a=2000, b=None) == "fail"


def test_a_relative_criterion_without_a_baseline_is_not_known() -> None:
    relative = rules(objective("latency", **{"pass": [{"criteria": ["<=+10%"]}], "warn": []}))

    (told,) = evaluate(relative, {"latency": measured(100)})["objectives"]
    assert (told["status"], told["reason"]) == ("unknown", "no_baseline")
    assert evaluate(relative, {"latency": measured(110, 100)})["verdict"] == "pass"
    assert evaluate(relative, {"latency": measured(111, 100)})["verdict"] == "fail"


def test_an_absolute_criterion_beside_it_decides_where_it_can() -> None:
    either = rules(
        objective("latency", **{"pass": [{"criteria": ["<=+10%"]}, {"criteria": ["<=50"]}], "warn": []})
    )
    both = rules(objective("latency", **{"pass": [{"criteria": ["<=+10%", "<=50"]}], "warn": []}))

    assert verdict(either, latency=50) == "pass"
    assert verdict(either, latency=51) == "inconclusive"
    assert verdict(both, latency=50) == "inconclusive"
    assert verdict(both, latency=51) == "fail"


def test_an_objective_without_criteria_is_shown_and_not_judged() -> None:
    shown = rules(objective("a"), objective("b", **{"pass": [], "warn": []}))

    assert verdict(shown, a=1, b=None) == "pass"
    assert verdict(rules(objective("b", **{"pass": []})), b=1) == "inconclusive"


@pytest.mark.parametrize(
    ("outcome", "policy", "decision"),
    [
        ("pass", "hold", "proceed"),
        ("warn", "hold", "proceed"),
        ("fail", "warn", "stop"),
        ("inconclusive", "hold", "hold"),
        ("inconclusive", "warn", "proceed"),
    ],
)
def test_policy_says_what_inconclusive_does_and_nothing_else(
    outcome: gates.Verdict, policy: str, decision: str
) -> None:
    assert gates.decision_of(outcome, policy) == decision


def test_nothing_measured_has_no_score() -> None:
    told = evaluate(rules(objective()), {})

    assert (told["score"], told["best"], told["verdict"]) == (None, None, "inconclusive")
    assert told["objectives"][0]["reason"] == "no_data"


limits = st.integers(1, 1000)
values = st.none() | st.floats(0, 2000)


@st.composite
def a_rule(draw: st.DrawFn) -> dict[str, Any]:
    """Gates of lower and higher objectives, absolute and relative, with and without warnings."""
    objectives = []
    for number in range(draw(st.integers(1, 5))):
        direction, sign = draw(st.sampled_from([("lower", "<="), ("higher", ">=")]))
        forms = [f"{sign}{draw(limits)}", f"{sign}+{draw(limits)}%", f"{sign}-{draw(st.integers(0, 100))}%"]
        sets = st.lists(
            st.fixed_dictionaries({"criteria": st.lists(st.sampled_from(forms), min_size=1, max_size=2)}),
            max_size=2,
        )
        objectives.append(
            objective(
                f"o{number}",
                direction=direction,
                weight=draw(st.integers(0, 10)),
                key=draw(st.booleans()),
                **{"pass": draw(sets), "warn": draw(sets)},
            )
        )
    bounds = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    return rules(*objectives, warn_percent=bounds[0], pass_percent=bounds[1])


def readings(data: st.DataObject, given_rules: dict[str, Any]) -> dict[str, Measured]:
    return {
        one["name"]: measured(data.draw(values), data.draw(st.none() | st.floats(0, 1000)), "no_data")
        for one in given_rules["objectives"]
    }


def counts(one: dict[str, Any]) -> bool:
    return bool(one["pass"] and (one["weight"] or one["key"]))


@few
@given(st.data(), a_rule())
def test_missing_data_never_passes(data: st.DataObject, given_rules: dict[str, Any]) -> None:
    found = readings(data, given_rules)
    missing = data.draw(st.sampled_from(given_rules["objectives"]))
    found[missing["name"]] = measured(None, 1.0, "no_data")

    told = evaluate(given_rules, found)["verdict"]

    if counts(missing):
        assert told in ("fail", "inconclusive")
    if not any(counts(one) and found[one["name"]]["value"] is not None for one in given_rules["objectives"]):
        assert told == "inconclusive"


@few
@given(st.data(), a_rule())
def test_what_becomes_known_only_sharpens_the_verdict(
    data: st.DataObject, given_rules: dict[str, Any]
) -> None:
    """A fail stays a fail, whatever the missing value turns out to be."""
    found = readings(data, given_rules)
    name = data.draw(st.sampled_from(given_rules["objectives"]))["name"]
    without = evaluate(given_rules, {**found, name: measured(None, None, "no_data")})
    told = evaluate(given_rules, found)

    if without["verdict"] == "fail":
        assert told["verdict"] == "fail"
    if None not in (without["score"], told["score"]):
        assert without["score"] <= told["score"] <= told["best"] <= without["best"]  # type: ignore[operator]


@few
@given(st.data(), a_rule(), st.floats(0, 1000))
def test_a_worse_value_never_scores_higher(
    data: st.DataObject, given_rules: dict[str, Any], worse_by: float
) -> None:
    found = readings(data, given_rules)
    one = data.draw(st.sampled_from(given_rules["objectives"]))
    value = found[one["name"]]["value"]
    if value is None:
        return
    sign = 1 if one["direction"] == "lower" else -1
    worse = {**found, one["name"]: {**found[one["name"]], "value": value + sign * worse_by}}
    before, after = evaluate(given_rules, found), evaluate(given_rules, worse)  # type: ignore[arg-type]

    if before["verdict"] in RANK and after["verdict"] in RANK:
        assert RANK[after["verdict"]] <= RANK[before["verdict"]]
    assert before["verdict"] != "fail" or after["verdict"] == "fail"
    statuses = [
        next(x["status"] for x in told["objectives"] if x["name"] == one["name"]) for told in (before, after)
    ]
    if "unknown" not in statuses and before["score"] is not None and after["score"] is not None:
        assert after["score"] <= before["score"]


@few
@given(st.data(), a_rule(), st.integers(2, 50))
def test_only_the_relation_of_weights_matters(
    data: st.DataObject, given_rules: dict[str, Any], times: int
) -> None:
    found = readings(data, given_rules)
    scaled = {
        **given_rules,
        "objectives": [{**one, "weight": times * one["weight"]} for one in given_rules["objectives"]],
    }
    one, other = evaluate(given_rules, found), evaluate(scaled, found)

    assert (one["verdict"], one["score"], one["best"]) == (other["verdict"], other["score"], other["best"])


@few
@given(st.data(), a_rule())
def test_the_order_of_objectives_does_not_matter(data: st.DataObject, given_rules: dict[str, Any]) -> None:
    found = readings(data, given_rules)
    shuffled = {**given_rules, "objectives": data.draw(st.permutations(given_rules["objectives"]))}
    one, other = evaluate(given_rules, found), evaluate(shuffled, found)

    assert (one["verdict"], one["score"], one["decision"]) == (
        other["verdict"],
        other["score"],
        other["decision"],
    )


@few
@given(st.data(), a_rule())
def test_a_key_objective_that_fails_always_fails_the_gate(
    data: st.DataObject, given_rules: dict[str, Any]
) -> None:
    told = evaluate(given_rules, readings(data, given_rules))

    if any(one["key"] and one["status"] == "fail" for one in told["objectives"]):
        assert told["verdict"] == "fail"
