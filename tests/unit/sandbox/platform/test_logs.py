"""The children's log files."""

from pathlib import Path

from sandbox.platform.logs import bound, rotate


def test_logs_of_earlier_starts_are_kept_and_the_oldest_forgotten(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    for number in range(5):
        rotate(log)
        log.write_text(f"start {number}")
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {
        "host.log": "start 4",
        "host.log.1": "start 3",
        "host.log.2": "start 2",
        "host.log.3": "start 1",
    }


def test_a_log_that_grows_too_large_is_set_aside_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "host.log"
    with log.open("a") as writer:
        writer.write("x" * 100)
        writer.flush()
        bound(log, most_bytes=200)
        assert log.stat().st_size == 100
        bound(log, most_bytes=50)
        writer.write("more")
    assert log.read_text() == "more"
    assert (tmp_path / "host.log.1").read_text() == "x" * 100
