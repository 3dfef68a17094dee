"""How to reach a person: e-mail addresses, phones in all Brazilian forms, postal codes.

What a bare row of digits is, only its surroundings tell: "ligar para 1134567890" is a phone, "offset 1134567890" none.
"""

import re
from collections.abc import Iterator

from shared.redaction.numbers import counts_something
from shared.redaction.spans import CEP, EMAIL, PHONE, Span
from shared.redaction.view import View

_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w%+-](?:[\w.%+'-]{0,63})(?:@|\s?[\[(](?:at|arroba)[\])]\s?)"
    r"(?P<host>[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){1,8})"
)
_NO_PERSON_AT = re.compile(r"\.(?:local|internal|cluster|svc|lan|localdomain)$|\.\d+$")
_DDD = r"(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])"
"""Area codes (https://www.anatel.gov.br)."""
_SEP = r"[\s.-]{0,3}"
_FORMATTED = re.compile(
    rf"(?<![\w.])(?:(?:\+|00)\s?55{_SEP}|55\s)(?:\(0?{_DDD}\)|0?{_DDD}){_SEP}(?:9{_SEP}\d{{4}}|[2-57]\d{{3}}){_SEP}\d{{4}}(?!\d)"
    rf"|(?<![\w.])\((?:0|0xx)?{_DDD}\){_SEP}(?:9{_SEP}\d{{4}}|[2-57]\d{{3}}){_SEP}\d{{4}}(?!\d)"
    rf"|(?<![\w.-])(?:0|0xx|0\d\d)?{_DDD}[\s.-]{{1,3}}(?:9{_SEP}\d{{4}}{_SEP}\d{{4}}|[2-57]\d{{3}}[.-]\d{{4}})(?![\w.-]*\d)"
    r"|(?<![\w.-])9\s?[4-9]\d{3}-\d{4}(?![\w-]|\.\d)"
    r"|(?<![\w.+])\+[1-9]\d{0,2}(?:[\s.-]?\(?\d{1,4}\)?){2,5}(?!\w|[.:-]\d)"
)
_BARE = re.compile(rf"(?<![\w.+-])(?:55)?0?{_DDD}(?:9\d{{8}}|[2-57]\d{{7}})(?![\w-]|\.\d)")
_LOCAL = re.compile(r"(?<![\w.+-])(?:9?\d{4}[ .-]?\d{4})(?![\w-]|\.\d)")
_BARE_MOBILE = re.compile(rf"(?:55)?{_DDD}9[4-9]\d{{7}}")
_CALLED = re.compile(
    r"tel|fone|phone|celular|\bcel\b|whats|\bzap|ligar|ligue|ligou|liga\b|\bcall\b|contato|contact|ramal|mobile|msisdn|\bsms\b"
)
_COUNTED = re.compile(
    r"(?:[=#/]|\b(?:id|ids|pedido|order|request|req|trace|build|run|nota|nf|lote|batch|job|version|versao|key|chave|"
    r"protocolo|ticket|chamado|row|partition|after|value|valor|transaction|transacao|sku|codigo|code)\W{0,4})$"
)
"""Before a row of digits that is something else than a phone."""
_CEP = re.compile(r"(?<![\w.,/-])(?:\d{5}-\d{3}|\d{2}\.\d{3}-\d{3})(?![\w/-]|[.,]\d)")
_CEP_NAMED = re.compile(
    r"\bcep\W{0,3}(?:n[o.]\s?|numero\s|e\s)?\W{0,2}(?P<cep>\d{2}\.?\d{3}[\s.-]{0,2}\d{3})(?!\d)"
)
_NEAR = 40


def contacts(seen: View) -> Iterator[Span]:
    """E-mail addresses, phones, postal codes."""
    yield from _emails(seen)
    yield from _phones(seen)
    for found in _CEP.finditer(seen.text):
        yield Span(found.start(), found.end(), CEP)
    for found in _CEP_NAMED.finditer(seen.folded):
        yield Span(found.start("cep"), found.end("cep"), CEP)


def _emails(seen: View) -> Iterator[Span]:
    for found in _EMAIL.finditer(seen.text):
        of_machine = found[0].startswith("git@") or _NO_PERSON_AT.search(found["host"])
        in_address = seen.text[max(0, found.start() - 3) : found.start()] == "://"
        if not of_machine and not in_address and not found["host"].rpartition(".")[2].isdigit():
            yield Span(found.start(), found.end(), EMAIL)


def _phones(seen: View) -> Iterator[Span]:
    for found in _FORMATTED.finditer(seen.text):
        if not found[0].startswith("+") or 8 <= sum(map(str.isdigit, found[0])) <= 15:
            yield Span(found.start(), found.end(), PHONE)
    for found in _BARE.finditer(seen.text):
        before = seen.folded[max(0, found.start() - _NEAR) : found.start()]
        mobile = _BARE_MOBILE.fullmatch(found[0])
        if _CALLED.search(before) or (
            mobile and not _COUNTED.search(before) and not counts_something(seen, found.start(), found.end())
        ):
            yield Span(found.start(), found.end(), PHONE)
    for found in _LOCAL.finditer(seen.text):
        before = seen.folded[max(0, found.start() - _NEAR) : found.start()]
        if _CALLED.search(before) and not re.search(r"\d", before[-12:]):
            yield Span(found.start(), found.end(), PHONE)
