"""Every sentence people read in cards, incidents and pages, in Portuguese and English side by side, in one room.

`say` fills a sentence; the values are data and are never read as a template.
"""

from collections.abc import Mapping
from typing import Final

from shared.texts import (
    actions,
    causes,
    change_risk,
    deliveries,
    environments,
    evidence,
    follow_ups,
    gates,
    incidents,
    knowledge,
    operations,
    postmortems,
    proof,
    scorecards,
    services,
    shown,
    steps,
    watching,
)
from shared.texts.text import Text

_ROOMS: Final[tuple[Mapping[str, Text], ...]] = tuple(
    room.TEXTS
    for room in (
        incidents,
        actions,
        causes,
        change_risk,
        deliveries,
        evidence,
        knowledge,
        services,
        environments,
        follow_ups,
        operations,
        postmortems,
        proof,
        scorecards,
        steps,
        shown,
        watching,
        gates,
    )
)
TEXTS: Final = {key: text for room in _ROOMS for key, text in room.items()}

LANGUAGES: Final = {
    "pt-BR": {key: text.pt for key, text in TEXTS.items()},
    "en": {key: text.en for key, text in TEXTS.items()},
}


def say(language: str, key: str, **values: object) -> str:
    """One sentence in `language` ("pt-BR" or "en"), with its values filled in."""
    return LANGUAGES[language][key].format(**values)


def say_or(otherwise: str, language: str, key: str, **values: object) -> str:
    """The sentence, or `otherwise` where nobody has written it: names that come from data."""
    return say(language, key, **values) if key in TEXTS else otherwise


def choose(accept_language: str, default: str) -> str:
    """The language of a reader whose browser sent `accept_language`; the default where it names neither."""
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("pt"):
            return "pt-BR"
        if tag.startswith("en"):
            return "en"
    return default
