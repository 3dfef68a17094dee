"""No text makes the redactor slow: what it takes grows with the length of the text, not with its square.

Growth is judged, not seconds: four times the text may take at most ten times as long; a square would take sixteen.
"""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.redaction import Redactor, find

SHORT, LONG = 1_000, 4_000
MOST_GROWTH = 10
ATTEMPTS = 4
"""A busy machine may disturb a measurement, not four of them."""

UNITS = (
    *("1", "11 ", "111.", "1-", "4111 ", "12 ABC ", "12.ABC.345/01DE-3", "2026-", "12:", "P-1", "\uff11"),
    *(
        "a",
        "A",
        "Maria ",
        "Silva da ",
        "João",
        "A. ",
        "Ana-",
        "Ana_",
        "de ",
        "att ",
        "Sr. ",
        "aberto por ",
        "user: ",
    ),
    *("a.b", "a@", "a@b.", "a'a", "(11) ", "+55 ", "+1 1 ", "rg ", "ag 123 ", "pix ", "chave pix ", "placa "),
    *(
        "password=",
        'password="',
        "senha ",
        "senha a a a a ",
        "token: '",
        "cookie: a",
        "bearer ",
        "basic aaaaaaaa",
    ),
    *(
        "://",
        "://a:b",
        "://a:@",
        "?sig=",
        "eyJ",
        "eyJa.",
        "ghp_",
        "sk-",
        "dt0c01.",
        "AAAAAAAAzFu",
        "jdbc:oracle:thin:a/",
    ),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "%",
        "%41",
        "\\u0041",
        "\\",
        "&#1;",
        "&amp;",
        "\u200b",
        "<",
        "<NAME_1> ",
        '"',
        "\n",
        "=",
    ),
)


def took_s(text: str) -> float:
    started = time.process_time()
    find(text)
    return time.process_time() - started


def growth(unit: str) -> float:
    """How many times longer four times the text takes, at its best."""
    short, long = ((unit * (length // len(unit) + 1))[:length] for length in (SHORT, LONG))
    best = float("inf")
    for _ in range(ATTEMPTS):
        best = min(best, took_s(long) / max(min(took_s(short), took_s(short)), 0.001))
        if best <= MOST_GROWTH:
            break
    return best


@pytest.mark.parametrize("unit", UNITS)
def test_repeating_what_begins_something_costs_no_more_than_its_length(unit: str) -> None:
    assert growth(unit) <= MOST_GROWTH


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(UNITS), min_size=2, max_size=4).map("".join))
def test_nor_does_repeating_several_of_them(unit: str) -> None:
    assert growth(unit) <= MOST_GROWTH


def test_many_values_are_hidden_and_shown_as_fast_as_few() -> None:
    def took(count: int) -> float:
        text = " ".join(f"a{number}@example.com" for number in range(count))
        redactor, started = Redactor(), time.process_time()
        assert redactor.show(redactor.hide(text)) == text
        return time.process_time() - started

    assert min(took(800) / took(200) for _ in range(ATTEMPTS)) <= MOST_GROWTH
