"""Text from outside loses its markup and keeps its words."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.plain import plain


@given(st.text(), st.integers(1, 400))
def test_the_result_is_one_short_line_without_markup(text: str, limit: int) -> None:
    shown = plain(text, limit)

    assert len(shown) <= limit
    assert not set(shown) & set("[]<>`*|\n\r\t\x00\u202e")


def test_the_words_stay() -> None:
    assert (
        plain("Taxa de falha [12 %]\n no serviço <checkout>") == "Taxa de falha (12 %) no serviço (checkout)"
    )


def test_a_cut_shows() -> None:
    assert plain("abcdef", 4) == "abc…"
