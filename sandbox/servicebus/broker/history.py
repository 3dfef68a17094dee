"""Duplicate detection: which message ids an entity saw within its window.

https://learn.microsoft.com/azure/service-bus-messaging/duplicate-detection
"""

from sandbox.servicebus.broker.store import Store


class History:
    """window_ms: how long an id is remembered; 0 remembers none."""

    def __init__(self, entity: str, window_ms: int, store: Store) -> None:
        self._entity, self._window_ms, self._store = entity, window_ms, store
        self._seen: dict[str, int] = dict(store.history(entity)) if window_ms else {}

    def is_new(self, message_id: object, now_ms: int) -> bool:
        """Remember an id; False when it was there."""
        if not self._window_ms:
            return True
        self._forget(now_ms - self._window_ms)
        key = str(message_id)
        if key in self._seen:
            return False
        self._seen[key] = now_ms
        self._store.remember(self._entity, key, now_ms)
        return True

    def _forget(self, before_ms: int) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest] > before_ms:
                return
            del self._seen[oldest]
            self._store.forget(self._entity, oldest)
