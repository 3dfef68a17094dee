"""Numbers that prove themselves: CPF, CNPJ (alphanumeric too) and payment cards, in every usual notation.

A number counts by its check digits (python-stdnum), so that a random one of the same length rarely does:
https://www.gov.br/receitafederal (CPF, CNPJ), ISO/IEC 7812 (cards).
"""

import re
from collections.abc import Iterator

from shared.redaction.spans import CARD, CNPJ, CPF, Span
from shared.redaction.view import View

_GAP = r"[\s./_-]{0,3}"
# Each in a look-ahead, so that every place is tried: a number before must not swallow the beginning of the next.
_CPF = re.compile(rf"(?<!\d)(?=(\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2}})(?!\d))")
_CPF_SPACED = re.compile(r"(?<!\d)(?<!\d )(?=((?:\d[ .-]){10}\d)(?![ .-]?\d))")
_CNPJ = re.compile(rf"(?<!\d)(?=(\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}{_GAP}\d{{2}})(?!\d))")
_CNPJ_SPACED = re.compile(r"(?<!\d)(?<!\d )(?=((?:\d[ .-]){13}\d)(?![ .-]?\d))")
_MARK = r"\s?[./-]\s?"
_CNPJ_LETTERS = re.compile(
    r"(?<![A-Za-z0-9])(?=("
    rf"[A-Z0-9]{{2}}(?:{_MARK})?[A-Z0-9]{{3}}(?:{_MARK})?[A-Z0-9]{{3}}(?:{_MARK})?[A-Z0-9]{{4}}(?:{_MARK})?\d{{2}}"
    r")(?![A-Za-z0-9]))",
    re.IGNORECASE,
)
_CNPJ_LETTERS_SPACED = re.compile(
    r"(?<![A-Za-z0-9])(?=([A-Z0-9]{2} [A-Z0-9]{3} [A-Z0-9]{3} [A-Z0-9]{4} \d{2})(?![A-Za-z0-9]))"
)
_CARD = re.compile(
    r"(?<![\d.,])(?=("
    r"\d{4}([ .-]?)\d{4}\2\d{4}\2\d{1,4}(?:\2\d{1,3})?|\d{4}([ .-]?)\d{6}\3\d{4,5}|\d{13,19}"
    r")(?!\d))"
)
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{17,18})|5[0-8]\d{14}|[56]\d{15}|[56]\d{17,18}|2[2-7]\d{14}|35\d{14}|3[47]\d{13}"
    r"|3(?:0[0-5]|[689]\d)\d{11}"
)
"""First digits and lengths of the brands seen in Brazil, Elo and Hipercard among them."""
_STAMP = re.compile(r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")
_ADDRESS = re.compile(r"(?:(?:1?\d?\d|2[0-4]\d|25[0-5])\.){3}\d\d")
_COUNTED = re.compile(
    r"\b(?:offset|lag|bytes|size|tamanho|rss|limit|used|free|memory|seq|sequence|epoch|ts|timestamp|duration|took|pid|port|"
    r"line|elapsed|count|total)[\"']?\s?[:=]?\s?$"
)
_MEASURED = re.compile(r"\s?(?:bytes|[kmgt]i?b|[mun]?s|rows|linhas|itens|items|records|registros|msgs?)\b")
_LETTERS = re.compile(r"[A-Za-z0-9]*")
_NEAR = 24
"""Characters before a number in which its name would stand."""


def proven_numbers(seen: View) -> Iterator[Span]:
    """CPF, CNPJ and card numbers with right check digits."""
    yield from _found(seen, (_CPF, _CPF_SPACED), CPF)
    yield from _found(seen, (_CNPJ, _CNPJ_SPACED, _CNPJ_LETTERS, _CNPJ_LETTERS_SPACED), CNPJ)
    yield from _found(seen, (_CARD,), CARD)


def _found(seen: View, patterns: tuple[re.Pattern[str], ...], kind: str) -> Iterator[Span]:
    is_valid = {CPF: _is_cpf, CNPJ: _is_cnpj, CARD: _is_card}[kind]
    for pattern in patterns:
        for found in pattern.finditer(seen.text):
            if is_valid(seen, found.start(1), found[1]):
                yield Span(found.start(1), found.end(1), kind)


def _is_cpf(seen: View, start: int, written: str) -> bool:
    from stdnum.br import cpf

    digits = _bare(written)
    if len(set(digits)) == 1 or not cpf.is_valid(digits):
        return False
    named = _named(seen, start, "cpf")
    if len(written) == len(digits):
        end = start + len(written)
        return named or (_stands_alone(seen.text, start, end) and not counts_something(seen, start, end))
    return named or not _ADDRESS.fullmatch(written)


def _is_cnpj(seen: View, start: int, written: str) -> bool:
    from stdnum.br import cnpj

    characters = _bare(written).upper()
    if not cnpj.is_valid(characters):
        return False
    if _named(seen, start, "cnpj"):
        return True
    if len(written) > len(characters):
        return any(character.isdigit() for character in characters[:12])
    end = start + len(written)
    if characters.isdigit():
        is_time = _STAMP.fullmatch(characters) and characters[8:12] != "0001"
        alone = _stands_alone(seen.text, start, end) and not counts_something(seen, start, end)
        return alone and not is_time
    return any(character.isdigit() for character in characters[:12])


def _is_card(seen: View, start: int, written: str) -> bool:
    from stdnum import luhn

    digits = _bare(written)
    if len(set(digits)) == 1 or not _ISSUED.fullmatch(digits) or not luhn.is_valid(digits):
        return False
    end = start + len(written)
    if len(written) > len(digits):
        return True
    return _stands_alone(seen.text, start, end) and not counts_something(seen, start, end)


def _bare(written: str) -> str:
    return "".join(character for character in written if character.isalnum())


def _named(seen: View, start: int, name: str) -> bool:
    return name in seen.folded[max(0, start - _NEAR) : start]


def counts_something(seen: View, start: int, end: int) -> bool:
    """Whether the text says that these digits are an amount: `offset=`, `bytes`."""
    before = seen.folded[max(0, start - _NEAR) : start]
    return bool(_COUNTED.search(before) or _MEASURED.match(seen.folded, end))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the digits are a number of their own: no fraction, and no part of a hash or an identifier.

    Letters may stand against them only as a word would, which no hexadecimal is: `doc52998224725`.
    """
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if re.fullmatch(r"\d[.,]", before) or re.fullmatch(r"[.,]\d", after):
        return False
    letters = _letters_before(text, start) + (_LETTERS.match(text, end) or [""])[0]
    return not letters or (letters.isalpha() and not re.fullmatch(r"[a-fA-FxX]*|[A-Z]{1,5}", letters))


def _letters_before(text: str, start: int) -> str:
    place = start
    while place > 0 and start - place < _NEAR and text[place - 1].isascii() and text[place - 1].isalnum():
        place -= 1
    return text[place:start]
