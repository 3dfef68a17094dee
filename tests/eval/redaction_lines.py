"""Makes the labelled lines of the redaction set: `python -m tests.eval.redaction_lines` writes data/redaction.jsonl.

Sentences come from data/redaction_sentences.txt, values from here, all by one seed. Every third sentence is held out,
with names and notations of its own, so that what the rules were tuned on says nothing about it. Nobody's data:
numbers are drawn and given their check digits, names are put together, secrets are noise in a vendor's shape. In the
file the first letters of a secret are written as JSON escapes, so that no scanner takes the noise for a leak.
"""

import json
import random
import re
import string
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from stdnum import luhn
from stdnum.br import cnpj as cnpj_numbers

SEED = 20261121
FILE = Path(__file__).parent / "data" / "redaction.jsonl"
SENTENCES = Path(__file__).parent / "data" / "redaction_sentences.txt"
COPIES = {"pt": 4, "en": 4, "clean": 5}
SECRET_KINDS = ("token", "connection_string", "private_key", "password")

_HOLE = re.compile(r"⟪(\w+)(?:\|([^⟫]*))?⟫")
_DDD = (
    *("11", "12", "19", "21", "24", "27", "31", "34", "38", "41", "47", "48", "51", "54"),
    *("61", "62", "65", "67", "71", "75", "79", "81", "84", "85", "88", "91", "92", "98"),
)


class Values:
    """What fills the holes. held_out: with names and notations that the other part does not have."""

    def __init__(self, chance: random.Random, held_out: bool) -> None:
        self.chance, self.held_out = chance, held_out

    def fill(self, kind: str) -> tuple[str, str]:
        """(label, text)."""
        label = _LABELS.get(kind, kind)
        return label, str(getattr(self, kind)())

    def one(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def digits(self, number: int) -> str:
        return "".join(self.chance.choices(string.digits, k=number))

    def noise(self, number: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(self.chance.choices(letters, k=number))

    # People.

    def first(self) -> str:
        return self.chance.choice(self._names("first"))

    def last(self) -> str:
        return self.chance.choice(self._names("last"))

    def _names(self, room: str) -> list[str]:
        return " ".join(_rooms()[f"{room} held out" if self.held_out else room]).split()

    def name(self) -> str:
        first, last = self.first(), self.last()
        pattern = self.chance.randrange(6)
        more = {
            0: f" {self.first()}",
            1: f" {self.last()}",
            2: f" {self.one('da', 'de', 'dos')}",
            3: f" {self.first()[0]}.",
        }
        return f"{first}{more.get(pattern, '')} {last}"

    def NAME(self) -> str:
        return self.name().upper()

    def name_lower(self) -> str:
        return self.name().lower()

    def username(self) -> str:
        return f"{_plain(self.first())}.{_plain(self.last())}"

    # Numbers of people and companies.

    def cpf(self) -> str:
        digits = self.digits(9)
        for _ in range(2):
            weights = range(len(digits) + 1, 1, -1)
            digits += str(sum(int(d) * w for d, w in zip(digits, weights, strict=True)) * 10 % 11 % 10)
        a, b, c, d = digits[:3], digits[3:6], digits[6:9], digits[9:]
        usual = (f"{a}.{b}.{c}-{d}", digits, f"{a}.{b}.{c}-{d}", f"{a} {b} {c} {d}", f"{a}{b}{c}-{d}")
        rare = (
            f"{a}.{b}.{c}/{d}",
            f"{a}-{b}-{c}-{d}",
            f"{a}.{b}.{c}\u2011{d}",
            f"{a}. {b}. {c} - {d}",
            _wide(f"{a}.{b}.{c}-{d}"),
        )
        return self.one(*usual, *(rare if self.held_out else ()))

    def cnpj(self) -> str:
        letters = string.digits if self.chance.random() < 0.6 else string.digits + string.ascii_uppercase
        base = self.noise(8, letters) + self.one("0001", "0002", self.noise(4, letters))
        whole = base + cnpj_numbers.calc_check_digits(base + "00")
        a, b, c, d, e = whole[:2], whole[2:5], whole[5:8], whole[8:12], whole[12:]
        usual = (f"{a}.{b}.{c}/{d}-{e}", whole, f"{a}.{b}.{c}/{d}-{e}")
        rare = (
            f"{a}.{b}.{c}/{d}-{e}".lower(),
            f"{a}.{b}.{c}%2F{d}-{e}",
            f"{a}{b}{c}/{d}-{e}",
            f"{a}.{b}.{c}\\/{d}\u2013{e}",
        )
        return self.one(*usual, *(rare if self.held_out else ()))

    def card(self) -> str:
        base = self.one("4", "51", "55", "2223", "6362", "5067", "606282")
        base += self.digits(15 - len(base))
        whole = base + luhn.calc_check_digit(base)
        if self.chance.random() < 0.1:
            amex = "37" + self.digits(12)
            return amex + luhn.calc_check_digit(amex)
        groups = [whole[place : place + 4] for place in range(0, 16, 4)]
        return self.one(whole, " ".join(groups), "-".join(groups))

    def phone(self) -> str:
        ddd, a, b = self.one(*_DDD), f"9{self.one(*'6789')}{self.digits(3)}", self.digits(4)
        c = self.one(*"2345") + self.digits(3)
        usual = (
            f"({ddd}) {a}-{b}",
            f"+55 {ddd} {a}-{b}",
            f"({ddd}) {c}-{b}",
            f"{ddd} {a}-{b}",
            f"{ddd}{a}{b}",
        )
        rare = (
            f"+55{ddd}{a}{b}",
            f"+55 ({ddd}) {c}-{b}",
            f"0{ddd} {a}-{b}",
            f"{ddd}-{a}-{b}",
            f"({ddd}){a}{b}",
            f"{ddd} {a} {b}",
        )
        return self.one(*usual, *(rare if self.held_out else ()))

    def email(self) -> str:
        user = f"{_plain(self.first())}{self.one('.', '_', '')}{_plain(self.last())}{self.one('', '', self.digits(2))}"
        host = self.one(
            "gmail.com",
            "hotmail.com",
            "empresa.com.br",
            "uol.com.br",
            "corp.example.com",
            "fornecedor.ind.br",
        )
        return f"{user}{self.one('@', '@', '@', '%40') if self.held_out else '@'}{host}"

    def cep(self) -> str:
        a, b = self.digits(5), self.digits(3)
        return self.one(f"{a}-{b}", f"{a[:2]}.{a[2:]}-{b}", f"{a}-{b}")

    def rg(self) -> str:
        a, b, c, d = self.digits(2), self.digits(3), self.digits(3), self.one(*"0123456789X")
        usual = (f"{a}.{b}.{c}-{d}", f"{a}{b}{c}{d}", f"MG-{a}.{b}.{c}")
        return self.one(
            *usual, *((f"{a[0]}.{b}.{c} SSP/BA", f"{a}.{b}.{c}-{d} SSP/SP") if self.held_out else ())
        )

    def document(self) -> str:
        digits = self.digits(11)
        return self.one(digits, f"{digits[:3]}.{digits[3:8]}.{digits[8:10]}-{digits[10]}")

    def plate(self) -> str:
        letters, digits = self.noise(3, string.ascii_uppercase), self.digits(4)
        mercosul = f"{letters}{digits[0]}{self.noise(1, string.ascii_uppercase)}{digits[2:]}"
        return self.one(f"{letters}{digits}", f"{letters}-{digits}", mercosul)

    def pix(self) -> str:
        return self.guid()

    def account(self) -> str:
        return f"{self.digits(4)} {self.one('c/c', 'conta', 'cc')} {self.digits(5)}-{self.digits(1)}"

    def account_plain(self) -> str:
        return f"{self.digits(5)}-{self.digits(1)}"

    # Secrets.

    def password(self) -> str:
        return self.one(*"ABCXYZ") + self.noise(6) + self.one("#", "@", "!", "$") + self.digits(2)

    def token(self) -> str:
        upper, hexes = string.ascii_uppercase + string.digits, "0123456789abcdef"
        shapes: tuple[Callable[[], str], ...] = (
            lambda: f"ghp_{self.noise(36)}",
            lambda: f"eyJ{self.noise(24)}.eyJ{self.noise(40)}.{self.noise(43)}",
            lambda: f"dt0c01.{self.noise(24, upper)}.{self.noise(64, upper)}",
            lambda: f"AKIA{self.noise(16, upper)}",
            lambda: f"sk-proj-{self.noise(48)}",
            lambda: f"xoxb-{self.digits(11)}-{self.digits(12)}-{self.noise(24)}",
        )
        rare: tuple[Callable[[], str], ...] = (
            lambda: f"github_pat_{self.noise(22)}_{self.noise(59)}",
            lambda: f"glpat-{self.noise(20)}",
            lambda: self.noise(52, "abcdefghijklmnopqrstuvwxyz234567"),
            lambda: f"{self.noise(76)}AZDO{self.noise(4)}",
            lambda: f"dapi{self.noise(32, hexes)}",
        )
        return self.chance.choice(shapes + (rare if self.held_out else ()))()

    def connection_string(self) -> str:
        """Only its secret part is labelled: fill cuts it out at the guillemets."""
        key = self.noise(43, string.ascii_letters + string.digits + "+/") + "="
        password = self.password()
        return self.one(
            f"Endpoint=sb://loja.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey=«{key}»",
            f"DefaultEndpointsProtocol=https;AccountName=st;AccountKey=«{key * 2}»;EndpointSuffix=core.windows.net",
            f"Server=tcp:loja.database.windows.net,1433;Database=erp;User ID=app;Password=«{password}»;Encrypt=True",
            f"jdbc:postgresql://db.example.com:5432/pedidos?user=app&password=«{password}»",
            f"mongodb://app:«{self.noise(14)}»@mongo-0.example.com:27017/loja",
            f"redis://:«{self.noise(20)}»@cache.example.com:6379/0",
            f"amqps://app:«{self.noise(16)}»@broker.example.com/vh",
        )

    def private_key(self) -> str:
        body = self.noise(64, string.ascii_letters + string.digits + "+/")
        return self.one(
            f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n{body[:40]}\n-----END RSA PRIVATE KEY-----",
            f"-----BEGIN PRIVATE KEY-----\\n{body}\\n-----END PRIVATE KEY-----",
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}",
        )

    def sas(self) -> str:
        return self.noise(40) + "%3D"

    def url_secret(self) -> str:
        return f"app:«{self.noise(24)}»"

    # What machines write.

    def timestamp(self) -> str:
        return f"{self.date()}{self.one('T', ' ')}{self.time()}{self.one('', '.123', 'Z', '.123456Z')}"

    def date(self) -> str:
        return f"2026-{self.chance.randrange(1, 13):02}-{self.chance.randrange(1, 29):02}"

    def time(self) -> str:
        return f"{self.chance.randrange(24):02}:{self.chance.randrange(60):02}:{self.chance.randrange(60):02}"

    def guid(self) -> str:
        return "-".join(self.noise(number, "0123456789abcdef") for number in (8, 4, 4, 4, 12))

    def trace(self) -> str:
        return self.noise(32, "0123456789abcdef")

    def span(self) -> str:
        return self.noise(16, "0123456789abcdef")

    def sha(self) -> str:
        return self.noise(40, "0123456789abcdef")

    def sha256(self) -> str:
        return self.noise(64, "0123456789abcdef")

    def hexupper(self) -> str:
        return self.noise(12, "0123456789ABCDEF")

    def entity(self) -> str:
        return self.noise(16, "0123456789ABCDEF")

    def count(self) -> str:
        return str(self.chance.randrange(100, 99_999))

    def int8(self) -> str:
        return str(self.chance.randrange(10_000_000, 99_999_999))

    def small(self) -> str:
        return str(self.chance.randrange(1, 99))

    def big(self) -> str:
        return str(self.chance.randrange(10**8, 10**11))

    def order11(self) -> str:
        return f"{self.one('10', '20', '30', '12')}{self.one(*'12345678')}{self.digits(8)}"

    def decimal(self) -> str:
        return f"{self.chance.uniform(0, 900):.{self.chance.randrange(1, 6)}f}"

    def ip(self) -> str:
        return ".".join(str(self.chance.randrange(1, 255)) for _ in range(4))

    def port(self) -> str:
        return str(self.chance.randrange(1024, 65535))

    def http(self) -> str:
        return self.one("200", "404", "429", "500", "503")

    def version(self) -> str:
        return ".".join(str(self.chance.randrange(40)) for _ in range(self.chance.randrange(2, 5)))

    def build(self) -> str:
        return f"{self.date().replace('-', '')}.{self.small()}"

    def pod(self) -> str:
        letters = "bcdfghjklmnpqrstvwxz2456789"
        return f"orders-api-{self.noise(10, letters)}-{self.noise(5, letters)}"

    def problem(self) -> str:
        return self.digits(7)

    def pid(self) -> str:
        return f"{self.digits(19)}_{self.epoch_ms()}"

    def epoch_ms(self) -> str:
        return str(self.chance.randrange(1_700_000_000_000, 1_900_000_000_000))

    def inc(self) -> str:
        return self.digits(5)


_LABELS = {
    "first": "name",
    "NAME": "name",
    "name_lower": "name",
    "username": "name",
    "password": "token",
    "sas": "token",
    "url_secret": "token",
    "account_plain": "account",
}


def lines() -> Iterator[dict[str, Any]]:
    """Every record of the set, in order; the same ones each time."""
    chance = random.Random(SEED)
    for room, copies in COPIES.items():
        for number, sentence in enumerate(_rooms()[room]):
            held_out = number % 3 == 2
            for _ in range(copies if _has_holes(sentence) else 1):
                yield _line(sentence, room, Values(chance, held_out), held_out)


@cache
def _rooms() -> dict[str, list[str]]:
    """The lines of each [room] of the file of sentences."""
    rooms: dict[str, list[str]] = {}
    room: list[str] = []
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            room = rooms.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            room.append(line.replace("\\n", "\n"))
    return rooms


def _has_holes(sentence: str) -> bool:
    return any(text is None for text in (hole[2] for hole in _HOLE.finditer(sentence)))


def _line(sentence: str, room: str, values: Values, held_out: bool) -> dict[str, Any]:
    text, spans, done = "", [], 0
    for hole in _HOLE.finditer(sentence):
        text += sentence[done : hole.start()]
        done = hole.end()
        label, value = (
            (_LABELS.get(hole[1], hole[1]), hole[2]) if hole[2] is not None else values.fill(hole[1])
        )
        before, mark, rest = value.partition("«")
        secret, _, after = rest.partition("»") if mark else (before, "", "")
        text += before if mark else ""
        if room != "clean":
            spans.append({"start": len(text), "end": len(text) + len(secret), "kind": label})
        text += secret + after
    return {"text": text + sentence[done:], "spans": spans, "language": room, "held_out": held_out}


def encode(record: dict[str, Any]) -> str:
    """One line of the file; the first letters of secrets as escapes."""
    text, pieces, done = record["text"], [], 0
    for span in record["spans"]:
        if span["kind"] in SECRET_KINDS:
            pieces.append(json.dumps(text[done : span["start"]], ensure_ascii=False)[1:-1])
            done = min(span["start"] + 6, span["end"])
            pieces.append("".join(f"\\u{ord(character):04x}" for character in text[span["start"] : done]))
    pieces.append(json.dumps(text[done:], ensure_ascii=False)[1:-1])
    rest = json.dumps({name: value for name, value in record.items() if name != "text"}, ensure_ascii=False)
    return f'{{"text": "{"".join(pieces)}", {rest[1:]}'


def _plain(name: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFD", name.lower()).encode("ascii", "ignore").decode()


def _wide(text: str) -> str:
    """In full-width characters, as some PDFs give them."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


if __name__ == "__main__":
    FILE.write_text("".join(encode(record) + "\n" for record in lines()), encoding="utf-8")
