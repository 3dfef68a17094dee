"""What a sentence is."""

from typing import NamedTuple


class Text(NamedTuple):
    """One sentence in both languages, with the same {placeholders}."""

    pt: str
    en: str
