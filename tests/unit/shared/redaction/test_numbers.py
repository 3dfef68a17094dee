"""Every CPF, CNPJ and card number with right check digits is found, however it is written."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.br import cnpj as cnpj_numbers
from stdnum.br import cpf as cpf_numbers

from shared.redaction import find

DIGITS = "0123456789"
DASHES = ["-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", " - ", "\\u002d", "%2D", "/"]
DOTS = [".", ". ", "\u2024", "%2E", " "]
SURROUNDINGS = [
    ("", ""),
    ("CPF ", ","),
    ('{"documento":"', '"}'),
    ("/clientes/", "/pedidos"),
    ("doc=", "&x=1"),
    ("<v>", "</v>"),
    ("(", ")."),
    ("nota_", ".xml"),
    ("\\n", "\\n"),
    ("é: ", " é"),
]
surroundings = st.sampled_from(SURROUNDINGS)
widths = st.sampled_from(["", "wide", "arabic"])


def is_hidden(before: str, number: str, after: str) -> bool:
    text = before + number + after
    hidden = {place for span in find(text) for place in range(span.start, span.end)}
    return set(range(len(before), len(before) + len(number))) <= hidden


def in_digits(width: str, text: str) -> str:
    first = {"": "0", "wide": "\uff10", "arabic": "\u0660"}[width]
    other = {ord(digit): chr(ord(first) + number) for number, digit in enumerate(DIGITS)}
    # The digits of an escape are not the number's.
    return text if "%" in text or "\\" in text else text.translate(other)


@given(
    st.text(DIGITS, min_size=9, max_size=9),
    st.sampled_from(DOTS),
    st.sampled_from(DASHES),
    surroundings,
    widths,
)
def test_a_cpf_in_groups(base: str, dot: str, dash: str, around: tuple[str, str], width: str) -> None:
    if len(set(base)) == 1:
        return
    whole = base + cpf_numbers._calc_check_digits(base + "00")
    written = f"{whole[:3]}{dot}{whole[3:6]}{dot}{whole[6:9]}{dash}{whole[9:]}"

    assert is_hidden(around[0], in_digits(width, written), around[1])


@given(st.text(DIGITS, min_size=9, max_size=9), surroundings, widths)
def test_a_bare_cpf(base: str, around: tuple[str, str], width: str) -> None:
    if len(set(base)) == 1:
        return
    assert is_hidden(
        around[0], in_digits(width, base + cpf_numbers._calc_check_digits(base + "00")), around[1]
    )


LETTERS = st.text(DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(
    lambda base: any(character.isdigit() for character in base) and not base.startswith("0" * 11)
)


@given(
    LETTERS,
    st.sampled_from([".", "%2E"]),
    st.sampled_from(["/", "\\/", "%2F"]),
    st.sampled_from(DASHES),
    surroundings,
)
def test_a_cnpj_in_groups(base: str, dot: str, slash: str, dash: str, around: tuple[str, str]) -> None:
    end = cnpj_numbers.calc_check_digits(base + "00")
    written = f"{base[:2]}{dot}{base[2:5]}{dot}{base[5:8]}{slash}{base[8:]}{dash}{end}"

    assert is_hidden(around[0], written, around[1])
    assert is_hidden(
        around[0], written.lower() if "%" not in written and "\\" not in written else written, around[1]
    )


@given(LETTERS, surroundings)
def test_a_bare_cnpj(base: str, around: tuple[str, str]) -> None:
    whole = base + cnpj_numbers.calc_check_digits(base + "00")

    assert is_hidden(around[0] + "CNPJ ", whole, around[1]) or around[0].endswith("_")


@given(
    st.sampled_from(["4", "51", "2223", "6362", "5067"]),
    st.text(DIGITS, min_size=14, max_size=14),
    st.sampled_from(["", " ", "-"]),
)
def test_a_card(brand: str, rest: str, gap: str) -> None:
    base = (brand + rest)[:15]
    whole = base + luhn.calc_check_digit(base)
    written = gap.join(whole[place : place + 4] for place in range(0, 16, 4))

    assert is_hidden("pan=", written, ";")


@given(st.text(DIGITS, min_size=11, max_size=11))
def test_a_number_with_wrong_check_digits_is_no_cpf(digits: str) -> None:
    is_valid = bool(cpf_numbers.is_valid(digits)) and len(set(digits)) > 1

    assert is_valid == any(span.kind == "CPF" for span in find(f"doc {digits}"))
