"""Topics: every message goes to each subscription whose filters match; scheduled ones wait in the topic."""

from sandbox.servicebus.broker.config import QueueSettings
from sandbox.servicebus.broker.destinations import Destination, Platform
from sandbox.servicebus.broker.filters import Filter
from sandbox.servicebus.broker.messages import Entry, Message
from sandbox.servicebus.broker.queues import Queue


class Subscription(Queue):
    """A queue filled by its topic. filters: any one that matches lets a message in."""

    def __init__(
        self, path: str, platform: Platform, settings: QueueSettings, filters: tuple[Filter, ...]
    ) -> None:
        super().__init__(path, platform, settings)
        self._filters = filters

    def wants(self, message: Message) -> bool:
        return any(matches(message) for matches in self._filters)


class Topic(Destination):
    """A topic with its subscriptions."""

    def __init__(
        self, path: str, platform: Platform, duplicate_window_ms: int, subscriptions: list[Subscription]
    ) -> None:
        super().__init__(path, platform, duplicate_window_ms)
        self._subscriptions = subscriptions

    def _arrive(self, message: Message, now_ms: int) -> int:
        for subscription in self._subscriptions:
            if subscription.wants(message):
                subscription.enqueue(message, now_ms)
        return self._next_number()

    def _due(self, entry: Entry, now_ms: int) -> None:
        self._remove(entry)
        self._arrive(entry.message, now_ms)

    def _loaded(self, entry: Entry) -> None:
        """It was stored under this name while the name was a queue's."""
        self._due(entry, self._clock.now_ms())
