"""People's names: by the words of names.txt, and by what stands before them ("aberto por", "Sr.", "assigned to").

No list holds every name: an unknown word counts where the text says that a person follows, or beside a known surname.
"""

import re
from collections.abc import Iterator, Sequence

from shared.redaction.book import WORD, Book, Word, book, words_of
from shared.redaction.name_rules import ADDRESSED, MAYBE, SPEAKS, SURELY, TITLED, USERNAME
from shared.redaction.spans import NAME, Span
from shared.redaction.view import View, view

_CITIES = frozenset(
    {("joao", "pessoa"), ("teofilo", "otoni"), ("governador", "valadares"), ("carlos", "barbosa")}
)
_MOST_WORDS = 7

type Run = tuple[int, int]
"""First and last word of a name, by their numbers."""


def names(seen: View) -> Iterator[Span]:
    """Names of people, whole: from the first of a name's words to its last."""
    words, lists = list(words_of(seen)), book()
    for first, last in (
        *_announced(seen, words, lists),
        *_listed(seen, words, lists),
        *_speaking(seen, words, lists),
    ):
        yield Span(words[first].start, words[last].end, NAME)
    for found in USERNAME.finditer(seen.text):
        is_first = found["first"] in lists.first and found["first"] not in lists.doubtful
        if is_first and found["last"] in lists.last:
            yield Span(found.start(), found.end(), NAME)


def known_names(seen: View, people: Sequence[str]) -> Iterator[Span]:
    """Names that come from known fields, whole or in part, however they are written."""
    lists = book()
    for person in people:
        parts = view(person).folded.split()
        if sum(map(len, parts)) < 3:
            continue
        whole = r"\s{1,4}".join(map(re.escape, parts))
        for found in re.finditer(rf"(?<!\w){whole}(?!\w)", seen.folded):
            yield Span(found.start(), found.end(), NAME)
        alone = {part for part in WORD.findall(" ".join(parts)) if len(part) > 2}
        alone -= lists.particles | lists.never
        for word in words_of(seen):
            if word.folded in alone and (word.capital or word.shouted) and not word.glued:
                yield Span(word.start, word.end, NAME)


def _announced(seen: View, words: Sequence[Word], lists: Book) -> Iterator[Run]:
    """Names after words that say a person follows."""
    numbers = {word.start: number for number, word in enumerate(words)}
    for pattern, text, surely in (
        (SURELY, seen.folded, True),
        (TITLED, seen.text, True),
        (MAYBE, seen.folded, False),
    ):
        for found in pattern.finditer(text):
            first = numbers.get(found.end())
            if first is None or not _may_begin(words[first], lists):
                continue
            last = _end_of(words, first, seen.text, lists)
            if surely or _looks_like_a_person(words[first : last + 1], lists):
                yield first, last


def _listed(seen: View, words: Sequence[Word], lists: Book) -> Iterator[Run]:
    """Runs of words with a first name of the list, or an unknown word before a surname of it."""
    number = 0
    while number < len(words):
        last = _listed_from(seen.text, words, number, lists)
        if last is not None:
            yield number, last
        number = number + 1 if last is None else last + 1


def _listed_from(text: str, words: Sequence[Word], number: int, lists: Book) -> int | None:
    """Where the name that begins with this word ends, if one does."""
    word = words[number]
    if word.glued or len(word.folded) < 3 or word.folded in lists.particles:
        return None
    is_first, is_doubtful = word.folded in lists.first, word.folded in lists.doubtful
    follows_place = (
        number > 0 and words[number - 1].folded in lists.places and _gap(words, number - 1, text) == " "
    )
    last = _end_of(words, number, text, lists)
    rest = words[number + 1 : last + 1]
    if is_first and (follows_place or (rest and (word.folded, rest[0].folded) in _CITIES)):
        return None
    known = [each for each in rest if each.folded in lists.last or each.folded in lists.first]
    is_sure = any(each.folded not in lists.doubtful for each in known)
    if is_first and not is_doubtful:
        beside_another = is_sure if not (word.capital or word.shouted) else bool(known)
        return last if word.capital or beside_another else None
    if not word.capital and not (is_first and word.shouted):
        return None
    if is_first or word.folded in lists.last:
        return last if is_sure else None
    ends_in_surname = bool(known) and rest[-1] is known[-1] and rest[-1].folded in lists.last
    is_unknown = word.folded not in lists.never
    return last if is_unknown and ends_in_surname and rest[-1].folded not in lists.doubtful else None


def _speaking(seen: View, words: Sequence[Word], lists: Book) -> Iterator[Run]:
    """Who has an address, "Fulana Beltrana <fulana@...>", and who speaks: "Fulana Beltrana ligou"."""
    number = 0
    while number < len(words):
        last = number
        if words[number].capital and _may_begin(words[number], lists):
            last = _end_of(words, number, seen.text, lists)
            several = last > number
            has_address = ADDRESSED.match(seen.text, words[last].end)
            speaks = several and SPEAKS.match(seen.folded, words[last].end)
            if (has_address and (several or words[number].folded in lists.first)) or speaks:
                yield number, last
        number = last + 1


def _end_of(words: Sequence[Word], number: int, text: str, lists: Book) -> int:
    """The last word that can belong to a name begun here: written alike, one space apart, nothing technical."""
    last, place = number, number
    while place + 1 < len(words) and place - number < _MOST_WORDS:
        gap, word = _gap(words, place, text), words[place + 1]
        after_initial = place > number and len(words[place].folded) == 1 and gap in (". ", ".")
        after_line = gap == "\n" and place == number and word.folded in lists.last
        if gap not in (" ", "  ") and not after_initial and not after_line:
            break
        is_initial = len(word.folded) == 1 and word.capital and text[word.end : word.end + 1] == "."
        if (word.folded in lists.particles and gap == " ") or is_initial:
            place += 1
            continue
        is_known = word.folded in lists.last or word.folded in lists.first
        is_technical = word.folded in lists.never or word.folded in lists.places
        if not _written_alike(words[number], word, is_known) or is_technical or word.glued:
            break
        place += 1
        last = place
    return last


def _written_alike(first: Word, word: Word, is_known: bool) -> bool:
    if first.shouted:
        return word.shouted
    return word.capital if first.capital else is_known and not (word.capital or word.shouted)


def _may_begin(word: Word, lists: Book) -> bool:
    is_name = (word.capital or word.shouted) and len(word.folded) > 1 and not word.glued
    return is_name and word.folded not in lists.never and word.folded not in lists.particles


def _looks_like_a_person(run: Sequence[Word], lists: Book) -> bool:
    """A first name of the list, doubtful or not; or two words and more, one of them a surname of the list."""
    if run[0].shouted and len(run) == 1:
        return False
    return run[0].folded in lists.first or any(word.folded in lists.last for word in run[1:])


def _gap(words: Sequence[Word], number: int, text: str) -> str:
    return text[words[number].end : words[number + 1].start]
