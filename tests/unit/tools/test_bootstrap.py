"""The bootstrap finds a Python 3.13 that works, and says in one sentence what to do when there is none."""

import runpy
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BOOTSTRAP = Path(__file__).parents[3] / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap() -> dict[str, Any]:
    return runpy.run_path(str(BOOTSTRAP), run_name="bootstrap")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_an_interpreter_counts_only_when_it_answers(bootstrap: dict[str, Any], tmp_path: Path) -> None:
    broken_shim = script(tmp_path / "python3.13", "exit 127")
    liar = script(tmp_path / "python3", "echo 3 11")

    assert bootstrap["is_wanted"](sys.executable)
    assert not bootstrap["is_wanted"](str(broken_shim))
    assert not bootstrap["is_wanted"](str(liar))
    assert not bootstrap["is_wanted"](str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("PYENV_ROOT", "versions/3.13.7/bin/python3"),
        ("UV_PYTHON_INSTALL_DIR", "cpython-3.13.7-linux/bin/python3"),
        ("ASDF_DATA_DIR", "installs/python/3.13.7/bin/python3"),
        ("CONDA_PREFIX", "bin/python3"),
        ("PATH", "python3.13"),
    ],
)
def test_every_usual_place_is_looked_into(
    bootstrap: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, place: str
) -> None:
    found = script(tmp_path / place, f'exec {sys.executable} "$@"')
    monkeypatch.setenv(variable, str(tmp_path))

    assert str(found) in list(bootstrap["candidates"]())


def test_without_a_python_3_13_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    """Run by another interpreter in an empty world, in a copy, so that no .venv is touched."""
    project = tmp_path / "project"
    (project / "tools").mkdir(parents=True)
    (project / "requirements-dev.txt").write_text("")
    (project / "tools" / "bootstrap.py").write_text(
        BOOTSTRAP.read_text().replace("WANTED = (3, 13)", "WANTED = (3, 99)")
    )
    world = {"HOME": str(tmp_path), "PATH": str(tmp_path)}

    told = subprocess.run(
        [sys.executable, str(project / "tools" / "bootstrap.py")],
        env=world,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1
    assert told.stderr.startswith("ValueFlow needs Python 3.13")
    assert "VALUEFLOW_PYTHON=" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (project / ".venv").exists()


def test_the_bootstrap_reads_as_python_3_6() -> None:
    import ast

    ast.parse(BOOTSTRAP.read_text(), feature_version=(3, 6))
