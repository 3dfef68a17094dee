"""Which messages a subscription gets: correlation filters and the true filter.

https://learn.microsoft.com/azure/service-bus-messaging/topic-filters#correlation-filters
"""

from collections.abc import Callable
from typing import Any

from sandbox.servicebus.broker.messages import Message

type Filter = Callable[[Message], bool]

SYSTEM_PROPERTIES = {
    "MessageId": 0,
    "To": 2,
    "Label": 3,
    "Subject": 3,
    "ReplyTo": 4,
    "CorrelationId": 5,
    "ContentType": 6,
    "SessionId": 10,
    "ReplyToSessionId": 12,
}


def everything(message: Message) -> bool:
    """The true filter of the rule `$Default`."""
    return True


def correlation(system: dict[str, str], application: dict[str, Any]) -> Filter:
    """Every named property has exactly the value; text is compared with its case.

    system: names of SYSTEM_PROPERTIES; application: application properties.
    """
    wanted = [(SYSTEM_PROPERTIES[name], value) for name, value in system.items()]

    def matches(message: Message) -> bool:
        return all(str(message.field(index)) == value for index, value in wanted) and all(
            _same(message.application_properties.get(name), value) for name, value in application.items()
        )

    return matches


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, bool) != isinstance(wanted, bool):
        return False
    return bool(found == wanted)
