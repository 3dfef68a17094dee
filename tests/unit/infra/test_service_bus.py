"""The topic on Azure and the topic of the embedded platform are the same: what routes on a laptop routes there."""

import json
from typing import Any

from tests.contract.bicep.syntax import BICEP, ROOT, members, read, text, value_of, walk

MESSAGING = BICEP / "modules" / "messaging.bicep"
CONFIG = ROOT / "sandbox" / "servicebus" / "Config.json"


def topic_of_the_sandbox() -> dict[str, Any]:
    (namespace,) = json.loads(CONFIG.read_text())["UserConfig"]["Namespaces"]
    (topic,) = namespace["Topics"]
    assert namespace.get("Queues", []) == []
    return dict(topic)


def subscriptions_on_azure() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = value_of(read(MESSAGING).variables["subscriptions"].value)
    return found


def test_the_topic_is_the_same() -> None:
    topic = members(read(MESSAGING).resources["topic"].body)
    expected = topic_of_the_sandbox()
    assert value_of(topic["name"]) == expected["Name"]
    assert value_of(topic["properties"]) == _camel(expected["Properties"])


def test_the_subscriptions_are_the_same() -> None:
    expected = {each["Name"]: _camel(each["Properties"]) for each in topic_of_the_sandbox()["Subscriptions"]}
    deployed = {
        each["name"]: {key: value for key, value in each.items() if key not in ("name", "types")}
        for each in subscriptions_on_azure()
    }
    assert deployed == expected


def test_what_a_subscription_declares_is_what_is_deployed() -> None:
    properties = members(members(read(MESSAGING).resources["subscription"].body)["properties"])
    assert {name: text(node) for name, node in properties.items()} == {
        "lockDuration": "each.lockDuration",
        "maxDeliveryCount": "each.maxDeliveryCount",
    }


def test_the_filters_are_the_same() -> None:
    """Rule by rule: a rule is named for the event type it lets pass."""
    expected = {
        (each["Name"], rule["Name"], rule["Properties"]["CorrelationFilter"]["Properties"]["type"])
        for each in topic_of_the_sandbox()["Subscriptions"]
        for rule in each.get("Rules", [])
        if rule["Properties"]["FilterType"] == "Correlation"
    }
    deployed = {
        (each["name"], type_.replace(".", "-"), type_)
        for each in subscriptions_on_azure()
        for type_ in each["types"]
    }
    assert deployed == expected


def test_every_filter_of_the_sandbox_is_by_type_alone() -> None:
    """Else the comparison of filters would not see what it leaves out."""
    filters = [
        rule["Properties"]
        for each in topic_of_the_sandbox()["Subscriptions"]
        for rule in each.get("Rules", [])
    ]
    assert filters
    for each in filters:
        assert set(each) == {"FilterType", "CorrelationFilter"}
        assert set(each["CorrelationFilter"]) == {"Properties"}
        assert set(each["CorrelationFilter"]["Properties"]) == {"type"}


def test_a_rule_lets_its_event_type_pass() -> None:
    rule = members(read(MESSAGING).resources["rule"].body)
    assert (
        text(rule["name"])
        == "'${namespaceName}/${topic.name}/${each.subscription}/${replace(each.type, '.', '-')}'"
    )
    properties = members(rule["properties"])
    assert value_of(properties["filterType"]) == "CorrelationFilter"
    assert value_of(properties["correlationFilter"]) == {"properties": {"type": _unknown("each.type")}}


def test_where_there_are_filters_the_default_rule_lets_nothing_pass() -> None:
    default = members(read(MESSAGING).resources["nothingByDefault"].body)
    assert str(value_of(default["name"])).endswith("/${each.name}/$Default")
    assert value_of(members(default["properties"])["sqlFilter"]) == {"sqlExpression": "1 = 0"}
    loop = next(
        node
        for node in walk(read(MESSAGING).resources["nothingByDefault"].node)
        if node.type == "for_statement"
    )
    assert text(loop.named_children[1]) == "filtered"


def _camel(properties: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in properties.items()}


def _unknown(written: str) -> Any:
    from tests.contract.bicep.syntax import Unknown

    return Unknown(written)
