"""A scorecard: levels with their reasons, null where there is no data, and a badge everybody can read."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from shared.domain.metrics.scorecard import SECTIONS, build, dora, gates, incidents, slo
from shared.domain.metrics.scorecard_badge import COLOURS, badge

SERVICE = {"name": "orders", "product": "Loja", "owner": "time-a", "tier": 2}
DORA: dict[str, Any] = {
    "month": "2026-11",
    "metrics": {"change_lead_time": 3600.0, "change_fail_rate": 0.12},
    "bands": {"change_lead_time": "elite", "change_fail_rate": "medium"},
}
OBJECTIVE: dict[str, Any] = {
    "slo_id": "1",
    "name": "orders availability",
    "status": "SUCCESS",
    "value": 99.95,
    "target": 99.5,
    "warning": 99.8,
    "error_budget": 0.4,
    "timeframe": "-1w",
}
AT = "2026-11-21T12:00:00+00:00"


def gate(verdict: str, environment: str = "production") -> dict[str, Any]:
    return {
        "gate_id": f"g-{verdict}",
        "environment": environment,
        "version": "1.4",
        "verdict": verdict,
        "decided_at": AT,
    }


def test_without_any_data_everything_is_null_and_says_why() -> None:
    card = build(SERVICE, {}, AT)

    assert (card["level"], card["known"], card["reasons"]) == (None, 0, [])
    assert set(card["sections"]) == set(SECTIONS)
    for section in card["sections"].values():
        assert section["level"] is None
        assert all(reason["text"]["pt-BR"] and reason["text"]["en"] for reason in section["reasons"])
        assert section["reasons"]
    assert card["sections"]["incidents"]["open"] is None
    assert card["sections"]["incidents"]["last_30_days"]["incidents"] is None
    assert card["sections"]["cost"]["BilledCost"] is None


def test_the_whole_is_as_good_as_its_worst_section_with_data() -> None:
    card = build(SERVICE, {"dora": DORA, "gates": [gate("pass")], "open": 0, "slo": [OBJECTIVE]}, AT)

    assert (card["level"], card["known"]) == ("fair", 4)
    (reason,) = card["reasons"]
    assert reason["text"] == {
        "pt-BR": "taxa de falha de mudanças: desempenho médio",
        "en": "change fail rate: medium performance",
    }


def test_a_month_without_bands_has_no_level() -> None:
    assert dora({**DORA, "bands": {}})["level"] is None


def test_a_band_nobody_knows_is_no_level() -> None:
    assert dora({**DORA, "bands": {"change_lead_time": "marvellous"}})["level"] is None


@pytest.mark.parametrize(
    ("verdict", "level"),
    [("pass", "good"), ("warn", "fair"), ("fail", "poor"), ("inconclusive", None), ("else", None)],
)
def test_the_last_verdict_in_production_decides(verdict: str, level: str | None) -> None:
    section = gates([gate("fail", "staging"), gate(verdict), gate("fail")])

    assert section["level"] == level
    assert len(section["last"]) == 3


@pytest.mark.parametrize(
    ("open_now", "month", "level"),
    [
        (1, None, "poor"),
        (0, {"incidents": 5}, "fair"),
        (None, {"incidents": 9}, "fair"),
        (0, {"incidents": 4}, "good"),
        (0, None, "good"),
        (None, {"incidents": 1}, None),
        (None, None, None),
    ],
)
def test_incidents_count_where_they_are_known(open_now: int | None, month: Any, level: str | None) -> None:
    assert incidents(open_now, month)["level"] == level


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ([{}], "good"),
        ([{}, {"name": "b", "status": "WARNING"}], "fair"),
        ([{"status": "FAILURE"}, {"name": "b"}], "poor"),
        ([{"value": None, "status": "SUCCESS"}], None),
        ([{"status": "SOMETHING_NEW"}], None),
        ([], None),
    ],
)
def test_the_worst_objective_that_could_be_evaluated_decides(
    changes: list[dict[str, Any]], level: str | None
) -> None:
    assert slo([{**OBJECTIVE, **change} for change in changes])["level"] == level


@pytest.mark.parametrize("language", ["pt-BR", "en"])
@pytest.mark.parametrize("verdict", ["pass", "warn", "fail", "inconclusive"])
def test_the_badge_says_in_words_what_it_says_in_colour(verdict: str, language: str) -> None:
    card = build({**SERVICE, "name": "orders"}, {"gates": [gate(verdict)]}, AT)
    drawn = badge(card, language)
    root = ElementTree.fromstring(drawn)
    space = {"s": "http://www.w3.org/2000/svg"}

    title, about = root.find("s:title", space), root.find("s:desc", space)
    assert title is not None
    assert title.text
    assert title.text.startswith("orders: ")
    assert about is not None
    assert about.text
    assert root.get("role") == "img"
    assert COLOURS[card["level"]] in drawn


def test_markup_in_a_version_stays_words_in_the_badge() -> None:
    evil = {**gate("fail"), "version": "</desc><script>alert(1)</script>"}
    drawn = badge(build(SERVICE, {"gates": [evil]}, AT), "en")

    ElementTree.fromstring(drawn)
    assert "<script" not in drawn


@pytest.mark.parametrize("colour", [*COLOURS.values(), "#24292f"])
def test_white_on_each_colour_has_enough_contrast(colour: str) -> None:
    parts = [int(part, 16) / 255 for part in re.findall("..", colour[1:])]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert 1.05 / (luminance + 0.05) >= 4.5
