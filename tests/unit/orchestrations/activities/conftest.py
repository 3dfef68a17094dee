"""Every test of an activity runs over its own vendors; clients try again without pausing."""

from collections.abc import Iterator

import pytest
import stamina

from shared import services
from tests.fakes.vendors import Vendors


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    made = Vendors()
    services.use(made.services)
    yield made
    services.use(None)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """As many attempts as in production, none of the waiting between them."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield
