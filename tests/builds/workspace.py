"""A rendered service on disk, below build/: where it is built again and again without fetching its packages anew."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.golden_paths.catalogue import golden_path
from shared.golden_paths.rendering import render
from shared.golden_paths.validation import faults

FOLDER = Path(__file__).parents[2] / "build" / "golden-paths"
KEPT = frozenset({"node_modules"})
"""Folders that outlive a build: what was fetched, nothing that was made."""

REQUEST: dict[str, Any] = {
    "name": "plant-sensors",
    "description": 'Peças & "moldes": it\'s <fast>, #1 of all \\ 100%',
    "project": "Manufacturing",
    "product": "Order to Cash",
    "owner": "team-sensors",
    "cost_center": "BR-4711",
    "tier": 1,
    "data_classification": "personal",
    "environment": "preview",
}


@contextmanager
def rendered(path_name: str) -> Iterator[Path]:
    """The service of REQUEST in a folder of its own, for one process at a time, without what earlier builds made."""
    path = golden_path(path_name)
    assert faults(path, REQUEST) == []
    folder = FOLDER / path_name
    folder.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{path_name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for each in folder.iterdir():
            if each.name not in KEPT:
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        write(folder, render(path, REQUEST))
        yield folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
