"""The golden paths there are: golden_paths/<name>/path.yaml, read once per process.

Callers: the endpoints, validation, rendering, the generator of the portal's templates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError, NotFound
from shared.yaml_files import check, check_parameters, read_yaml

FOLDER = Path(__file__).parents[2] / "golden_paths"
LAYERS = "layers"

Texts = Mapping[str, str]
"""The same text by language: {"en": ..., "pt-BR": ...}."""


@dataclass(frozen=True)
class GoldenPath:
    """One path.yaml. schema: JSON Schema 2020-12 of all parameters, its own and those every path has."""

    name: str
    version: str
    owner: str
    title: Texts
    description: Texts
    tags: tuple[str, ...]
    runtime: str
    layers: tuple[str, ...]
    steps: tuple[str, ...]
    schema: Mapping[str, Any]
    policies: Mapping[str, Any]
    estimate: Mapping[str, Any]
    monitoring: Mapping[str, Any]
    folders: tuple[Path, ...]
    """Where its files lie: its layers, then its skeleton, each laid over those before."""

    def __hash__(self) -> int:
        return hash((self.name, self.version, self.folders))


@cache
def all_paths() -> tuple[GoldenPath, ...]:
    """Every path, by name. Raises: ConfigurationError naming the file and its fault."""
    return read_paths(FOLDER)


def golden_path(name: str) -> GoldenPath:
    """Raises: NotFound when there is no path of this name."""
    for path in all_paths():
        if path.name == name:
            return path
    raise NotFound("There is no golden path of this name. GET /api/golden-paths lists them.")


def read_paths(folder: Path) -> tuple[GoldenPath, ...]:
    """Raises: ConfigurationError naming the file and its fault."""
    common, rules = read_yaml(folder / "parameters.yaml"), read_yaml(folder / "path.schema.yaml")
    files = sorted(folder.glob("*/path.yaml"))
    return tuple(_read(file, common, rules) for file in files)


def _read(file: Path, common: dict[str, Any], rules: dict[str, Any]) -> GoldenPath:
    document = read_yaml(file)
    check(file, rules, document)
    if document["name"] != file.parent.name:
        raise ConfigurationError(f"{file}: name: must be the name of its folder, {file.parent.name}")
    schema = _merged(file, document.pop("parameters"), common)
    check_parameters(file, schema)
    document |= {key: tuple(document[key]) for key in ("tags", "layers", "steps")}
    folders = (*(file.parents[1] / LAYERS / layer for layer in document["layers"]), file.parent / "skeleton")
    for each in folders:
        if not each.is_dir():
            raise ConfigurationError(f"{file}: there is no folder {each}")
    return GoldenPath(**document, schema=schema, folders=folders)


def _merged(file: Path, own: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    properties = own.get("properties", {})
    for name in sorted(properties.keys() & common["properties"].keys()):
        raise ConfigurationError(f"{file}: parameters.{name}: every path has it already (parameters.yaml)")
    required = [*common["required"], *own.get("required", [])]
    for name in sorted(set(required) - (properties.keys() | common["properties"].keys())):
        raise ConfigurationError(f"{file}: parameters.{name}: is required and not described")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": {**common["properties"], **properties},
    }
