"""The watch document: one id for what is told, kept while it lasts; excuses show and do not tell."""

import re
from typing import Any

import pytest

from shared.domain.watch import watched, watched_resources
from shared.domain.watch.anomalies import Judgement
from shared.domain.watch.forecasts import Forecast
from shared.domain.watch.resources import of_service as resources_of
from shared.domain.watch.signals import GOLDEN, OWN
from shared.domain.watch.signals import of_service as signals_of
from shared.domain.watch.trends import DAY_MS, HOUR_MS
from tests.fakes.watching import NOW_MS, a_service

MINUTE_MS = 60_000
LATENCY = GOLDEN["SERVICE"][0]
CHANGE: watched.Excuse = {"kind": "change", "reference": "CHG1", "until_ms": NOW_MS + HOUR_MS}
PROBLEM: watched.Excuse = {"kind": "problem", "reference": "P-1", "until_ms": None}


def judgement(state: str = "anomalous", since_ms: int = NOW_MS, **fields: Any) -> Judgement:
    made = {
        "state": state,
        "reason": "",
        "kind": "spike" if state == "anomalous" else "",
        "side": "up",
        "since_ms": since_ms if state == "anomalous" else None,
        "at_ms": NOW_MS,
        "value": 2.0,
        "expected": 1.0,
        "score": 9.0,
    }
    return {**made, **fields}  # type: ignore[typeddict-item]


def forecast(
    state: str = "expected", days: float | None = 5, reason: str = "", limit: float = 95
) -> Forecast:
    at = None if days is None else NOW_MS + round(days * DAY_MS)
    made = {"state": state, "reason": reason, "value": 80.0, "limit": limit, "per_day": 3.0}
    return {**made, "at_ms": at, "early_ms": at, "late_ms": at}  # type: ignore[typeddict-item]


def entries(*steps: tuple[Judgement, watched.Excuse | None]) -> list[watched.SignalEntry]:
    found: list[watched.SignalEntry] = []
    for number, (judged, excuse) in enumerate(steps):
        before = found[-1] if found else None
        at = NOW_MS + number * 5 * MINUTE_MS
        found.append(watched.signal_entry("checkout", LATENCY, before, judged, excuse, at))
    return found


def test_an_anomaly_keeps_its_name_while_it_lasts() -> None:
    first, second, over = entries(
        (judgement(), None), (judgement(since_ms=NOW_MS + 3, kind="shift"), None), (judgement("usual"), None)
    )

    assert first["id"] == f"anomaly-checkout-latency-{NOW_MS // 1000}"
    assert (second["id"], second["since_ms"], second["kind"]) == (first["id"], first["since_ms"], "spike")
    assert (over["id"], over["last_id"]) == ("", first["id"])


def test_one_that_comes_back_soon_is_told_no_second_time() -> None:
    soon, late = (
        entries(
            (judgement(), None),
            (judgement("usual"), None),
            (judgement(since_ms=NOW_MS + minutes * MINUTE_MS), None),
        )[-1]
        for minutes in (20, 120)
    )

    assert soon["id"] == f"anomaly-checkout-latency-{NOW_MS // 1000}"
    assert late["id"] == f"anomaly-checkout-latency-{NOW_MS // 1000 + 7200}"


def test_during_a_planned_change_it_is_shown_and_told_only_if_it_outlasts_it() -> None:
    excused, after = entries((judgement(), CHANGE), (judgement(), None))

    assert (excused["state"], excused["id"], excused["excuse"]) == ("anomalous", "", CHANGE)
    assert after["id"]


def test_what_a_known_problem_explains_is_never_told_again() -> None:
    _, after = entries((judgement(), PROBLEM), (judgement(), None))

    assert (after["id"], after["excuse"]) == ("", PROBLEM)


def test_a_signal_without_data_ends_no_story_as_usual() -> None:
    (entry,) = entries((judgement("not_enough_data", reason="stale"), None))

    assert (entry["state"], entry["reason"], entry["id"]) == ("not_enough_data", "stale", "")


def follow(*steps: tuple[Forecast, float]) -> list[watched_resources.ResourceEntry]:
    """The entries after these forecasts, each so many hours after NOW."""
    found: list[watched_resources.ResourceEntry] = []
    for told, hours in steps:
        before = found[-1] if found else None
        now = NOW_MS + round(hours * HOUR_MS)
        found.append(watched_resources.resource_entry("checkout", "disk HOST-1", "disk", before, told, now))
    return found


def test_a_forecast_gets_one_name_and_is_news_only_when_its_day_moves() -> None:
    first, same, moved = follow((forecast(), 0), (forecast(days=5.5), 1), (forecast(days=2), 2))

    assert re.fullmatch(r"forecast-checkout-disk-HOST-1-[0-9a-f]{10}-\d{10}", first["id"])
    assert first["id"] == same["id"] == moved["id"] == first["run"]
    assert not watched_resources.is_news(first, same)
    assert watched_resources.is_news(same, moved)
    assert moved["told"] == forecast(days=2)


def test_it_is_over_at_once_when_it_was_freed_or_extended() -> None:
    freed = follow((forecast(), 0), (forecast("steady", None, "freed"), 1))[-1]
    extended = follow((forecast(), 0), (forecast("steady", 90, "rising", limit=190), 1))[-1]

    assert freed["over"] == "freed"
    assert extended["over"] == "extended"


def test_else_it_is_over_when_it_has_not_held_for_half_a_day() -> None:
    _, doubted, again, doubted_again, over = follow(
        (forecast(), 0),
        (forecast("steady", None, "flat"), 1),
        (forecast(), 10),
        (forecast("steady", None, "flat"), 11),
        (forecast("steady", None, "flat"), 24),
    )

    assert [entry["over"] for entry in (doubted, again, doubted_again, over)] == ["", "", "", "flat"]
    assert watched_resources.is_news(doubted_again, over)


def test_no_data_resolves_nothing() -> None:
    _, silent = follow((forecast(), 0), (forecast("not_enough_data", None, "stale"), 100))

    assert (silent["over"], silent["over_since_ms"]) == ("", None)


def test_after_it_is_over_and_forgotten_the_next_one_has_another_name() -> None:
    first, over = follow((forecast(), 0), (forecast("steady", None, "freed"), 1))
    later = NOW_MS + 48 * HOUR_MS
    second = watched_resources.resource_entry(
        "checkout", "disk HOST-1", "disk", watched_resources.finished(over), forecast(), later
    )

    assert second["id"]
    assert second["id"] != first["id"]


def test_while_it_is_being_ended_nothing_else_begins() -> None:
    first, _, still = follow((forecast(), 0), (forecast("steady", None, "freed"), 1), (forecast(days=1), 2))

    assert (still["over"], still["told"], still["id"]) == ("freed", first["told"], first["id"])


def test_an_operation_that_failed_is_followed_by_another_a_day_later() -> None:
    (entry,) = follow((forecast(), 0))

    assert watched_resources.again(entry, NOW_MS + HOUR_MS) == entry
    second = watched_resources.again(entry, NOW_MS + 25 * HOUR_MS)
    assert (second["id"], second["run"]) == (entry["id"], f"{entry['id']}-2")


@pytest.mark.parametrize("name", ["x" * 63, "a"])
def test_names_fit_where_they_go(name: str) -> None:
    entry = watched_resources.resource_entry(
        name, "disk / ação ^ 'x' " * 3, "quota", None, forecast(), NOW_MS
    )

    assert re.fullmatch(r"[A-Za-z0-9_-]{1,97}", entry["id"])


def test_values_alone_are_not_worth_a_write() -> None:
    def document(**changes: Any) -> dict[str, Any]:
        (signal,) = entries((judgement(**changes), None))
        (resource,) = follow((forecast(), 0))
        return {
            "tier": 1,
            "changed_at_ms": changes.get("at_ms"),
            "signals": {"latency": signal},
            "resources": {"d": resource},
        }

    assert watched.differs(None, document())
    assert not watched.differs(document(), document(value=3.0, score=4.0, at_ms=NOW_MS + 1))
    assert watched.differs(document(), document(state="usual"))


def test_a_service_is_watched_by_the_golden_signals_of_its_entity() -> None:
    assert [signal.indicator for signal in signals_of(a_service())] == ["latency", "errors", "throughput"]
    assert [signal.indicator for signal in signals_of(a_service(entity_id="HOST-1"))][:2] == ["cpu", "memory"]
    assert signals_of(a_service(entity_id="")) == []


def test_an_indicator_of_its_own_is_watched_beside_them() -> None:
    measured = {**a_service()["dynatrace"], "metric_selector": "ext:orders.backlog:splitBy()"}

    own = signals_of(a_service(dynatrace=measured))[-1]

    assert (own.indicator, own.key, own.dimension) == (OWN, "ext:orders.backlog:splitBy()", "")


def test_hosts_and_named_resources_are_forecast() -> None:
    certificate = {"name": "tls", "kind": "certificate", "expires_at": "2026-12-01T00:00:00Z"}
    quota = {"name": "vcpu", "kind": "quota", "metric_selector": "ext:quota", "limit": 40}
    service = a_service(watch={"resources": [certificate, quota]})

    found = {resource.name: resource for resource in resources_of(service, ["PROCESS-1", "HOST-9"])}

    assert set(found) == {"disk HOST-9", "memory HOST-9", "tls", "vcpu"}
    assert found["tls"].expires_at_ms == 1_796_083_200_000
    assert (found["vcpu"].limit, found["vcpu"].entity_id) == (40, "SERVICE-1")
