"""tell_anomaly: a fact for the warehouse, a card where the tier asks for one, neither twice."""

from typing import Any

import pytest

from orchestrations.tell_anomaly import tell_anomaly
from tests.fakes.orchestration import Outcome, Rehearsal, done
from tests.fakes.remediation import POLICY

UNKNOWN = {"status": "unknown", "reason": "no answer", "retry_after_s": None}
ENTRY = {
    "state": "anomalous",
    "kind": "spike",
    "side": "up",
    "since_ms": 1_795_262_400_000,
    "at_ms": 1_795_262_700_000,
    "value": 312_000.0,
    "expected": 101_000.0,
    "score": 9.1,
    "unit": "MicroSecond",
    "excuse": None,
    "id": "anomaly-checkout-latency-1795262400",
}


def rehearse(tell: bool = True, language: str = "en", **entry: Any) -> Rehearsal:
    request = {
        "service": "checkout",
        "product": "loja",
        "owner": "team",
        "tier": 1,
        "indicator": "latency",
        "unit": "MicroSecond",
        "entry": {**ENTRY, **entry},
        "tell": tell,
        "policy": POLICY,
        "language": language,
        "public_url": "https://app.example",
    }

    def fine(payload: dict[str, Any]) -> Outcome:
        return done(result="created")

    return Rehearsal(
        tell_anomaly, request, {"publish_event": fine, "post_card": fine}, instance_id=str(ENTRY["id"])
    )


def test_it_is_recorded_and_told() -> None:
    play = rehearse()

    assert play.run() == {"outcome": "told"}
    assert play.activity_names == ["publish_event", "post_card"]
    (fact,) = play.payloads("publish_event")
    assert fact["type"] == "anomaly.detected"
    assert fact["data"] == {
        "operation_id": ENTRY["id"],
        "service": "checkout",
        "product": "loja",
        "owner": "team",
        "tier": 1,
        "signal": "latency",
        "unit": "MicroSecond",
        **{name: ENTRY[name] for name in ("kind", "side", "since_ms", "at_ms", "value", "expected", "score")},
    }


def test_a_tier_that_asks_for_no_card_gets_none() -> None:
    play = rehearse(tell=False)

    assert play.run() == {"outcome": "recorded"}
    assert play.activity_names == ["publish_event"]


def test_the_card_says_what_is_and_what_was_expected() -> None:
    play = rehearse()
    play.run()

    (payload,) = play.payloads("post_card")
    title, facts = payload["card"]["body"]
    assert title["text"] == "checkout: response time is unusual"
    assert {fact["title"]: fact["value"] for fact in facts["facts"]} == {
        "Kind": "spike",
        "Now": "312 ms",
        "Usual at this hour": "101 ms",
        "Since": "2026-11-21 12:00 UTC",
        "Team": "team",
    }


def test_silence_is_said_as_what_it_is() -> None:
    play = rehearse(language="pt-BR", kind="silence", value=None, expected=None)
    play.run()

    (payload,) = play.payloads("post_card")
    assert payload["card"]["body"][0]["text"] == "checkout: tempo de resposta sem dados"


@pytest.mark.parametrize("outcome", [UNKNOWN])
def test_a_card_whose_answer_was_lost_is_not_sent_again(outcome: Outcome) -> None:
    play = rehearse()
    play._activities = {**play._activities, "post_card": lambda payload: outcome}

    assert play.run() == {"outcome": "told"}
    assert play.activity_names.count("post_card") == 1
