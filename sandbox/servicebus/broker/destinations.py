"""What queues and topics share: taking messages in, duplicates, schedules, and looking without taking.

Everything that can be refused is refused before anything changes: a batch is taken whole or not at all.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.errors import bad_argument, message_not_found
from sandbox.servicebus.broker.history import History
from sandbox.servicebus.broker.messages import ACTIVE, SCHEDULED, Entry, Message
from sandbox.servicebus.broker.store import Store
from sandbox.servicebus.broker.turn import Turn

MAX_MESSAGE_ID_LENGTH = 128
MAX_PEEK_BYTES = 1024 * 1024


class Platform(Protocol):
    """What every entity works with."""

    store: Store
    clock: Clock
    turn: Turn


class Destination:
    """path: the name the entity goes by; duplicate_window_ms: 0 lets duplicates in."""

    def __init__(self, path: str, platform: Platform, duplicate_window_ms: int) -> None:
        self.path = path
        self._store, self._clock, self._turn = platform.store, platform.clock, platform.turn
        self._history = History(path, duplicate_window_ms, self._store)
        self._last_number = self._store.last_sequence_number(path)
        self.entries: dict[int, Entry] = {}

    def load(self) -> None:
        """Take up what was stored before this process began."""
        for entry in self._store.entries(self.path):
            self.entries[entry.sequence_number] = entry
            if entry.state == SCHEDULED:
                self._wait_until_due(entry)
            else:
                self._loaded(entry)
        self._turn.begin()

    def send(self, messages: Iterable[Message]) -> list[int]:
        """Take all of the messages or none; their sequence numbers, 0 for a duplicate. Raises: Refused."""
        wanted = list(messages)
        for message in wanted:
            _check(message)
        self._turn.begin()
        now_ms = self._clock.now_ms()
        return [self._take(message, now_ms) for message in wanted]

    def cancel(self, sequence_numbers: Iterable[int]) -> None:
        """Take back scheduled messages, all or none. Raises: Refused (message-not-found)."""
        found = [self._find(number, SCHEDULED) for number in sequence_numbers]
        self._turn.begin()
        for entry in found:
            self._remove(entry)

    def peek(self, first: int, count: int) -> list[bytes]:
        """Up to count messages from a sequence number on, encoded; fewer when they are large."""
        found: list[bytes] = []
        size = 0
        # Entries are in the order of their numbers: a number is only ever given to the newest.
        wanted = (entry for number, entry in self.entries.items() if number >= first)
        for entry in islice(wanted, max(count, 0)):
            encoded = entry.encoded()
            size += len(encoded)
            if found and size > MAX_PEEK_BYTES:
                break
            found.append(encoded)
        return found

    def _take(self, message: Message, now_ms: int) -> int:
        if not self._history.is_new(message.message_id, now_ms):
            return 0
        if message.due_ms and message.due_ms > now_ms:
            entry = self._new_entry(message, now_ms, SCHEDULED)
            self._wait_until_due(entry)
            return entry.sequence_number
        return self._arrive(message, now_ms)

    def _new_entry(self, message: Message, now_ms: int, state: int = ACTIVE) -> Entry:
        entry = Entry(message, self._store.next_row(), self._next_number(), now_ms)
        entry.state = state
        self.entries[entry.sequence_number] = entry
        self._store.insert(self.path, entry)
        return entry

    def _next_number(self) -> int:
        self._last_number += 1
        self._store.numbered(self.path, self._last_number)
        return self._last_number

    def _wait_until_due(self, entry: Entry) -> None:
        delay_ms = (entry.message.due_ms or 0) - self._clock.now_ms()
        entry.timer = self._clock.call_later(delay_ms / 1000, lambda: self._fall_due(entry))

    def _fall_due(self, entry: Entry) -> None:
        entry.timer = None
        self._turn.begin()
        self._due(entry, self._clock.now_ms())

    def _find(self, sequence_number: int, state: int) -> Entry:
        entry = self.entries.get(sequence_number)
        if entry is None or entry.state != state or entry.token:
            raise message_not_found(sequence_number)
        return entry

    def _remove(self, entry: Entry) -> None:
        """It leaves the entity and the disk."""
        del self.entries[entry.sequence_number]
        for timer in (entry.timer, entry.expiry):
            if timer:
                timer.cancel()
        entry.timer = entry.expiry = None
        self._store.delete(entry)

    def _arrive(self, message: Message, now_ms: int) -> int:
        """A message is here now; its sequence number."""
        raise NotImplementedError

    def _due(self, entry: Entry, now_ms: int) -> None:
        """A scheduled message's time has come."""
        raise NotImplementedError

    def _loaded(self, entry: Entry) -> None:
        """A stored message that is not scheduled."""
        raise NotImplementedError


def _check(message: Message) -> None:
    if len(str(message.message_id)) > MAX_MESSAGE_ID_LENGTH:
        raise bad_argument(f"The message id is longer than {MAX_MESSAGE_ID_LENGTH} characters.")
