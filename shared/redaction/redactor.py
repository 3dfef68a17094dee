"""Hides what the detectors find: reversibly for a question, for good everywhere else."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.redaction.contacts import contacts
from shared.redaction.names import known_names, names
from shared.redaction.numbers import proven_numbers
from shared.redaction.papers import named_papers
from shared.redaction.secrets import secrets
from shared.redaction.spans import CARD, EMAIL, NAME, SECRET, TEXT, Span, merged
from shared.redaction.technical import outside, technical
from shared.redaction.view import View, view

_PLACEHOLDER = re.compile(r"<[A-Z]{2,12}_\d{1,9}>")


class Redactor:
    """Hides in one question and shows in its answer.

    known_names: names of people that come from known fields (who opened, who is assigned).
    """

    def __init__(self, known_names: Collection[str] = ()) -> None:
        self._people = tuple(known_names)
        self._placeholders: dict[tuple[str, str], str] = {}
        self._hidden: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """The text with placeholders such as <EMAIL_1>; the same value always gets the same one.

        What looks like a placeholder already is hidden as text, so that nobody's words can stand in for a value.
        """
        spans = [*find(text, self._people), *(Span(*m.span(), TEXT) for m in _PLACEHOLDER.finditer(text))]
        return _replaced(text, merged(spans), self._placeholder)

    def show(self, text: str) -> str:
        """The text with what was hidden put back, secrets excepted: nobody needs to read those."""
        return _PLACEHOLDER.sub(lambda found: self._shown(found[0]), text)

    def _shown(self, placeholder: str) -> str:
        is_secret = placeholder.startswith(f"<{SECRET}_")
        return placeholder if is_secret else self._hidden.get(placeholder, placeholder)

    def _placeholder(self, kind: str, value: str) -> str:
        if (kind, value) not in self._placeholders:
            placeholder = f"<{kind}_{len(self._placeholders) + 1}>"
            self._placeholders[kind, value] = placeholder
            self._hidden[placeholder] = value
        return self._placeholders[kind, value]


def find(text: str, people: Sequence[str] = ()) -> list[Span]:
    """What stands in the text that is personal or secret, in order, none touching another."""
    seen = view(text)
    return _placed(seen, _seen(seen, people))


def redacted(text: str, *, known: Sequence[str] = (), readable: Collection[str] = ()) -> str:
    """The text with «KIND» in place of what is personal or secret; nothing can turn it back.

    known: people to hide beside those found. readable: people who may be read, because they act in what is told.
    """
    acting = [name.casefold() for name in readable]

    def mark(kind: str, value: str) -> str:
        is_acting = kind in (NAME, EMAIL) and any(value.casefold() in name for name in acting)
        return value if is_acting else f"«{kind}»"

    return _replaced(text, find(text, known), mark)


def redacted_in(value: Any, *, readable: Collection[str] = (), untouched: Collection[str] = ()) -> Any:
    """The same JSON value with every text in it redacted; keys stay, and what stands under those in `untouched`."""
    return _each_text(value, lambda text: redacted(text, readable=readable), untouched)


def without_secrets(text: str) -> str:
    """The text as a system of record may keep it: who was struck stays, secrets and card numbers never do."""
    seen = view(text)
    cards = (span for span in proven_numbers(seen) if span.kind == CARD)
    return _replaced(text, _placed(seen, [*secrets(seen), *cards]), lambda kind, value: f"«{kind}»")


def without_secrets_in(value: Any, *, untouched: Collection[str] = ()) -> Any:
    """The same for every text inside a JSON value; keys stay, and what stands under those in `untouched`."""
    return _each_text(value, without_secrets, untouched)


def _seen(seen: View, people: Sequence[str]) -> Iterator[Span]:
    yield from secrets(seen)
    yield from named_papers(seen)
    if numbers := [*proven_numbers(seen), *contacts(seen)]:
        yield from outside(numbers, technical(seen.text))
    yield from names(seen)
    yield from known_names(seen, people)


def _placed(seen: View, found: Iterable[Span]) -> list[Span]:
    """What was found in the view, where it stands in the text."""
    return merged(Span(*seen.span(span.start, span.end), span.kind) for span in merged(found))


def _replaced(text: str, spans: Sequence[Span], by: Callable[[str, str], str]) -> str:
    pieces, done = list[str](), 0
    for span in spans:
        pieces += [text[done : span.start], by(span.kind, text[span.start : span.end])]
        done = span.end
    return "".join([*pieces, text[done:]])


def _each_text(value: Any, change: Callable[[str], str], untouched: Collection[str] = ()) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            name: each if name in untouched else _each_text(each, change, untouched)
            for name, each in value.items()
        }
    return (
        [_each_text(each, change, untouched) for each in value] if isinstance(value, list | tuple) else value
    )
