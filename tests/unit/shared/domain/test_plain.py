"""Text from outside loses its markup, its links and what nobody sees, and keeps its words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.plain import address, journal, plain

ANY = st.text(st.characters(codec=None))
"""Lone surrogates too: JSON can carry them."""


@given(ANY, st.integers(1, 400))
def test_the_result_is_one_short_line_without_markup(text: str, limit: int) -> None:
    shown = plain(text, limit)

    assert len(shown) <= limit
    assert not set(shown) & set("[]<>`*|\n\r\t\x00\u202e")
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    shown.encode()


@given(
    st.lists(st.sampled_from(["http", "s", "://", "HTTP", "www.", "a", "/", "{", "}", "$", "-", "#", " "]))
)
def test_no_link_and_no_function_is_left(pieces: list[str]) -> None:
    shown = plain("".join(pieces))

    assert "http://" not in shown.lower()
    assert "https://" not in shown.lower()
    assert "{{" not in shown
    assert "${" not in shown
    assert not shown.startswith(("#", "- "))


def test_the_words_stay() -> None:
    assert (
        plain("Taxa de falha [12 %]\n no serviço <checkout>") == "Taxa de falha (12 %) no serviço (checkout)"
    )


@pytest.mark.parametrize("text", ["-5 % em 10 min", "João's pod: checkout_api-7d9f", "a/b: c // d", "é 😀"])
def test_what_means_nothing_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/x", "see hxxps://evil.example/x"),
        ("HTTP://EVIL.example", "HxxP://EVIL.example"),
        ("[approve](https://evil.example)", "(approve)(hxxps://evil.example)"),
        ("![x](http://evil.example/x.png)", "!(x)(hxxp://evil.example/x.png)"),
        ("go to www.evil.example", "go to www .evil.example"),
        ("msteams://l/chat", "msteams: //l/chat"),
        ("# Approved", "Approved"),
        ("- [x] done", "(x) done"),
        ("--- end", "end"),
        ("{{DATE(2026-01-01T00:00:00Z)}}", "{ {DATE(2026-01-01T00:00:00Z)} }"),
        ("${secret}", "$ {secret}"),
        ("ig\u200bnore\u2060 \u202eall", "ignore all"),
        ("hi\U000e0069\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065", "hi"),
        ("a\u3164\ufe0fb", "ab"),
        ("[code]<a href='x'>y</a>[/code]", "(code)(a href='x')y(/a)(/code)"),
    ],
)
def test_what_would_act_is_only_read(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_journal_keeps_its_lines_and_loses_its_code() -> None:
    assert journal("E1 a\nE2 [CODE]<a>[/ code]\u202e [1]\n") == "E1 a\nE2 (CODE)<a>(/ code) [1]"


def test_a_cut_shows() -> None:
    assert plain("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    "url",
    [
        "https://abc12345.live.dynatrace.com/#problems/problemdetails;pid=-123_1763726400000V2",
        "http://127.0.0.1:7071/api/approvals/incident-1",
        "https://contoso.service-now.com/nav_to.do?uri=incident.do?sys_id=0a&x=%2F",
    ],
)
def test_an_honest_address_stays_as_it_is(url: str) -> None:
    assert address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example", "https://"),
        *(
            "https://good.example@evil.example/",
            "https://g\u043e\u043ed.example/",
            "https://a b",
            "https://a\\@b",
            "https://a\n",
        ),
        "https://a.example/" + "x" * 2000,
    ],
)
def test_what_is_none_is_nothing(url: str) -> None:
    assert address(url) == ""


def test_an_address_cannot_end_the_link_it_stands_in() -> None:
    assert address("https://a.example/x)[b](https://evil.example") == (
        "https://a.example/x%29%5Bb%5D%28https://evil.example"
    )


@given(ANY)
def test_any_address_is_nothing_or_one(url: str) -> None:
    shown = address(url)

    assert not shown or (
        shown.lower().startswith(("http://", "https://")) and not set(shown) & set("[]()<>`'\" ")
    )
