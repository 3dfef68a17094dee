"""App settings as the host sees them: environment variables, and the %NAME% that bindings refer to."""

import os
import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"%([^%\s]+)%")
_TRUE = {"true", "1"}


def resolve(value: Any, environment: Mapping[str, str], missing: set[str]) -> Any:
    """value with every %NAME% in its strings replaced; names without a setting are added to missing."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _lookup(match[1], environment, missing), value)
    if isinstance(value, dict):
        return {key: resolve(item, environment, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, environment, missing) for item in value]
    return value


def _lookup(name: str, environment: Mapping[str, str], missing: set[str]) -> str:
    if name not in environment:
        missing.add(name)
        return f"%{name}%"
    return environment[name]


def is_disabled(function: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the setting AzureWebJobs.<function>.Disabled (or its form with underscores) is true."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs_{function}_Disabled")
    return any(environment.get(name, "").strip().lower() in _TRUE for name in names)


def connection_string(name: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The connection string a binding's `connection` names: the setting itself or AzureWebJobs<name>."""
    return environment.get(name) or environment.get(f"AzureWebJobs{name}")
