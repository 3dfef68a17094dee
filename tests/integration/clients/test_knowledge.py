"""The knowledge on a real storage, with the simulated vendors and the real encoder."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.vendors.openai.vendor import OpenAI
from sandbox.vendors.store import Store
from shared.clients.blob import BlobStore
from shared.clients.servicenow import servicenow_client
from shared.knowledge import Knowledge, compaction
from shared.knowledge.embedded import EmbeddedEncoder
from shared.knowledge.learning import learn
from shared.knowledge.openai import openai_encoder
from tests.integration.clients.stage import CREDENTIALS, Stage, staged, stores_over
from tests.unit.shared.knowledge.stage import WordEncoder, a_memory, knowledge_over

PROCESSES, EACH = 6, 8


@pytest.fixture
async def stores(storage: str) -> AsyncIterator[list[BlobStore]]:
    async for built in stores_over(storage, PROCESSES):
        yield built


@pytest.fixture
async def openai(tmp_path: Path) -> AsyncIterator[Stage]:
    store = Store(tmp_path / "openai.db")
    vendor = OpenAI(store, {**CREDENTIALS, "api_key": "a-key-of-the-sandbox"}, lambda token, audience: False)
    async for stage in staged(vendor):
        yield stage
    store.db.close()


async def test_many_processes_remember_compact_and_forget_at_once(stores: list[BlobStore]) -> None:
    async def live(number: int, store: BlobStore) -> None:
        knowledge = knowledge_over(store)
        for each in range(EACH):
            await knowledge.remember(a_memory(f"i-{number}-{each}", service=f"s{number}-{each}"))
            if each % 3 == 2:
                await knowledge.tend()
        await knowledge.forget(f"i-{number}-0")

    await asyncio.gather(*(live(number, store) for number, store in enumerate(stores)))
    await knowledge_over(stores[0]).tend()

    found = await knowledge_over(stores[1]).similar("disk", limit=200)
    expected = {f"i-{number}-{each}" for number in range(PROCESSES) for each in range(1, EACH)}
    assert {match["id"] for match in found} == expected
    names = [name async for name in stores[0].names("knowledge/words/")]
    assert sum("/incidents/" in name for name in names) < compaction.LOOSE
    content = b"".join([await stores[0].get(name) or b"" for name in names])
    assert not any(f"INC-i-{number}-0".encode() in content for number in range(PROCESSES))


async def test_the_embedded_encoder_finds_an_incident_told_in_another_language(
    stores: list[BlobStore],
) -> None:
    await Knowledge(stores[0], [EmbeddedEncoder()]).remember_many(
        [
            a_memory(
                "tls", title="Certificado TLS expirado no gateway", cause="Ninguém renovou o certificado"
            ),
            a_memory("disk", title="Disco cheio no servidor", cause="Arquivos de log antigos"),
            a_memory("queue", title="Fila de mensagens parada", cause="Poucos consumidores"),
        ]
    )

    found = await Knowledge(stores[1], [EmbeddedEncoder()]).similar("The TLS certificate has expired")

    assert [match["id"] for match in found] == ["tls"]


async def test_both_encoders_know_it_and_one_stands_in_for_the_other(
    stores: list[BlobStore], openai: Stage
) -> None:
    encoder = openai_encoder(f"{openai.url}/openai/v1/", "text-embedding-3-small", "a-key-of-the-sandbox")
    knowledge = Knowledge(stores[0], [encoder, EmbeddedEncoder()])
    await knowledge.remember(a_memory("a", title="Low disk space on host", cause="old logs"))

    (usual,) = await knowledge.similar("Low disk space on host: old logs")
    openai.break_next("create_embeddings", {"kind": "status", "status": 500}, times=2)
    (behind,) = await knowledge.similar("Low disk space on host: old logs")
    await encoder.close()

    assert (usual["model"], behind["model"]) == ("openai-text-embedding-3-small-1024", EmbeddedEncoder.name)
    assert usual["id"] == behind["id"] == "a"


async def test_what_people_resolved_is_learnt_over_the_wire(
    stores: list[BlobStore], servicenow: Stage
) -> None:
    client = servicenow_client(
        servicenow.url, CREDENTIALS["client_id"], CREDENTIALS["client_secret"], timeout_s=5
    )
    opened = [await client.incidents.open(_draft(number)) for number in range(3)]
    for incident in opened[:2]:
        await client.incidents.resolve(
            incident["sys_id"], "k", "Solved (Permanently)", "Deleted the old logs"
        )
    _as_people(servicenow, opened[0]["sys_id"])
    knowledge: Any = Knowledge(stores[0], [WordEncoder()])
    first = datetime.now(UTC) - timedelta(days=1)

    learnt = [await learn(stores[0], client.past, knowledge, first) for _ in range(2)]
    await client.aclose()

    assert learnt == [{"read": 2, "remembered": 1}, {"read": 2, "remembered": 0}]
    (match,) = await knowledge.similar("disk")
    assert (match["number"], match["outcome"]) == (opened[0]["number"], "solved_by_people")


def _draft(number: int) -> Any:
    return {
        "correlation_id": f"incident-{number}",
        "short_description": "disk full",
        "description": "",
        "impact": "2",
        "urgency": "2",
        "category": "software",
    }


def _as_people(servicenow: Stage, sys_id: str) -> None:
    """Somebody resolved it by hand: without our mark."""
    incidents = servicenow.vendor.collection("incident")
    row = dict(incidents.get(sys_id) or {})
    incidents.put(sys_id, {**row, "close_notes": "Deleted the old logs of the host"})
