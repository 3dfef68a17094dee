"""The baseline of similar incidents: TF-IDF over words, which is what a text search of a ticket system does."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.knowledge.encoder import Vectors

_WORD = re.compile(r"[^\W\d_]{2,}")


def cosines(questions: Sequence[str], documents: Sequence[str]) -> "Vectors":
    """Shape (questions, documents)."""
    known = Counter(word for text in documents for word in set(_words(text)))
    places = {word: place for place, word in enumerate(known)}
    rarity = {word: math.log((1 + len(documents)) / (1 + count)) for word, count in known.items()}
    cosine: Vectors = _vectors(questions, places, rarity) @ _vectors(documents, places, rarity).T
    return cosine


def _vectors(texts: Sequence[str], places: dict[str, int], rarity: dict[str, float]) -> "Vectors":
    import numpy as np

    rows = np.zeros((len(texts), len(places)), dtype=np.float32)
    for row, text in enumerate(texts):
        for word, count in Counter(_words(text)).items():
            if word in places:
                rows[row, places[word]] = (1 + math.log(count)) * rarity[word]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = rows / np.where(lengths > 0, lengths, 1)
    return unit


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
