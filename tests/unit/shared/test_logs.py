"""Whatever is logged, by whomever, the log holds no personal data and no secret."""

import logging
from collections.abc import Iterator

import pytest

from shared.logs import redact_logs


@pytest.fixture(autouse=True)
def redacting() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    redact_logs()
    yield
    logging.setLogRecordFactory(before)


def test_a_line_is_redacted_with_its_values(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("functions.incidents.problems").warning("%s: %d tries", "CPF 529.982.247-25", 3)

    assert caplog.messages == ["CPF «CPF»: 3 tries"]


def test_so_is_the_traceback_of_an_error(caplog: pytest.LogCaptureFixture) -> None:
    try:
        try:
            raise KeyError("password=Sup3rS3nh@!")
        except KeyError as error:
            raise ValueError("ana@example.com") from error
    except ValueError:
        logging.getLogger("functions.http").exception("unexpected error")

    (line,) = caplog.messages
    assert "ValueError: «EMAIL»" in line
    assert "in test_so_is_the_traceback_of_an_error" in line
    assert "Sup3r" not in caplog.text
    assert "ana@" not in caplog.text


def test_warnings_of_other_packages_are_redacted_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logging.getLogger("durabletask").warning("Maria Silva")
    logging.getLogger("durabletask").info("worker 7 started")

    assert caplog.messages == ["«NAME»", "worker 7 started"]


def test_a_line_whose_values_do_not_fit_is_logged_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("shared").warning("%d of ana@example.com", "x")

    assert caplog.messages == ["%d of «EMAIL»"]


def test_asking_twice_redacts_once() -> None:
    made = logging.getLogRecordFactory()
    redact_logs()

    assert logging.getLogRecordFactory() is made
