"""Azure OpenAI's embeddings through the v1 endpoint. Texts come redacted (shared.knowledge.memory)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from shared.errors import VendorRefused, VendorUnavailable
from shared.knowledge.encoder import Calibration

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from shared.knowledge.encoder import Vectors

TIMEOUT_S = 10.0
DIMENSIONS = 1024
"""Models of the generation text-embedding-3 shorten their vectors to what is asked for."""
_BATCH = 64


def openai_encoder(url: str, model: str, api_key: str | Callable[[], Awaitable[str]]) -> OpenAIEncoder:
    """url: the v1 endpoint. model: the deployment. api_key: a key, or a function that returns an Entra token."""
    from openai import AsyncOpenAI

    return OpenAIEncoder(AsyncOpenAI(base_url=url, api_key=api_key, timeout=TIMEOUT_S, max_retries=1), model)


class OpenAIEncoder:
    """Another model behind the same deployment name would mix vectors: give a new model a new deployment."""

    dimensions = DIMENSIONS
    calibration = Calibration(middle=0.5, width=0.06)

    def __init__(self, client: AsyncOpenAI, model: str) -> None:
        self._client, self._model = client, model
        self.name = f"openai-{re.sub('[^a-z0-9-]', '-', model.lower())}-{DIMENSIONS}"

    async def close(self) -> None:
        """Let go of its connections; one that lives as long as its process need not."""
        await self._client.close()

    async def encode(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        batches = [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]
        rows = [row for batch in batches for row in await self._embed(batch)]
        vectors = np.array(rows, dtype=np.float32).reshape(len(rows), DIMENSIONS)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return unit

    async def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        from openai import APIConnectionError, APIStatusError, OpenAIError

        try:
            answer = await self._client.embeddings.create(
                model=self._model,
                input=[text or "-" for text in texts],
                dimensions=DIMENSIONS,
                encoding_format="float",
            )
        except APIConnectionError as error:
            raise VendorUnavailable("openai", "embed", f"no answer ({type(error).__name__})") from None
        except APIStatusError as error:
            message = f"HTTP {error.status_code}"
            if error.status_code in (408, 429) or error.status_code >= 500:
                raise VendorUnavailable("openai", "embed", message) from None
            raise VendorRefused("openai", "embed", message, status=error.status_code) from None
        except (OpenAIError, ValueError) as error:
            raise VendorUnavailable("openai", "embed", f"no usable answer ({type(error).__name__})") from None
        rows = [one.embedding for one in sorted(answer.data, key=lambda one: one.index)]
        if len(rows) != len(texts) or any(len(row) != DIMENSIONS for row in rows):
            raise VendorRefused("openai", "embed", f"not {len(texts)} vectors of {DIMENSIONS} numbers")
        return rows
