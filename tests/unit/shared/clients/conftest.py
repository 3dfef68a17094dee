"""Retries without their pauses."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """As many attempts as in production, none of the waiting between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield
