"""One turn of the event loop: first everything it changed is on disk, then what it has to say is sent.

So a transfer or settlement is durable before its sender hears of it, and all that arrive in one turn share
one transaction.
"""

from collections.abc import Callable
from typing import Protocol

from sandbox.servicebus.broker.clock import Clock
from sandbox.servicebus.broker.store import Store


class Speaker(Protocol):
    def flush(self) -> None: ...


class Turn:
    """on_failure: what to do when the disk refuses; memory is then ahead of it and not to be trusted."""

    def __init__(self, store: Store, clock: Clock, on_failure: Callable[[BaseException], None]) -> None:
        self._store, self._clock, self._on_failure = store, clock, on_failure
        self._speakers: dict[Speaker, None] = {}
        self._begun = False

    def begin(self) -> None:
        """Something changes now: the turn is to end."""
        if not self._begun:
            self._begun = True
            self._clock.call_soon(self.end)

    def speak(self, speaker: Speaker) -> None:
        """Have it flush once this turn is on disk."""
        self._speakers[speaker] = None
        self.begin()

    def end(self) -> None:
        self._begun = False
        try:
            self._store.commit()
        except Exception as fault:  # the disk is full, or gone
            self._speakers.clear()
            self._on_failure(fault)
            return
        speakers, self._speakers = self._speakers, {}
        for speaker in speakers:
            speaker.flush()
