"""Sensitivity: defaults by tier, single values changed by a setting, nothing unreadable accepted."""

import json
from pathlib import Path

import pytest

from shared.domain.watch.sensitivity import DEFAULTS, changed
from shared.errors import ConfigurationError
from shared.settings import load

EXAMPLE = Path(__file__).parents[5] / "local.settings.example.json"
VALUES: dict[str, str] = json.loads(EXAMPLE.read_text())["Values"]


def test_a_critical_tier_is_watched_more_sharply_and_told_earlier() -> None:
    for sharper, duller in ((DEFAULTS[1], DEFAULTS[2]), (DEFAULTS[2], DEFAULTS[3])):
        assert sharper.threshold < duller.threshold
        assert sharper.minutes < duller.minutes
        assert sharper.forecast_days > duller.forecast_days
        assert sharper.certificate_days > duller.certificate_days


def test_single_values_change_and_the_others_stay() -> None:
    found = changed(DEFAULTS[2], " threshold = 4.5, minutes=7 ,tell=no")

    assert (found.threshold, found.minutes, found.tell) == (4.5, 7, False)
    assert found.forecast_days == DEFAULTS[2].forecast_days
    assert changed(DEFAULTS[2], "") == DEFAULTS[2]


@pytest.mark.parametrize(
    "text",
    [
        "threshold",
        "threshold=",
        "threshold=high",
        "threshold=nan",
        "minutes=1.5",
        "tell=1",
        "sharp=3",
        "minutes=0",
    ],
)
def test_what_cannot_be_read_is_refused_with_what_can(text: str) -> None:
    with pytest.raises(ValueError, match="name=value"):
        changed(DEFAULTS[1], text)


def test_settings_change_a_tier() -> None:
    settings = load({**VALUES, "WATCH_TIER_3": "forecast_days=30"})

    assert settings.watch_tier_3.forecast_days == 30
    assert settings.watch_tier_1 == DEFAULTS[1]
    with pytest.raises(ConfigurationError, match="WATCH_TIER_1"):
        load({**VALUES, "WATCH_TIER_1": "nonsense"})
