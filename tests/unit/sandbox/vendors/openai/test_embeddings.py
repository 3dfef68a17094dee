"""Embeddings through the vendor's own SDK."""

from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI

from tests.unit.sandbox.vendors.rig import Rig

MODEL = "text-embedding-3-small"


@pytest.fixture
async def client(rig: Rig) -> AsyncIterator[AsyncOpenAI]:
    key = rig.credentials["openai"]["api_key"]
    async with AsyncOpenAI(base_url=f"{rig.urls['openai']}/openai/v1/", api_key=key, max_retries=0) as client:
        yield client


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_texts_that_share_words_get_vectors_that_are_near(client: AsyncOpenAI) -> None:
    texts = ["disk full on host", "the disk is full on this host", "certificate expired"]

    answer = await client.embeddings.create(model=MODEL, input=texts, dimensions=256, encoding_format="float")

    first, second, third = (one.embedding for one in answer.data)
    assert len(first) == 256
    assert cosine(first, first) == pytest.approx(1)
    assert cosine(first, second) > 0.5 > cosine(first, third)


async def test_the_compact_form_that_the_sdk_prefers_is_the_same_vector(client: AsyncOpenAI) -> None:
    plain = await client.embeddings.create(model=MODEL, input="disk full", encoding_format="float")
    compact = await client.embeddings.create(model=MODEL, input="disk full")

    assert compact.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert compact.usage.total_tokens > 0


@pytest.mark.parametrize("wrong", [{"input": []}, {"input": [""]}, {"input": "x", "dimensions": 9999}])
async def test_a_request_that_the_vendor_refuses_is_refused(
    client: AsyncOpenAI, wrong: dict[str, object]
) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.post("/embeddings", body={"model": MODEL, **wrong}, cast_to=object)


async def test_an_unknown_model_is_not_found(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        await client.embeddings.create(model="text-embedding-9", input="x")
