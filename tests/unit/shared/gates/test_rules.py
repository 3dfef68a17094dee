"""A gate's rules: the default, over it the tier's, over that the service's own; what is wrong is named."""

from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError
from shared.gates.rules import documents, faults_of, read_documents, rules_of

OBJECTIVE = {
    "name": "latency",
    "indicator": "latency",
    "direction": "lower",
    "pass": [{"criteria": ["<=+10%"]}],
}


def test_the_documents_there_are_are_sound() -> None:
    assert {"default", "tier_1", "tier_2"} <= documents().keys()


@pytest.mark.parametrize(("tier", "inconclusive"), [(1, "hold"), (2, "hold"), (3, "warn"), (None, "warn")])
def test_a_tier_says_what_is_another_than_the_default(tier: int | None, inconclusive: str) -> None:
    rules = rules_of({"name": "checkout", "tier": tier})

    assert rules["inconclusive"] == inconclusive
    assert [one["name"] for one in rules["objectives"]] == ["errors", "latency", "throughput"]
    assert all(
        {"weight", "key", "warn", "aggregate", "min_samples"} <= one.keys() for one in rules["objectives"]
    )


def test_a_service_s_own_word_comes_last() -> None:
    rules = rules_of(
        {"name": "checkout", "tier": 1, "gate": {"inconclusive": "warn", "objectives": [OBJECTIVE]}}
    )

    assert rules["inconclusive"] == "warn"
    assert rules["window_minutes"] == 15
    assert [one["weight"] for one in rules["objectives"]] == [1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"indicator": "cpu"}, "indicator"),
        ({"indicator": "selector"}, "selector"),
        ({"selector": "m"}, "objectives[0]"),
        ({"pass": [{"criteria": ["=5"]}]}, "criteria"),
        ({"pass": [{"criteria": ["<=5%"]}]}, "criteria"),
        ({"pass": [{"criteria": [">=5"]}]}, "does not ask for lower"),
        ({"weight": -1}, "weight"),
        ({"weight": 0}, "none of them weighs"),
        ({"min_samples": 0}, "min_samples"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_what_is_wrong_with_an_objective_is_named(change: dict[str, Any], told: str) -> None:
    (fault, *_) = faults_of({"objectives": [{**OBJECTIVE, **change}]})

    assert told in fault


def test_names_are_told_apart_and_warnings_come_before_passes() -> None:
    assert "twice" in faults_of({"objectives": [OBJECTIVE, OBJECTIVE]})[0]
    assert "warn_percent" in faults_of({"pass_percent": 50, "warn_percent": 60})[0]
    assert rules_of({"gate": {"pass_percent": 50}})["warn_percent"] == 50


def test_a_service_s_document_that_is_wrong_stops_its_gate() -> None:
    with pytest.raises(ConfigurationError, match="gate of checkout"):
        rules_of({"name": "checkout", "gate": {"objectives": []}})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "mapping"),
        ("a: [", "cannot be read"),
        ("inconclusive: pass", "inconclusive"),
        ("{}", "does not say"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "default.yaml").write_text(text)

    with pytest.raises(ConfigurationError, match=told):
        read_documents(tmp_path)
