"""What a detector finds: a place in the text and what stands there."""

from collections.abc import Iterable
from typing import NamedTuple

SECRET, CPF, CNPJ, CARD = "SECRET", "CPF", "CNPJ", "CARD"
EMAIL, PHONE, CEP, RG, DOCUMENT = "EMAIL", "PHONE", "CEP", "RG", "DOCUMENT"
PIX, ACCOUNT, PLATE, NAME, TEXT = "PIX", "ACCOUNT", "PLATE", "NAME", "TEXT"
"""TEXT: words from outside that look like one of our placeholders."""

_RANK = (SECRET, CPF, CNPJ, CARD, PIX, EMAIL, PHONE, RG, DOCUMENT, ACCOUNT, CEP, PLATE, NAME, TEXT)


class Span(NamedTuple):
    start: int
    end: int
    kind: str


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order, none touching another's characters: what overlaps becomes one, of the graver kind."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.start < whole[-1].end:
            last = whole.pop()
            kind = min(last.kind, span.kind, key=_RANK.index)
            span = Span(last.start, max(last.end, span.end), kind)
        whole.append(span)
    return whole
