"""A cheap encoder, memories, and a Blob that can be stopped at any write."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.errors import VendorUnavailable
from shared.knowledge import Knowledge, Memory, memory_of
from shared.knowledge.encoder import Calibration
from tests.fakes.services import FakeBlob

WORDS = ("disk", "memory", "certificate", "deadlock", "queue", "latency", "coffee", "dns")


class WordEncoder:
    """A dimension for each known word; can be away."""

    calibration = Calibration(middle=0.5, width=0.1)
    dimensions = len(WORDS) + 1

    def __init__(self, name: str = "words") -> None:
        self.name, self.away, self.asked = name, False, 0

    async def encode(self, texts: Sequence[str]) -> Any:
        if self.away:
            raise VendorUnavailable(self.name, "embed", "no answer")
        self.asked += len(texts)
        rows = np.array([[*(float(word in text.lower()) for word in WORDS), 0.01] for text in texts])
        return rows.reshape(len(texts), self.dimensions) / np.linalg.norm(rows, axis=1, keepdims=True)


class Killed(Exception):
    """The process ended here."""


class StoppingBlob(FakeBlob):
    """Ends the process before its `stop_at`th write or deletion; 0: never."""

    def __init__(self) -> None:
        super().__init__()
        self.stop_at, self.writes = 0, 0

    def _check(self, operation: str) -> None:
        super()._check(operation)
        if operation in ("put", "put_once", "delete") and self.stop_at:
            self.writes += 1
            if self.writes >= self.stop_at:
                raise Killed


def a_memory(id_: str = "incident-1", **fields: str) -> Memory:
    given = {
        "number": f"INC-{id_}",
        "title": "disk full",
        "service": "orders",
        "cause": "old logs",
        "outcome": "resolved",
        "ended_at": "2026-11-21T12:00:00Z",
        "helped": "deleted them",
    }
    return memory_of({**given, **fields, "id": id_})


def knowledge_over(blob: Any, *encoders: Any) -> Knowledge:
    """As a new process would have it."""
    return Knowledge(blob, encoders or (WordEncoder(),))
