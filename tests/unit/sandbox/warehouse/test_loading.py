"""Loading: a cloud SDK is missing only while it is to be, and nothing is made elsewhere."""

import importlib
import sys
import tempfile
from pathlib import Path

import pytest

from sandbox.warehouse.loading import keep_temporary_files_in, without_cloud_sdks


def test_a_cloud_sdk_can_be_imported_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "botocore", raising=False)
    with without_cloud_sdks(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("botocore")
    assert "botocore" not in sys.modules


def test_what_is_loaded_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", pytest)
    with without_cloud_sdks():
        assert sys.modules["botocore"] is pytest
    assert sys.modules["botocore"] is pytest


def test_temporary_folders_are_made_where_they_are_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    keep_temporary_files_in(tmp_path / "state" / "tmp")
    assert Path(tempfile.mkdtemp()).parent == tmp_path / "state" / "tmp"
