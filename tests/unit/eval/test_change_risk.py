"""The labelled changes keep their levels, and the evaluation would see it if they did not."""

import pytest

from shared.domain.risk import change_risk as rules
from tests.eval import change_risk, runs


def figures() -> dict[str, float]:
    return change_risk.evaluate(runs.read_lines(change_risk.DATA))


def test_the_rules_say_what_a_reviewer_says() -> None:
    found = figures()

    assert found["level"] >= 0.9
    assert found["rollout"] >= 0.9
    assert found["rollback is safe"] == 1
    assert found["off by two"] == 0


def test_orders_in_titles_and_folders_move_nothing() -> None:
    assert figures()["injected, unmoved"] == 1


def test_a_broken_rule_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_TIERS", {})
    monkeypatch.setattr(rules, "_MOST_SIZE", 0)

    assert figures()["level"] < 0.8


def test_a_record_of_another_format_is_refused() -> None:
    with pytest.raises(KeyError):
        change_risk.evaluate([{"id": "x"}])
