"""Config.json, in the shape of the official Service Bus emulator, read into settings; nothing is guessed.

https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator
What is not supported (sessions, forwarding, SQL filters, rule actions) is an error here, no surprise later.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from sandbox.servicebus.broker.errors import BadConfig
from sandbox.servicebus.broker.filters import SYSTEM_PROPERTIES, Filter, correlation, everything

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_FOR_EVER_MS = 100 * 365 * 86_400_000  # .NET's TimeSpan.MaxValue is how Azure writes "never"
_UNSUPPORTED = {
    "RequiresSession": "sessions are not supported",
    "ForwardTo": "forwarding is not supported",
    "ForwardDeadLetteredMessagesTo": "forwarding is not supported",
}


@dataclass(frozen=True)
class QueueSettings:
    """Of a queue or a subscription, with Azure's defaults. Times in milliseconds."""

    lock_ms: int = 60_000
    max_delivery_count: int | None = 10
    ttl_ms: int | None = None
    dead_letter_expired: bool = False
    duplicate_window_ms: int = 0


@dataclass(frozen=True)
class SubscriptionSettings:
    """queue.ttl_ms: the shorter of its own and its topic's."""

    queue: QueueSettings
    filters: tuple[Filter, ...]


@dataclass(frozen=True)
class TopicSettings:
    duplicate_window_ms: int
    subscriptions: dict[str, SubscriptionSettings]


@dataclass(frozen=True)
class Settings:
    queues: dict[str, QueueSettings]
    topics: dict[str, TopicSettings]


def read_config(document: Any) -> Settings:
    """The settings in a parsed Config.json. Raises: BadConfig."""
    namespaces = _member(_member(document, "UserConfig", dict, "the file"), "Namespaces", list, "UserConfig")
    if len(namespaces) != 1:
        raise BadConfig(f"UserConfig.Namespaces: exactly one namespace is served, not {len(namespaces)}")
    namespace = namespaces[0]
    queues = {
        name: _queue(item, f"queue '{name}'") for name, item in _named(namespace, "Queues", "Namespaces[0]")
    }
    topics = {
        name: _topic(item, f"topic '{name}'") for name, item in _named(namespace, "Topics", "Namespaces[0]")
    }
    _unique([*queues, *topics], "Namespaces[0]")
    return Settings(queues, topics)


def duration_ms(text: Any, where: str) -> int | None:
    """An ISO 8601 duration in milliseconds; None when it is over a hundred years. Raises: BadConfig."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if not match or not any(match.groups()):
        raise BadConfig(f"{where}: expected an ISO 8601 duration such as PT1M")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    total = round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
    if total == 0:
        raise BadConfig(f"{where}: the duration must be longer than nothing")
    return total if total < _FOR_EVER_MS else None


def _topic(item: Any, where: str) -> TopicSettings:
    properties = _properties(item, where, {"DefaultMessageTimeToLive", *_DUPLICATES})
    ttl_ms = _ttl_ms(properties, where)
    subscriptions = {
        name: _subscription(sub, ttl_ms, f"{where}, subscription '{name}'")
        for name, sub in _named(item, "Subscriptions", where)
    }
    _unique(list(subscriptions), where)
    return TopicSettings(_window_ms(properties, where), subscriptions)


def _subscription(item: Any, topic_ttl_ms: int | None, where: str) -> SubscriptionSettings:
    settings = _queue_settings(_properties(item, where, _DELIVERY), where)
    ttl_ms = min((ttl for ttl in (settings.ttl_ms, topic_ttl_ms) if ttl), default=None)
    rules = _named(item, "Rules", where)
    filters = tuple(_filter(rule, f"{where}, rule '{name}'") for name, rule in rules)
    return SubscriptionSettings(replace(settings, ttl_ms=ttl_ms), filters or (everything,))


def _filter(rule: Any, where: str) -> Filter:
    properties = _properties(rule, where, {"FilterType", "CorrelationFilter", "SqlFilter", "Action"})
    kind = properties.get("FilterType")
    if properties.get("Action"):
        raise BadConfig(f"{where}: rule actions are not supported")
    if kind == "Sql":
        expression = _member(properties.get("SqlFilter"), "SqlExpression", str, where)
        if expression.replace(" ", "") == "1=1":  # how Azure writes the true filter of $Default
            return everything
        raise BadConfig(f"{where}: SQL filters are not supported; use a correlation filter")
    if kind != "Correlation":
        raise BadConfig(f"{where}: FilterType must be Correlation")
    wanted = dict(_member(properties, "CorrelationFilter", dict, where))
    application = wanted.pop("Properties", None) or {}
    if not isinstance(application, dict) or not (wanted or application):
        raise BadConfig(f"{where}: a correlation filter needs at least one property")
    if unknown := set(wanted) - set(SYSTEM_PROPERTIES):
        raise BadConfig(f"{where}: {', '.join(sorted(unknown))} cannot be filtered on")
    return correlation({name: str(value) for name, value in wanted.items()}, application)


def _queue(item: Any, where: str) -> QueueSettings:
    return _queue_settings(_properties(item, where, _DELIVERY | _DUPLICATES), where)


def _queue_settings(properties: dict[str, Any], where: str) -> QueueSettings:
    count = properties.get("MaxDeliveryCount", QueueSettings.max_delivery_count)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise BadConfig(f"{where}: MaxDeliveryCount must be a whole number above 0")
    lock = properties.get("LockDuration")
    lock_ms = QueueSettings.lock_ms if lock is None else duration_ms(lock, f"{where}: LockDuration")
    return QueueSettings(
        lock_ms=lock_ms or _FOR_EVER_MS,
        max_delivery_count=count,
        ttl_ms=_ttl_ms(properties, where),
        dead_letter_expired=_flag(properties, "DeadLetteringOnMessageExpiration", where),
        duplicate_window_ms=_window_ms(properties, where),
    )


def _ttl_ms(properties: dict[str, Any], where: str) -> int | None:
    text = properties.get("DefaultMessageTimeToLive")
    return None if text is None else duration_ms(text, f"{where}: DefaultMessageTimeToLive")


def _window_ms(properties: dict[str, Any], where: str) -> int:
    if not _flag(properties, "RequiresDuplicateDetection", where):
        return 0
    window = duration_ms(properties.get("DuplicateDetectionHistoryTimeWindow", "PT10M"), where)
    return window or _FOR_EVER_MS


def _flag(properties: dict[str, Any], name: str, where: str) -> bool:
    value = properties.get(name, False)
    if not isinstance(value, bool):
        raise BadConfig(f"{where}: {name} must be true or false")
    return value


def _properties(item: Any, where: str, known: set[str]) -> dict[str, Any]:
    properties = item.get("Properties") or {}
    if not isinstance(properties, dict):
        raise BadConfig(f"{where}: Properties must be an object")
    for name, why in _UNSUPPORTED.items():
        if properties.get(name):
            raise BadConfig(f"{where}: {name}: {why} by the embedded Service Bus")
    if unknown := set(properties) - known - set(_UNSUPPORTED):
        raise BadConfig(f"{where}: unknown properties {', '.join(sorted(unknown))}")
    return properties


def _named(owner: Any, key: str, where: str) -> list[tuple[str, Any]]:
    items = owner.get(key) if isinstance(owner, dict) else None
    if items is None:
        return []
    if not isinstance(items, list):
        raise BadConfig(f"{where}: {key} must be a list")
    return [(_member(item, "Name", str, f"{where}: {key}"), item) for item in items]


def _member[T](owner: Any, key: str, kind: type[T], where: str) -> T:
    value = owner.get(key) if isinstance(owner, dict) else None
    if not isinstance(value, kind) or not value:
        raise BadConfig(f"{where}: {key} is missing or is not what it should be")
    return value


def _unique(names: list[str], where: str) -> None:
    lower = [name.lower() for name in names]
    if twice := {name for name in lower if lower.count(name) > 1}:
        raise BadConfig(f"{where}: {', '.join(sorted(twice))} is there twice (names ignore case)")


_DUPLICATES = {"RequiresDuplicateDetection", "DuplicateDetectionHistoryTimeWindow"}
_DELIVERY = {
    "LockDuration",
    "MaxDeliveryCount",
    "DefaultMessageTimeToLive",
    "DeadLetteringOnMessageExpiration",
}
