"""The state folder."""

import stat
from pathlib import Path

import pytest

from sandbox.platform.folder import InUse, StateFolder


def test_only_one_supervisor_has_the_folder(tmp_path: Path) -> None:
    first, second = StateFolder(tmp_path), StateFolder(tmp_path)
    assert not second.is_taken()
    first.take()
    assert second.is_taken()
    with pytest.raises(InUse, match="runs already"):
        second.take()
    first.release()
    assert not second.is_taken()
    second.take()
    second.release()


def test_files_with_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.write("secrets.json", {"key": "value"})
    folder.write("secrets.json", {"key": "other"})
    assert folder.read("secrets.json") == {"key": "other"}
    assert stat.S_IMODE((folder.path / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert folder.read("absent.json") == {}


def test_emptying_removes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    (folder.data("durable") / "durable.db").write_text("history")
    (tmp_path / "thesis.txt").write_text("somebody's")
    folder.write("ports.json", {"app": 20_001})
    folder.write("platform.json", {})
    folder.empty()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ports.json", "thesis.txt"]
    folder.empty(addresses=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_folder_is_the_one_named_else_the_environments_else_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VALUEFLOW_STATE", raising=False)
    assert StateFolder.chosen(None).path == tmp_path / ".sandbox"
    monkeypatch.setenv("VALUEFLOW_STATE", str(tmp_path / "other"))
    assert StateFolder.chosen(None).path == tmp_path / "other"
    assert StateFolder.chosen(tmp_path / "named").path == tmp_path / "named"
