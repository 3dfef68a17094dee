"""What all tests share: the table of the crash matrix at their end, also where other processes played it."""

from typing import Any

from tests.e2e.matrix import table


def pytest_terminal_summary(terminalreporter: Any) -> None:
    table.tell(terminalreporter)
