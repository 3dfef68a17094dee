"""Activities' tokens."""

import pytest

from sandbox.durable.activities import parse_token


def test_a_token_names_the_activity_and_the_attempt() -> None:
    assert parse_token("1800000000000001.3.2.1") == ((1800000000000001, 3, 2), 1)


@pytest.mark.parametrize("token", ["", "1.2.3", "1.2.3.4.5", "a.2.3.4", "1.2.3.", "ab12cd34-7", "1.2.3.-"])
def test_what_is_no_activitys_token_names_nothing(token: str) -> None:
    assert parse_token(token) is None
