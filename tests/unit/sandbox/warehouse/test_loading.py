"""Loading: nothing is made elsewhere."""

import tempfile
from pathlib import Path

import pytest

from sandbox.warehouse.loading import keep_temporary_files_in


def test_temporary_folders_are_made_where_they_are_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    keep_temporary_files_in(tmp_path / "state" / "tmp")
    assert Path(tempfile.mkdtemp()).parent == tmp_path / "state" / "tmp"
