from pathlib import Path

import pytest

from sandbox.vendors import journal as module
from sandbox.vendors.journal import Journal
from sandbox.vendors.store import Store


def test_entries_come_oldest_first_and_can_be_narrowed(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    journal = Journal(store.db, "teams")
    for operation in ("a", "b", "a"):
        journal.add(operation, "GET", "/", 200, None, {})
    Journal(store.db, "openai").add("a", "GET", "/", 200, None, {})

    ids = [entry["id"] for entry in journal.entries()]

    assert ids == sorted(ids) == [1, 2, 3]
    assert [entry["id"] for entry in journal.entries(operation="a")] == [1, 3]
    assert [entry["id"] for entry in journal.entries(after=1)] == [2, 3]
    assert [entry["id"] for entry in journal.entries(limit=1)] == [3]
    store.close()


def test_only_the_newest_entries_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 10)
    monkeypatch.setattr(module, "_TRIM_EVERY", 5)
    store = Store(tmp_path / "state.db")
    journal = Journal(store.db, "teams")
    for number in range(25):
        journal.add(str(number), "GET", "/", 200, None, {})

    assert [entry["operation"] for entry in journal.entries(limit=100)] == [str(n) for n in range(15, 25)]
    store.close()
