"""Signed tokens: what we gave out is all that comes back in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Forbidden
from shared.security.links import sign, verify
from shared.settings import Secret

NEW, OLD, OTHER = (Secret(letter * 16) for letter in "abc")


def test_a_token_is_good_for_what_it_was_made_for() -> None:
    token = sign((NEW,), "approval", "op-1", expires_at_s=100)

    verify((NEW,), token, "approval", "op-1", now_s=99)


def test_a_token_made_with_the_old_secret_lives_through_a_rotation() -> None:
    token = sign((OLD,), "approval", "op-1", expires_at_s=100)

    verify((NEW, OLD), token, "approval", "op-1", now_s=99)


@pytest.mark.parametrize(
    ("purpose", "part", "now_s", "secret"),
    [
        ("decide", "op-1", 99, NEW),
        ("approval", "op-2", 99, NEW),
        ("approval", "op-1", 101, NEW),
        ("approval", "op-1", 99, OTHER),
    ],
    ids=["other purpose", "other operation", "too late", "other secret"],
)
def test_a_token_is_good_for_nothing_else(purpose: str, part: str, now_s: float, secret: Secret) -> None:
    token = sign((NEW,), "approval", "op-1", expires_at_s=100)

    with pytest.raises(Forbidden):
        verify((secret,), token, purpose, part, now_s=now_s)


def test_a_later_expiry_cannot_be_written_into_a_token() -> None:
    token = sign((NEW,), "approval", "op-1", expires_at_s=100)

    with pytest.raises(Forbidden):
        verify((NEW,), token.replace("100.", "999."), "approval", "op-1", now_s=200)


@given(st.text())
def test_no_made_up_token_passes(token: str) -> None:
    with pytest.raises(Forbidden):
        verify((NEW,), token, "approval", "op-1", now_s=0)
