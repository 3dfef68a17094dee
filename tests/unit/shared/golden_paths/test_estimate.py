"""What an environment costs, and when a person must agree."""

from typing import Any

import pytest

from shared.golden_paths.catalogue import all_paths
from shared.golden_paths.estimate import approval_reasons, monthly_brl
from shared.golden_paths.validation import complete
from shared.golden_paths.values import ENVIRONMENTS
from tests.unit.golden_paths.parameters import ORDINARY
from tests.unit.shared.golden_paths.conftest import GIVEN, Write


def test_the_estimate_is_that_of_the_environment_times_the_factors_rounded_up(write: Write) -> None:
    path = write()

    assert monthly_brl(path, complete(path, GIVEN)) == 100
    assert monthly_brl(path, complete(path, {**GIVEN, "environment": "preview"})) == 50
    assert monthly_brl(path, complete(path, {**GIVEN, "size": "l"})) == 156


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        ({}, []),
        ({"tier": 1}, ["tier"]),
        ({"size": "l"}, ["monthly_brl"]),
        ({"environment": "production"}, ["environment", "monthly_brl"]),
        ({"environment": "production", "tier": 1}, ["tier", "environment", "monthly_brl"]),
    ],
)
def test_each_rule_that_holds_is_a_reason(write: Write, asked: dict[str, Any], reasons: list[str]) -> None:
    path = write()
    assert approval_reasons(path, complete(path, {**GIVEN, **asked})) == reasons


def test_a_path_without_rules_asks_nobody(write: Write, document: dict[str, Any]) -> None:
    document["policies"]["approval"] = {"risk": "low"}
    path = write()
    assert approval_reasons(path, complete(path, {**GIVEN, "tier": 1, "environment": "production"})) == []


@pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
def test_every_path_has_a_price_and_asks_before_production(path: Any) -> None:
    for environment in ENVIRONMENTS:
        assert monthly_brl(path, complete(path, {**ORDINARY, "environment": environment})) >= 0
    assert "environment" in approval_reasons(path, complete(path, {**ORDINARY, "environment": "production"}))
    assert approval_reasons(path, complete(path, ORDINARY)) == []
