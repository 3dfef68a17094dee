"""All entities of the namespace, by the addresses clients use for them."""

import logging
import re

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.config import Settings
from sandbox.servicebus.broker.destinations import Destination
from sandbox.servicebus.broker.errors import not_found
from sandbox.servicebus.broker.queues import Queue
from sandbox.servicebus.broker.store import Store
from sandbox.servicebus.broker.topics import Subscription, Topic
from sandbox.servicebus.broker.turn import Turn

log = logging.getLogger(__name__)
_AUTHORITY = re.compile(r"^\w+://[^/]*")


class Namespace:
    """Built from settings and filled from the store."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, turn: Turn) -> None:
        self.store, self.clock, self.turn = store, clock, turn
        self._entities: dict[str, Destination] = {}
        for path, queue in settings.queues.items():
            self._add(Queue(path, self, queue))
        for path, topic in settings.topics.items():
            subscriptions = [
                Subscription(f"{path}/Subscriptions/{name}", self, sub.queue, sub.filters)
                for name, sub in topic.subscriptions.items()
            ]
            for subscription in subscriptions:
                self._add(subscription)
            self._add(Topic(path, self, topic.duplicate_window_ms, subscriptions))
        for entity in self._entities.values():
            entity.load()
        self._tell_orphans()

    def _add(self, entity: Destination) -> None:
        self._entities[entity.path.lower()] = entity
        if isinstance(entity, Queue) and entity.dead_letters:
            self._add(entity.dead_letters)

    def _tell_orphans(self) -> None:
        for path, messages in self.store.stored_entities():
            if path.lower() not in self._entities:
                log.warning("%d stored messages wait for entity %s, which Config.json lacks", messages, path)

    def find(self, address: str) -> Destination:
        """The entity at an address: a path or a URL, in any case. Raises: Refused (not-found)."""
        path = path_of(address)
        entity = self._entities.get(path)
        if entity is None:
            raise not_found(path)
        return entity

    def statistics(self) -> list[dict[str, object]]:
        """{path, active, scheduled, deferred, dead_letter} of every queue, topic and subscription."""
        return [
            {"path": entity.path, **_counts(entity)}
            for entity in self._entities.values()
            if not isinstance(entity, Queue) or entity.dead_letters
        ]


def path_of(address: str) -> str:
    """An address without scheme and host, in lower case."""
    return _AUTHORITY.sub("", address).strip("/").lower()


def _counts(entity: Destination) -> dict[str, int]:
    if isinstance(entity, Queue) and entity.dead_letters:
        return {**entity.counts(), "dead_letter": len(entity.dead_letters.entries)}
    return {"active": 0, "scheduled": len(entity.entries), "deferred": 0, "dead_letter": 0}
