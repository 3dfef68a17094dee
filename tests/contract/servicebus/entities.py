"""The entities these tests need, in the official emulator's shape. Another namespace must have the same.

A queue a test, so that tests run in any order and leave each other alone.
"""

from typing import Any

_SHORT_LOCK = {"LockDuration": "PT2S"}


def _queue(name: str, **properties: Any) -> dict[str, Any]:
    return {"Name": name, "Properties": {"LockDuration": "PT1M", "MaxDeliveryCount": 10, **properties}}


def _rule(name: str, **conditions: Any) -> dict[str, Any]:
    return {"Name": name, "Properties": {"FilterType": "Correlation", "CorrelationFilter": conditions}}


QUEUES = [
    _queue("complete"),
    _queue("delete-mode"),
    _queue("abandon"),
    _queue("poison", MaxDeliveryCount=2),
    _queue("defer"),
    _queue("dead-letter"),
    _queue("lock-expiry", **_SHORT_LOCK),
    _queue("renewal", **_SHORT_LOCK),
    _queue("batch"),
    _queue("large"),
    _queue("schedule"),
    _queue("duplicates", RequiresDuplicateDetection=True, DuplicateDetectionHistoryTimeWindow="PT1M"),
    _queue("expiry", DeadLetteringOnMessageExpiration=True),
    _queue("peek"),
    _queue("competing"),
    _queue("iterate"),
    _queue("auth"),
    _queue("aio"),
    _queue("released"),
]
TOPICS: list[dict[str, Any]] = [
    {
        "Name": "routed",
        "Subscriptions": [
            {"Name": "everything"},
            {"Name": "by-label", "Rules": [_rule("label", Label="alert", CorrelationId="c1")]},
            {
                "Name": "by-type",
                "Rules": [
                    _rule("opened", Properties={"type": "opened"}),
                    _rule("closed", Properties={"type": "closed"}),
                ],
            },
        ],
    },
    {
        "Name": "planned",
        "Properties": {"RequiresDuplicateDetection": True},
        "Subscriptions": [{"Name": "everything"}],
    },
]
CONFIG = {"UserConfig": {"Namespaces": [{"Name": "contract", "Queues": QUEUES, "Topics": TOPICS}]}}
