"""The app's own YAML files: read, and held against their JSON Schema (2020-12).

Callers: the catalogues of runbooks and golden paths, the rules of gates.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError


def read_yaml(file: Path) -> dict[str, Any]:
    """Raises: ConfigurationError naming the file and its fault."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise ConfigurationError(f"{file}: must be a YAML mapping")
    return document


def faults_of(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """What breaks the schema, as "place: what is wrong", in order of place; empty when nothing does."""
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(dict(document)), key=lambda each: each.json_path)
    return [f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors]


def check(file: Path, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """Raises: ConfigurationError naming the file and the first place that breaks the schema."""
    for fault in faults_of(schema, document):
        raise ConfigurationError(f"{file}: {fault}")


def check_parameters(file: Path, schema: Mapping[str, Any]) -> None:
    """schema: made of the file's parameters. Raises: ConfigurationError where it is no JSON Schema."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ConfigurationError(f"{file}: parameters: {error.message}") from None
