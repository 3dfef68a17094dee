"""Both languages say the same things."""

from string import Formatter

import pytest

from shared.texts import LANGUAGES, choose, say


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_every_sentence_is_there_in_both_languages() -> None:
    assert LANGUAGES["pt-BR"].keys() == LANGUAGES["en"].keys()


@pytest.mark.parametrize("key", sorted(LANGUAGES["en"]))
def test_a_sentence_asks_for_the_same_values_in_both_languages(key: str) -> None:
    assert placeholders(LANGUAGES["pt-BR"][key]) == placeholders(LANGUAGES["en"][key])


def test_values_are_never_read_as_a_template() -> None:
    assert say("en", "outcome.failed", reason="{nobody} {0}") == "stopped: {nobody} {0}"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5", "en"),
        ("fr", "pt-BR"),
        ("", "pt-BR"),
        (";;,,;q=", "pt-BR"),
    ],
)
def test_a_reader_gets_the_language_of_the_browser(header: str, language: str) -> None:
    assert choose(header, "pt-BR") == language
