"""What is kept of gates: found again, written once, and lost to nobody who writes beside us."""

import asyncio
import json
from typing import Any

from shared.corrections import path_of
from shared.domain.gate.gate_history import good
from shared.domain.gate.gate_marks import of_rollback
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


ID = "azure_devops:102:production"


def judged(**fields: Any) -> dict[str, Any]:
    return {
        **entry(1),
        "commit": "b" * 40,
        "deployment_id": ID,
        "verdict": "pass",
        "taken_back": False,
        "from_ms": 0,
        "values": {},
        **fields,
    }


async def test_a_rollback_is_remembered_before_and_after_its_gate_and_once() -> None:
    mark = of_rollback(
        {
            "deployment_id": "azure_devops:103:production",
            "how": "rollback",
            "result": "succeeded",
            "rolls_back": "b" * 40,
            "finished_at": "2026-11-21T12:05:00Z",
        }
    )
    assert mark is not None
    blob = FakeBlob()
    store = GateStore(blob)  # type: ignore[arg-type]

    await store.mark("checkout", "production", mark)
    await store.remember("checkout", "production", judged())
    await store.mark("checkout", "production", mark)

    assert good(await store.history("checkout", "production"), "new") == []
    assert len(json.loads(blob.blobs["gates/marks/checkout/production.json"])) == 1


async def test_what_people_said_of_a_deployment_is_known_and_taken_back_words_are_not() -> None:
    blob = FakeBlob()
    store = GateStore(blob)  # type: ignore[arg-type]
    await store.remember("checkout", "production", judged())
    said = [{"kind": "failed", "correction_id": "1", "at": "2026-11-21T12:05:00Z"}]

    blob.blobs[path_of(ID)] = json.dumps(said).encode()
    assert good(await store.history("checkout", "production"), "new") == []

    restored = [*said, {"kind": "restore", "correction_id": "2", "at": "2026-11-21T12:06:00Z"}]
    blob.blobs[path_of(ID)] = json.dumps(restored).encode()
    assert good(await store.history("checkout", "production"), "new")
