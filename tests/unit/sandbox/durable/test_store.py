"""The state file."""

import sqlite3
from pathlib import Path

import pytest

from sandbox.durable.store import Sequence, StateInUse, StateUnknown, open_store


def test_a_new_file_gets_its_tables_and_an_old_one_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "hub.db"
    db = open_store(path)
    db.execute("INSERT INTO entities (entity_id, modified_us) VALUES ('@a@b', 1)")
    db.close()
    db = open_store(path)
    assert db.execute("SELECT entity_id FROM entities").fetchall() == [("@a@b",)]
    db.close()


def test_a_file_that_is_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.durable.store._LOCK_WAIT_MS", 10)
    db = open_store(tmp_path / "hub.db")
    with pytest.raises(StateInUse, match="in use by another process"):
        open_store(tmp_path / "hub.db")
    db.close()
    open_store(tmp_path / "hub.db").close()


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(StateUnknown, match="another version"):
        open_store(path)
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    other.close()


def test_a_later_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    db = open_store(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StateUnknown, match="layout 99"):
        open_store(path)


def test_numbers_rise_over_restarts_even_when_the_newest_rows_are_gone(tmp_path: Path) -> None:
    db = open_store(tmp_path / "hub.db")
    before = Sequence(db)()
    db.close()
    db = open_store(tmp_path / "hub.db")
    assert Sequence(db)() > before
    db.close()


def test_numbers_rise_above_what_is_stored_even_when_the_clock_went_back(tmp_path: Path) -> None:
    db = open_store(tmp_path / "hub.db")
    db.execute("INSERT INTO inbox (execution, id, kind, event) VALUES (1, ?, 'x', '')", (2**60,))
    assert Sequence(db)() == 2**60 + 1
    db.close()
