"""The encoders: unit vectors, meaning across languages, names they never saw, and a vendor that fails."""

import math
from typing import Any

import httpx2
import numpy as np
import openai
import pytest

from shared.errors import VendorError, VendorRefused, VendorUnavailable
from shared.knowledge.embedded import EmbeddedEncoder
from shared.knowledge.encoder import Calibration
from shared.knowledge.openai import DIMENSIONS, OpenAIEncoder

PT, EN, OTHER, CODE, CODE_TOLD = (
    "Pool de conexões com o banco de dados esgotado",
    "Database connection pool exhausted",
    "The coffee machine on the third floor is broken",
    "HikariPool-1 - Connection is not available",
    "Serviço parado: HikariPool esgotado",
)


async def test_one_failure_in_two_languages_is_nearer_than_two_things_in_one() -> None:
    vectors = await EmbeddedEncoder().encode([PT, EN, OTHER, CODE, CODE_TOLD, ""])

    cosines = vectors @ vectors.T
    assert vectors.shape == (6, EmbeddedEncoder.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert cosines[0, 1] > 2 * max(cosines[0, 2], cosines[1, 2])
    assert cosines[3, 4] > cosines[3, 2]


async def test_no_texts_are_no_vectors() -> None:
    assert (await EmbeddedEncoder().encode([])).shape == (0, EmbeddedEncoder.dimensions)


def test_likeness_is_a_half_in_the_middle_and_rises() -> None:
    calibration = Calibration(middle=0.3, width=0.05)

    assert calibration.likeness(0.3) == pytest.approx(0.5)
    assert 0 < calibration.likeness(-1) < calibration.likeness(0.2) < calibration.likeness(0.4) < 1


class Endpoint:
    """Azure OpenAI's embeddings, as far as the encoder asks."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), list[dict[str, Any]]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        import json

        asked = json.loads(request.content)
        self.asked.append(asked)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx2.Response(answer, json={"error": {"message": "no"}})
        if answer is not None:
            return httpx2.Response(200, json=answer)
        rows = [
            {"object": "embedding", "index": place, "embedding": [float(len(text))] * DIMENSIONS}
            for place, text in reversed(list(enumerate(asked["input"])))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return httpx2.Response(
            200, json={"object": "list", "model": asked["model"], "data": rows, "usage": usage}
        )


def encoder_over(endpoint: Endpoint) -> OpenAIEncoder:
    client = openai.AsyncOpenAI(
        base_url="https://example.invalid/openai/v1/",
        api_key="k",
        max_retries=0,
        http_client=openai.DefaultAsyncHttpxClient(transport=httpx2.MockTransport(endpoint)),
    )
    return OpenAIEncoder(client, "text-embedding-3-small")


async def test_vectors_come_in_the_order_asked_in_batches_and_of_length_one() -> None:
    endpoint = Endpoint()
    vectors = await encoder_over(endpoint).encode(["x" * (1 + number) for number in range(100)])

    assert vectors.shape == (100, DIMENSIONS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert [len(asked["input"]) for asked in endpoint.asked] == [64, 36]
    assert endpoint.asked[0]["dimensions"] == DIMENSIONS


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (500, VendorUnavailable),
        (429, VendorUnavailable),
        (400, VendorRefused),
        (401, VendorRefused),
        (httpx2.ConnectError("no"), VendorUnavailable),
        (httpx2.ReadTimeout("slow"), VendorUnavailable),
        (
            {"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 1, "total_tokens": 1}},
            VendorError,
        ),
        (
            {
                "object": "list",
                "model": "m",
                "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}],
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            },
            VendorRefused,
        ),
    ],
)
async def test_whatever_the_vendor_does_is_an_error_of_ours(answer: Any, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        await encoder_over(Endpoint(answer)).encode(["x"])


def test_another_deployment_has_a_folder_of_its_own() -> None:
    client = openai.AsyncOpenAI(base_url="https://example.invalid/", api_key="k")

    names = {OpenAIEncoder(client, name).name for name in ("Text Embedding/3", "text-embedding-3-large")}
    assert names == {"openai-text-embedding-3-1024", "openai-text-embedding-3-large-1024"}
    assert math.isclose(OpenAIEncoder.calibration.likeness(0.5), 0.5)
