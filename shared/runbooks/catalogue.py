"""The action catalogue: runbooks/<type>.yaml, read once per process when first asked for.

Callers: the activities that propose and carry out actions. Nobody chooses an action that is not in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError
from shared.yaml_files import check, check_parameters, read_yaml

FOLDER = Path(__file__).parents[2] / "runbooks"
POLICIES = "policies.yaml"
_SCHEMA = ".schema.yaml"


@dataclass(frozen=True)
class Runbook:
    """One runbook. schema: JSON Schema 2020-12 of the whole action. undo: {"type", "after_minutes"?} or None."""

    type: str
    about: str
    answers: Mapping[str, int]
    elsewhere: bool
    schema: Mapping[str, Any]
    preconditions: tuple[str, ...]
    risk: str
    blast_radius: str
    verification: Mapping[str, Any]
    undo: Mapping[str, Any] | None

    def faults(self, action: Mapping[str, Any]) -> list[str]:
        """What is wrong with the action's parameters, by name; empty when nothing is."""
        from jsonschema import Draft202012Validator

        found = Draft202012Validator(dict(self.schema)).iter_errors(dict(action))
        return sorted(f"{error.json_path}: {error.validator}" for error in found)


@cache
def runbooks() -> Mapping[str, Runbook]:
    """Every runbook by type. Raises: ConfigurationError naming the file and its fault."""
    return read_runbooks(FOLDER)


def read_runbooks(folder: Path) -> Mapping[str, Runbook]:
    """Raises: ConfigurationError naming the file and its fault."""
    rules, shared = read_yaml(folder / "runbook.schema.yaml"), read_yaml(folder / "definitions.schema.yaml")
    files = [f for f in sorted(folder.glob("*.yaml")) if f.name != POLICIES and not f.name.endswith(_SCHEMA)]
    read = [_read(file, rules, shared) for file in files]
    known = {runbook.type: runbook for runbook in read}
    for runbook in read:
        if runbook.undo and runbook.undo["type"] not in known:
            raise ConfigurationError(f"{folder / runbook.type}.yaml: undo: there is no such runbook")
    return known


def _read(file: Path, rules: dict[str, Any], shared: dict[str, Any]) -> Runbook:
    document = read_yaml(file)
    check(file, rules, document)
    if document["type"] != file.stem:
        raise ConfigurationError(f"{file}: type: must be the name of its file, {file.stem}")
    parameters = document.pop("parameters")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": shared,
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *parameters["required"]],
        "properties": {"type": {"const": document["type"]}, **parameters["properties"]},
    }
    check_parameters(file, schema)
    document["preconditions"] = tuple(document["preconditions"])
    return Runbook(**document, schema=schema)
