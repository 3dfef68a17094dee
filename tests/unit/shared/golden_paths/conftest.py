"""A catalogue of one small path, written to disk, that tests change before it is read."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.golden_paths.catalogue import FOLDER, GoldenPath, read_paths

Write = Callable[..., GoldenPath]

DOCUMENT: dict[str, Any] = {
    "name": "small",
    "version": "1.0.0",
    "owner": "platform-team",
    "title": {"en": "Small", "pt-BR": "Pequeno"},
    "description": {"en": "Small", "pt-BR": "Pequeno"},
    "tags": ["small"],
    "runtime": "functions",
    "layers": ["base"],
    "steps": ["repository"],
    "parameters": {
        "type": "object",
        "required": ["greeting"],
        "properties": {
            "greeting": {"type": "string", "maxLength": 20},
            "size": {"type": "string", "enum": ["s", "l"], "default": "s"},
        },
    },
    "policies": {
        "approval": {"risk": "low", "tiers": [1], "environments": ["production"], "monthly_brl_above": 150},
        "branch": {
            "reviewers": 1,
            "build_validation": True,
            "comments_resolved": True,
            "linked_work_items": False,
        },
        "pipeline": {"resources": [{"type": "environment", "name": "{environment}"}]},
        "lifetime": {"max_hours": {"development": 100, "preview": 10}},
    },
    "estimate": {
        "monthly_brl": {"development": 100, "preview": 50, "production": 900},
        "factors": {"size": {"s": 1, "l": 1.555}},
    },
    "monitoring": {"metric_selector": "m", "upper_bound": 1.0, "resolution": "1m", "objectives": []},
}

GIVEN: dict[str, Any] = {
    "name": "orders",
    "description": "Takes orders",
    "project": "Manufacturing",
    "product": "Order to Cash",
    "owner": "team-orders",
    "cost_center": "BR-1",
    "tier": 3,
    "data_classification": "internal",
    "greeting": "hello",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """golden_paths with the real parameters and schema, a layer and nothing else."""
    for name in ("parameters.yaml", "path.schema.yaml"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "layers" / "base").mkdir(parents=True)
    (tmp_path / "small" / "skeleton").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def document() -> dict[str, Any]:
    """A path.yaml to change."""
    return copy.deepcopy(DOCUMENT)


@pytest.fixture
def write(folder: Path, document: dict[str, Any]) -> Write:
    """Write the path with these files ("skeleton/a.txt.j2" or "base/a.txt": content) and read it."""

    def written(files: dict[str, str | bytes] | None = None) -> GoldenPath:
        (folder / "small" / "path.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        for name, content in (files or {}).items():
            place = folder / "small" / name if name.startswith("skeleton/") else folder / "layers" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        (path,) = read_paths(folder)
        return path

    return written
