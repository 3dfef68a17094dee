"""The rules of a service's gate: quality_gates/default.yaml, over it its tier's, over that the service's own document.

Read once per process when first asked for. Callers: the trigger that starts a gate, the registry's.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shared import yaml_files
from shared.domain.gate.gate_criteria import BETTER, parse
from shared.errors import ConfigurationError

FOLDER = Path(__file__).parents[2] / "quality_gates"
SCHEMA = "gate.schema.yaml"
_OBJECTIVE = {"aggregate": "median", "warn": [], "weight": 1, "key": False, "min_samples": 5}


@cache
def documents() -> Mapping[str, Mapping[str, Any]]:
    """The documents by name ("default", "tier_1", ...). Raises: ConfigurationError naming the file and its fault."""
    return read_documents(FOLDER)


def read_documents(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Raises: ConfigurationError naming the file and its fault."""
    found: dict[str, Mapping[str, Any]] = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.name != SCHEMA:
            found[file.stem] = yaml_files.read_yaml(file)
            if faults := faults_of(found[file.stem]):
                raise ConfigurationError(f"{file}: {faults[0]}")
    if missing := _schema()["properties"].keys() - {"entities"} - found.get("default", {}).keys():
        raise ConfigurationError(f"{folder / 'default.yaml'}: does not say {', '.join(sorted(missing))}")
    return found


def rules_of(service: Mapping[str, Any]) -> dict[str, Any]:
    """The whole rules of this service's gate. Raises: ConfigurationError for a document of its own that is wrong."""
    own = service.get("gate") or {}
    if faults := faults_of(own):
        raise ConfigurationError(f"The gate of {service.get('name', '')}: {faults[0]}")
    known = documents()
    rules = {**known["default"], **known.get(f"tier_{service.get('tier')}", {}), **own}
    if rules["warn_percent"] > rules["pass_percent"]:
        rules["warn_percent"] = rules["pass_percent"]
    return {**rules, "objectives": [{**_OBJECTIVE, **one} for one in rules["objectives"]]}


def faults_of(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a gate's document, by place; empty when nothing is."""
    if faults := yaml_files.faults_of(_schema(), document):
        return [fault[:300] for fault in faults]
    return [*_percentages(document), *_objectives(document.get("objectives", []))]


def _percentages(document: Mapping[str, Any]) -> list[str]:
    if document.get("warn_percent", 0) > document.get("pass_percent", 100):
        return ["warn_percent: must not be above pass_percent"]
    return []


def _objectives(objectives: list[Mapping[str, Any]]) -> list[str]:
    faults = []
    names = [one["name"] for one in objectives]
    faults += [
        f"objectives: {name} stands there twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    for one in objectives:
        told = [text for part in ("pass", "warn") for each in one.get(part, []) for text in each["criteria"]]
        wrong = [text for text in told if parse(text).operator not in BETTER[one["direction"]]]
        faults += [f"objectives: {one['name']}: {text} does not ask for {one['direction']}" for text in wrong]
    if objectives and not any(one["pass"] and one.get("weight", 1) for one in objectives):
        faults.append("objectives: none of them weighs anything")
    return faults


@cache
def _schema() -> dict[str, Any]:
    return yaml_files.read_yaml(FOLDER / SCHEMA)
