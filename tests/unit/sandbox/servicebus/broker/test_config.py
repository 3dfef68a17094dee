"""Config.json in the official emulator's shape."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

import sandbox.servicebus
from sandbox.servicebus.broker.config import QueueSettings, duration_ms, read_config
from sandbox.servicebus.broker.errors import BadConfig
from sandbox.servicebus.broker.messages import Message
from tests.unit.sandbox.servicebus.fakes import encoded

SHIPPED = json.loads((Path(sandbox.servicebus.__file__).parent / "Config.json").read_text(encoding="utf-8"))


def config(**namespace: Any) -> dict[str, Any]:
    return {"UserConfig": {"Namespaces": [{"Name": "n", **namespace}]}}


def queue(**properties: Any) -> dict[str, Any]:
    return config(Queues=[{"Name": "q", "Properties": properties}])


def rule(**properties: Any) -> dict[str, Any]:
    subscription = {"Name": "s", "Rules": [{"Name": "r", "Properties": properties}]}
    return config(Topics=[{"Name": "t", "Subscriptions": [subscription]}])


@pytest.mark.parametrize(
    ("event_type", "subscriptions"),
    [
        ("problem.opened", {"archive", "incidents"}),
        ("problem.resolved", {"archive", "incidents"}),
        ("problem.unrecognised", {"archive"}),
        ("demand.created", {"archive", "demands"}),
        ("deployment.finished", {"archive", "deliveries", "delivery-notes"}),
        ("delivery.reported", {"archive", "deliveries"}),
        ("gate.decided", {"archive", "delivery-notes"}),
        ("incident.opened", {"archive", "delivery-notes"}),
        ("incident.closed", {"archive", "delivery-notes"}),
        ("cost.exported", {"archive", "costs"}),
    ],
)
def test_the_shipped_topic_routes_events_by_type(event_type: str, subscriptions: set[str]) -> None:
    topic = read_config(SHIPPED).topics["events"]
    message = Message(encoded(properties={"type": event_type}))
    got = {
        name
        for name, subscription in topic.subscriptions.items()
        if any(matches(message) for matches in subscription.filters)
    }
    assert got == subscriptions


def test_the_shipped_topic_drops_duplicates_for_ten_minutes_and_incidents_die_sooner() -> None:
    topic = read_config(SHIPPED).topics["events"]
    assert topic.duplicate_window_ms == 600_000
    assert {name: sub.queue.max_delivery_count for name, sub in topic.subscriptions.items()} == {
        "archive": 10,
        "incidents": 5,
        "demands": 10,
        "deliveries": 10,
        "delivery-notes": 10,
        "costs": 10,
    }
    assert {sub.queue.lock_ms for sub in topic.subscriptions.values()} == {60_000}


def test_defaults_are_those_of_azure() -> None:
    settings = read_config(config(Queues=[{"Name": "q"}]))
    assert settings.queues["q"] == QueueSettings(60_000, 10, None, False, 0)
    assert read_config(queue(RequiresDuplicateDetection=True)).queues["q"].duplicate_window_ms == 600_000
    assert read_config(queue(DuplicateDetectionHistoryTimeWindow="PT1M")).queues["q"].duplicate_window_ms == 0


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("PT1M", 60_000),
        ("PT0.5S", 500),
        ("P1DT2H3M4.5S", 93_784_500),
        ("P14D", 1_209_600_000),
        ("P10675199DT2H48M5.4775807S", None),
    ],
)
def test_durations_are_iso_8601(text: str, milliseconds: int | None) -> None:
    assert duration_ms(text, "here") == milliseconds


@pytest.mark.parametrize("text", ["", "P", "PT", "1M", "PT1", "PT0S", "P1Y", 60, None])
def test_other_durations_are_refused(text: Any) -> None:
    with pytest.raises(BadConfig, match="here"):
        duration_ms(text, "here")


def test_a_subscription_lives_no_longer_than_its_topic_says() -> None:
    def ttl_ms(topic: str | None, subscription: str | None) -> int | None:
        own = {"DefaultMessageTimeToLive": subscription} if subscription else {}
        wide = {"DefaultMessageTimeToLive": topic} if topic else {}
        read = read_config(
            config(
                Topics=[
                    {"Name": "t", "Properties": wide, "Subscriptions": [{"Name": "s", "Properties": own}]}
                ]
            )
        )
        return read.topics["t"].subscriptions["s"].queue.ttl_ms

    assert ttl_ms("PT1M", "PT1H") == ttl_ms("PT1H", "PT1M") == ttl_ms("PT1M", None) == 60_000
    assert ttl_ms(None, None) is None


def test_the_default_rule_lets_everything_in() -> None:
    read = read_config(rule(FilterType="Sql", SqlFilter={"SqlExpression": "1 = 1"}))
    assert read.topics["t"].subscriptions["s"].filters[0](Message(encoded()))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "UserConfig is missing"),
        ({"UserConfig": {"Namespaces": []}}, "Namespaces is missing"),
        ({"UserConfig": {"Namespaces": [{}, {}]}}, "exactly one namespace"),
        (config(Queues={}), "Queues must be a list"),
        (config(Queues=[{}]), "Name is missing"),
        (config(Queues=[{"Name": "q"}, {"Name": "Q"}]), "q is there twice"),
        (config(Queues=[{"Name": "x"}], Topics=[{"Name": "X"}]), "x is there twice"),
        (queue(RequiresSession=True), "queue 'q': RequiresSession: sessions are not supported"),
        (queue(ForwardTo="other"), "forwarding is not supported"),
        (queue(ForwardDeadLetteredMessagesTo="other"), "forwarding is not supported"),
        (queue(LockDuratoin="PT1M"), "unknown properties LockDuratoin"),
        (queue(LockDuration="1 minute"), "queue 'q': LockDuration: expected an ISO 8601 duration"),
        (queue(MaxDeliveryCount=0), "MaxDeliveryCount must be a whole number above 0"),
        (queue(MaxDeliveryCount="3"), "MaxDeliveryCount must be a whole number above 0"),
        (queue(RequiresDuplicateDetection="yes"), "must be true or false"),
        (
            rule(FilterType="Sql", SqlFilter={"SqlExpression": "colour = 'red'"}),
            "SQL filters are not supported",
        ),
        (rule(FilterType="Sql"), "SqlExpression is missing"),
        (rule(FilterType="Correlation"), "CorrelationFilter is missing"),
        (rule(FilterType="Correlation", CorrelationFilter={"Properties": {}}), "at least one property"),
        (rule(FilterType="Correlation", CorrelationFilter={"Colour": "red"}), "Colour cannot be filtered on"),
        (rule(FilterType="Wishful"), "FilterType must be Correlation"),
        (
            rule(
                FilterType="Correlation", CorrelationFilter={"To": "x"}, Action={"SqlExpression": "SET a=1"}
            ),
            "topic 't', subscription 's', rule 'r': rule actions are not supported",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_place(document: Any, why: str) -> None:
    with pytest.raises(BadConfig, match=why):
        read_config(document)


def test_what_is_empty_in_the_official_example_is_let_through() -> None:
    read_config(queue(RequiresSession=False, ForwardTo="", ForwardDeadLetteredMessagesTo=""))


def test_reading_changes_nothing_in_the_document() -> None:
    document = rule(FilterType="Correlation", CorrelationFilter={"Properties": {"a": "b"}})
    before = copy.deepcopy(document)
    read_config(document)
    assert document == before
