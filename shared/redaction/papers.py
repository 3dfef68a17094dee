"""What only its name gives away: RG, PIS, CNH, Pix keys, bank accounts, number plates.

Their numbers are too short or too plain to be known by themselves; the word before them is what counts. A number plate
is personal data where the text says that it is one; `ABC1234` alone may be any code, and stays.
"""

import re
from collections.abc import Iterator

from shared.redaction.spans import ACCOUNT, DOCUMENT, PIX, PLATE, RG, Span
from shared.redaction.view import View

_SAID = r"[\s:=\"'(#no.e-]{0,10}"
_RULES = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            RG,
            r"\b(?:r\.?g\.?|registro geral|(?:carteira|cedula) de identidade|identidade)"
            r"(?:[ _-](?:numero|num|number|do cliente|do titular|n))?"
            + _SAID
            + r"(?:(?:n|no|numero)[.:\s]{1,3})?"
            r"(?P<value>(?:[a-z]{2}[ .-]?)?\d{1,2}[. ]?\d{3}[. ]?\d{3}(?:[ -]?[\dx])?"
            r"(?:[ /-]{1,3}(?:ssp|detran|pc|ifp|sesp|sds|sptc)(?:[ /-]{1,3}[a-z]{2})?)?)(?![\w-]*\d)",
        ),
        (
            RG,
            r"(?<![\w.-])(?P<value>\d{1,2}\.\d{3}\.\d{3}-[\dx](?:[ /-]{1,3}ssp[ /-]{1,3}[a-z]{2})?)(?![\w-])",
        ),
        (RG, r"(?<![\w.-])(?P<value>mg[ -]?\d{1,2}\.\d{3}\.\d{3}(?:-[\dx])?)(?![\w-])"),
        (
            RG,
            r"(?<![\w.-])(?P<value>(?:[a-z]{2}[ -]?)?\d{1,2}\.?\d{3}\.?\d{3}-?[\dx]?[ /-]{1,3}ssp[ /-]{1,3}[a-z]{2})\b",
        ),
        (
            DOCUMENT,
            r"\b(?:pis|pasep|pis/pasep|nis|nit|cnh|renach|ctps|passaporte|passport|"
            r"titulo (?:de )?eleitor(?:al)?|cns|cartao sus)"
            + _SAID
            + r"(?P<value>[a-z]{0,2}\d[\d. /-]{4,18}\d)(?!\w)",
        ),
        (
            PIX,
            r"\b(?:pix|chave aleatoria|evp)\b.{0,40}?"
            r"(?P<value>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
        ),
        (PIX, r"\bchave[ _-]?pix\b[\s:=\"']{1,5}(?P<value>[\w.+@-]{6,77})"),
        (
            ACCOUNT,
            r"\b(?:ag|agencia|agency|conta)[ .:=#no]{1,5}(?P<value>\d{3,5}(?:-[\dx])?[\s,;/|.-]{1,4}"
            r"(?:e )?(?:a )?(?:op(?:eracao)?[ .:]{0,2}\d{2,3}[\s,/-]{1,3})?"
            r"(?:c/?c|c/?p|conta(?: corrente| poupanca)?|account)[ .:=#no]{1,5}\d{4,13}(?:[ .-]{0,2}[\dx])?)(?!\w)",
        ),
        (
            ACCOUNT,
            r"\b(?:c/c|c/p|conta(?: (?:corrente|poupanca|bancaria|salario|numero|num|n[o.]))|"
            r"conta(?=[ :.no]{1,4}\d{4,12}-[\dx]\b)"
            r"|bank account|account number)"
            r"[\s:=#no.\"']{1,6}(?P<value>\d[\d.]{3,12}(?: ?- ?[\dx])?)(?!\w)",
        ),
        (ACCOUNT, r"\b(?:agencia|ag\.)[\s:=#no]{1,4}(?P<value>\d{4}(?:-[\dx])?)(?!\w)"),
        (ACCOUNT, r"\b(?P<value>br\d{2}[ ]?\d{4}(?:[ ]?\d{4}){4}[ ]?\d{3}[a-z][ ]?[a-z0-9])\b"),
        (
            PLATE,
            r"\b(?:placas?|license plate|licence plate|veiculo|carro|caminhao)\b"
            + _SAID
            + r"(?P<value>[a-z]{3}[ -]?\d[a-z0-9]\d{2})\b",
        ),
    )
)


def named_papers(seen: View) -> Iterator[Span]:
    """Where a document, a key, an account or a plate stands that the text calls so."""
    for kind, pattern in _RULES:
        for found in pattern.finditer(seen.folded):
            yield Span(found.start("value"), found.end("value"), kind)
