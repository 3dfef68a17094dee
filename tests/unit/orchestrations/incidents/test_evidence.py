"""Who is asked about a problem, and how their outcomes become one bundle."""

from typing import Any

from orchestrations.incidents.evidence import COLLECTORS, OF_A_SERVICE, collectors, gathered

SERVICE = {"name": "checkout"}


def done(name: str, count: int = 1, **more: Any) -> dict[str, Any]:
    item = {"source": "dynatrace", "kind": name.removeprefix("collect_"), "text": name}
    return {"status": "done", "value": {"items": [item] * count, **more}}


def test_those_that_need_a_service_are_asked_only_where_it_is_known() -> None:
    assert set(collectors(SERVICE)) - set(collectors(None)) == set(OF_A_SERVICE)
    assert set(collectors(None)) == set(COLLECTORS)


def test_the_order_of_a_bundle_is_not_that_of_the_answers() -> None:
    names = collectors(SERVICE)
    outcomes = {name: done(name) for name in names}

    made = gathered(SERVICE, outcomes, "en")

    assert made == gathered(SERVICE, dict(reversed(outcomes.items())), "en")
    assert [item["text"] for item in made["items"]] == list(names)


def test_who_did_not_answer_is_missing_with_the_reason_and_what_lacks_within_an_answer_too() -> None:
    gap = {"source": "changes", "reason": "no registered service"}
    outcomes: dict[str, dict[str, Any]] = {
        "collect_logs": {"status": "unavailable", "reason": "no answer in 8 s", "retry_after_s": None},
        "collect_metrics": {"status": "refused", "reason": "refused (403)"},
        "collect_planned_changes": done("collect_planned_changes", missing=[gap]),
    }

    assert gathered(SERVICE, outcomes, "en")["missing"] == [
        {"source": "metrics", "reason": "refused (403)"},
        {"source": "logs", "reason": "no answer in 8 s"},
        gap,
    ]


def test_an_unknown_service_leaves_gaps_that_are_said() -> None:
    sources = [gap["source"] for gap in gathered(None, {}, "en")["missing"]]

    assert sources == ["metric", "runs"]
