"""Queues: who gets which message, for how long it is locked, and what becomes of it.

Also subscriptions and dead-letter sub-queues, which are queues that no one sends to.
"""

import heapq
import uuid
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from sandbox.servicebus.broker.config import QueueSettings
from sandbox.servicebus.broker.destinations import Destination, Platform
from sandbox.servicebus.broker.errors import message_not_found, not_allowed
from sandbox.servicebus.broker.locks import Locks
from sandbox.servicebus.broker.messages import ACTIVE, DEFERRED, SCHEDULED, Entry, Message

DEAD_LETTER_SUFFIX = "/$DeadLetterQueue"


class Consumer(Protocol):
    """A receiving link. deletes: receive-and-delete, so that nothing is locked."""

    deletes: bool

    def can_take(self) -> bool: ...

    def take(self, entry: Entry) -> None: ...


class Queue(Destination):
    """dead_letters: its sub-queue; None in a dead-letter sub-queue, where nothing expires or dies again."""

    def __init__(
        self, path: str, platform: Platform, settings: QueueSettings, *, is_dead_letters: bool = False
    ) -> None:
        super().__init__(path, platform, settings.duplicate_window_ms)
        self._settings = settings
        self._ready: list[tuple[int, Entry]] = []
        self._locks = Locks(platform.clock, settings.lock_ms, self._lose)
        self._consumers: deque[Consumer] = deque()
        self.dead_letters: Queue | None = None
        if not is_dead_letters:
            below = QueueSettings(lock_ms=settings.lock_ms, max_delivery_count=None)
            self.dead_letters = Queue(path + DEAD_LETTER_SUFFIX, platform, below, is_dead_letters=True)

    # In

    def enqueue(self, message: Message, now_ms: int) -> Entry:
        """Put a message in, past duplicate detection."""
        entry = self._new_entry(message, now_ms)
        self._set_out(entry)
        return entry

    def adopt(self, entry: Entry, message: Message, source: str) -> None:
        """Take over an entry that `source` dead-lettered."""
        entry.message, entry.state, entry.dead_letter_source = message, ACTIVE, source
        entry.sequence_number = self._next_number()
        self.entries[entry.sequence_number] = entry
        self._store.update(self.path, entry)
        self._set_out(entry)

    def _arrive(self, message: Message, now_ms: int) -> int:
        return self.enqueue(message, now_ms).sequence_number

    def _due(self, entry: Entry, now_ms: int) -> None:
        entry.state, entry.enqueued_ms = ACTIVE, now_ms
        self._store.update(self.path, entry)
        self._set_out(entry)

    def _loaded(self, entry: Entry) -> None:
        self._set_out(entry)

    def _set_out(self, entry: Entry) -> None:
        """Offer it to consumers until it expires."""
        ttl_ms = min((ttl for ttl in (entry.message.ttl_ms, self._settings.ttl_ms) if ttl), default=None)
        if ttl_ms and self.dead_letters:
            entry.expires_ms = entry.enqueued_ms + ttl_ms
            delay_ms = entry.expires_ms - self._clock.now_ms()
            entry.expiry = self._clock.call_later(delay_ms / 1000, lambda: self._expire(entry))
        if entry.state == ACTIVE:
            self._offer(entry)

    def _offer(self, entry: Entry) -> None:
        heapq.heappush(self._ready, (entry.sequence_number, entry))
        self.pump()

    # Out

    def add_consumer(self, consumer: Consumer) -> None:
        self._consumers.append(consumer)

    def drop_consumer(self, consumer: Consumer) -> None:
        """What it has locked stays locked until the lock runs out, as on Azure."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)

    def pump(self) -> None:
        """Hand ready messages to consumers with room, in turn."""
        while self._ready and self._consumers:
            consumer = self._next_consumer()
            if consumer is None:
                return
            entry = self._next_ready()
            if entry is None:
                return
            self._turn.begin()
            if consumer.deletes:
                self._remove(entry)
            else:
                self._locks.lock(entry)
            consumer.take(entry)

    def _next_consumer(self) -> Consumer | None:
        for _ in range(len(self._consumers)):
            consumer = self._consumers[0]
            self._consumers.rotate(-1)
            if consumer.can_take():
                return consumer
        return None

    def _next_ready(self) -> Entry | None:
        while self._ready:
            number, entry = heapq.heappop(self._ready)
            if self.entries.get(number) is entry and entry.state == ACTIVE and not entry.token:
                return entry
        return None

    def take_deferred(self, sequence_numbers: Iterable[int], delete: bool) -> list[Entry]:
        """Deferred messages by number, all or none, locked or deleted. Raises: Refused (not found)."""
        numbers = list(sequence_numbers)
        if len(set(numbers)) != len(numbers):
            raise message_not_found(numbers[-1])
        found = [self._find(number, DEFERRED) for number in numbers]
        self._turn.begin()
        for entry in found:
            if delete:
                self._remove(entry)
            else:
                self._locks.lock(entry)
        return found

    def renew(self, tokens: Iterable[uuid.UUID]) -> list[int]:
        """Until when each is locked now, in ms; all or none. Raises: Refused (message-lock-lost)."""
        return self._locks.renew(tokens)

    def _lose(self, entry: Entry) -> None:
        """Its lock ran out."""
        self._turn.begin()
        self._give_back(entry, entry.message, counted=True)

    # Settlement. Each takes lock tokens, settles all or none, and raises Refused (message-lock-lost).

    def complete(self, tokens: Iterable[uuid.UUID]) -> None:
        for entry in self._settled(tokens):
            self._remove(entry)

    def abandon(self, tokens: Iterable[uuid.UUID], properties: dict[str, Any] | None = None) -> None:
        """properties: set on the message for the next receiver."""
        for entry in self._settled(tokens):
            self._give_back(entry, entry.message.with_properties(properties or {}), counted=True)

    def release(self, tokens: Iterable[uuid.UUID]) -> None:
        """Given back unseen: it does not count as a delivery."""
        for entry in self._settled(tokens):
            self._give_back(entry, entry.message, counted=False)

    def defer(self, tokens: Iterable[uuid.UUID], properties: dict[str, Any] | None = None) -> None:
        for entry in self._settled(tokens):
            entry.state, entry.message = DEFERRED, entry.message.with_properties(properties or {})
            self._store.update(self.path, entry)
            self._expire_if_late(entry)

    def dead_letter(self, tokens: Iterable[uuid.UUID], properties: dict[str, Any] | None = None) -> None:
        """properties: DeadLetterReason, DeadLetterErrorDescription and whatever else is to be told."""
        if not self.dead_letters:
            raise not_allowed("A message of a dead-letter queue cannot be dead-lettered again.")
        for entry in self._settled(tokens):
            self._bury(entry, properties or {})

    def _settled(self, tokens: Iterable[uuid.UUID]) -> list[Entry]:
        held = self._locks.held(dict.fromkeys(tokens))
        self._turn.begin()
        for entry in held:
            self._locks.unlock(entry)
        return held

    def _give_back(self, entry: Entry, message: Message, *, counted: bool) -> None:
        self._locks.unlock(entry)
        if counted:
            entry.delivery_count += 1
        if counted or message is not entry.message:
            entry.message = message
            self._store.update(self.path, entry)
        limit = self._settings.max_delivery_count
        if limit and entry.delivery_count >= limit:
            self._bury(
                entry,
                _reason(
                    "MaxDeliveryCountExceeded",
                    f"Message could not be consumed after {limit} delivery attempts.",
                ),
            )
        elif not self._expire_if_late(entry) and entry.state == ACTIVE:
            self._offer(entry)

    # The end of a message

    def _expire_if_late(self, entry: Entry) -> bool:
        late = entry.expires_ms is not None and entry.expires_ms <= self._clock.now_ms()
        if late:
            self._expire(entry)
        return late

    def _expire(self, entry: Entry) -> None:
        """Its time to live is over; while it is locked, it may still be completed."""
        if entry.token or self.entries.get(entry.sequence_number) is not entry:
            return
        self._turn.begin()
        if self._settings.dead_letter_expired:
            self._bury(entry, _reason("TTLExpiredException", "The message expired and was dead lettered."))
        else:
            self._remove(entry)

    def _bury(self, entry: Entry, properties: dict[str, Any]) -> None:
        if not self.dead_letters:
            raise AssertionError("nothing dies twice")
        del self.entries[entry.sequence_number]
        if entry.expiry:
            entry.expiry.cancel()
        entry.expiry = entry.expires_ms = None
        self.dead_letters.adopt(entry, entry.message.with_properties(properties), self.path)

    # Counts

    def counts(self) -> dict[str, int]:
        """How many messages are active (locked ones too), scheduled and deferred here."""
        states = [entry.state for entry in self.entries.values()]
        return {
            "active": states.count(ACTIVE),
            "scheduled": states.count(SCHEDULED),
            "deferred": states.count(DEFERRED),
        }


def _reason(reason: str, description: str) -> dict[str, Any]:
    return {"DeadLetterReason": reason, "DeadLetterErrorDescription": description}
