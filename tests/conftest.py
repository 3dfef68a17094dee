"""What all tests share: the table of the crash matrix at their end, also where other processes played it.

Properties are never held to a time: what a slow machine takes long for is not wrong.
"""

from typing import Any

from hypothesis import settings

from tests.e2e.matrix import table

settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    table.tell(terminalreporter)
