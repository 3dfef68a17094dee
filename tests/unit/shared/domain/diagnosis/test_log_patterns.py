"""Lines that differ in their particulars alone are one pattern."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.diagnosis.log_patterns import LONGEST, Line, count, pattern_of


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("Order 12345 failed after 350ms", "Order <n> failed after <n>ms"),
        ("no route to 10.0.0.1:8080", "no route to <address>"),
        ("user ana.souza@contoso.com is unknown", "user <email> is unknown"),
        ("GET https://pay.example/v1?card=4111 -> 503", "GET <url> -> <n>"),
        ("trace 4bf92f3577b34da6a3ce929d0e0e4736 lost", "trace <id> lost"),
        ("id 6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "id <id>"),
        ("column 'cpf' has \"123\"", "column <text> has <text>"),
        ("2026-11-21T12:00:00.123Z pool at 97%", "<time> pool at <n>%"),
        ("OutOfMemoryError: Java heap space\n\tat a.b.C", "OutOfMemoryError: Java heap space"),
        ("\n\n  spaces   within ", "spaces within"),
        ("payments.v2 answered", "payments.v2 answered"),
        ("", ""),
    ],
)
def test_what_differs_is_taken_out(line: str, pattern: str) -> None:
    assert pattern_of(line) == pattern


def test_patterns_are_counted_by_who_wrote_them_and_how_loud() -> None:
    lines = [Line(300 - n, "ERROR", "SERVICE-1", f"Order {n} failed") for n in range(3)]
    lines += [Line(9, "WARN", "SERVICE-1", "Order 7 failed"), Line(9, "ERROR", "SERVICE-2", "Order 7 failed")]

    found = count(lines)

    assert (found[0].times, found[0].first_ms, found[0].pattern) == (3, 298, "Order <n> failed")
    assert [(one.level, one.entity_id) for one in found[1:]] == [
        ("ERROR", "SERVICE-2"),
        ("WARN", "SERVICE-1"),
    ]


@given(st.text(max_size=3000))
def test_any_text_gives_one_short_line(text: str) -> None:
    found = pattern_of(text)

    assert len(found) <= LONGEST
    assert len(found.splitlines()) <= 1


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_make_no_difference(one: int, other: int) -> None:
    assert pattern_of(f"took {one} ms of {other}") == pattern_of("took 1 ms of 2")
