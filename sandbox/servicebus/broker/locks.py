"""Locks: which entries of a queue are held, by what token, and until when."""

import uuid
from collections.abc import Callable, Iterable

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.errors import lock_lost
from sandbox.servicebus.broker.messages import Entry


class Locks:
    """duration_ms: how long a lock holds; on_lost: told of an entry whose lock ran out, still with its token."""

    def __init__(self, clock: Clock, duration_ms: int, on_lost: Callable[[Entry], None]) -> None:
        self._clock, self._duration_ms, self._on_lost = clock, duration_ms, on_lost
        self._entries: dict[uuid.UUID, Entry] = {}

    def lock(self, entry: Entry) -> None:
        """Give the entry a token."""
        entry.token = uuid.uuid4()
        self._entries[entry.token] = entry
        self._hold(entry)

    def unlock(self, entry: Entry) -> None:
        """Take its token away, if it has one."""
        if entry.timer:
            entry.timer.cancel()
        if entry.token:
            del self._entries[entry.token]
        entry.token = entry.timer = None

    def renew(self, tokens: Iterable[uuid.UUID]) -> list[int]:
        """Until when each is locked now, in ms; all or none. Raises: Refused (message-lock-lost)."""
        held = self.held(tokens)
        for entry in held:
            self._hold(entry)
        return [entry.locked_until_ms for entry in held]

    def held(self, tokens: Iterable[uuid.UUID]) -> list[Entry]:
        """The entries with these tokens. Raises: Refused (message-lock-lost) when one is not held."""
        entries = []
        for token in tokens:
            entry = self._entries.get(token)
            if entry is None:
                raise lock_lost()
            entries.append(entry)
        return entries

    def _hold(self, entry: Entry) -> None:
        if entry.timer:
            entry.timer.cancel()
        entry.locked_until_ms = self._clock.now_ms() + self._duration_ms
        entry.timer = self._clock.call_later(self._duration_ms / 1000, lambda: self._on_lost(entry))
