"""Embeddings: texts that share letters get vectors that point the same way, the same ones for the same text.

No meaning is in them: a question in other words than its answer does not find it, unlike with the vendor.
"""

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from sandbox.vendors.openai.completions import invalid

DIMENSIONS = 1536
_MOST_INPUTS = 2048
_CHARACTERS_PER_TOKEN = 4


def check(body: Mapping[str, Any]) -> None:
    """Raises: Refusal, 400."""
    texts = _texts(body)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise invalid("'$.input' is invalid.", "input")
    if len(texts) > _MOST_INPUTS:
        raise invalid(f"'$.input' is too long: at most {_MOST_INPUTS}.", "input")
    dimensions = body.get("dimensions", DIMENSIONS)
    if not isinstance(dimensions, int) or not 1 <= dimensions <= DIMENSIONS:
        raise invalid("Invalid value for 'dimensions'.", "dimensions")
    if body.get("encoding_format", "float") not in ("float", "base64"):
        raise invalid("Invalid value for 'encoding_format'.", "encoding_format")


def embeddings(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a checked request."""
    texts = _texts(body)
    tokens = sum(max(1, len(text) // _CHARACTERS_PER_TOKEN) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": place, "embedding": _shown(body, _vector(text, body))}
            for place, text in enumerate(texts)
        ],
        "model": body["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _texts(body: Mapping[str, Any]) -> list[Any]:
    given = body.get("input")
    return [given] if isinstance(given, str) else given if isinstance(given, list) else []


def _vector(text: str, body: Mapping[str, Any]) -> list[float]:
    """Of length 1: its groups of three characters, hashed."""
    dimensions = body.get("dimensions", DIMENSIONS)
    numbers = [0.0] * dimensions
    padded = f"  {' '.join(text.lower().split())} "
    for start in range(len(padded) - 2):
        digest = zlib.crc32(padded[start : start + 3].encode())
        numbers[digest % dimensions] += 1 if digest & (1 << 31) else -1
    length = math.sqrt(sum(number * number for number in numbers)) or 1.0
    return [number / length for number in numbers]


def _shown(body: Mapping[str, Any], vector: list[float]) -> list[float] | str:
    if body.get("encoding_format") == "base64":
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    return vector
