"""What is kept of gates: found again, written once, and lost to nobody who writes beside us."""

import asyncio
from typing import Any

from shared.errors import OutcomeUnknown
from shared.gates.store import GateStore
from tests.fakes.services import FakeBlob


def entry(number: int) -> dict[str, Any]:
    return {"gate_id": f"g{number}", "decided_at": f"2026-11-21T12:00:{number:02}Z", "version": f"v{number}"}


async def test_a_verdict_is_found_again() -> None:
    store: Any = GateStore(FakeBlob())  # type: ignore[arg-type]
    await store.put({"id": "gate-1", "verdict": "pass"})

    assert await store.get("gate-1") == {"id": "gate-1", "verdict": "pass"}
    assert await store.get("gate-2") is None


async def test_gates_that_end_together_are_all_remembered() -> None:
    store = GateStore(FakeBlob())  # type: ignore[arg-type]
    await asyncio.gather(*(store.remember("checkout", "production", entry(number)) for number in range(5)))

    assert [one["gate_id"] for one in await store.history("checkout", "production")] == [
        f"g{number}" for number in range(5)
    ]
    assert await store.history("checkout", "preview") == []


async def test_a_write_without_an_answer_is_looked_for() -> None:
    blob = FakeBlob()
    put_once, lost = blob.put_once, [True]

    async def losing(*args: Any) -> bool:
        written = await put_once(*args)
        if lost and lost.pop():
            raise OutcomeUnknown("blob", "put_once", "no answer")
        return written

    vars(blob)["put_once"] = losing
    store = GateStore(blob)  # type: ignore[arg-type]
    await store.remember("checkout", "production", entry(1))

    assert [one["gate_id"] for one in await store.history("checkout", "production")] == ["g1"]
