"""Load the unmodified function_app.py and index it with Microsoft's own runtime.

What azure-functions-runtime refuses, and what Azure's host refuses after it (names, unknown bindings, missing
settings), is refused here, all faults at once.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.host.faults import StartRefused
from sandbox.host.protocol import PROTOS
from sandbox.host.settings import connection_string, is_disabled, resolve

SUPPORTED_BINDINGS = {
    "httpTrigger",
    "http",
    "timerTrigger",
    "serviceBusTrigger",
    "orchestrationTrigger",
    "activityTrigger",
    "entityTrigger",
    "durableClient",
}
DURABLE_TRIGGERS = {"orchestrationTrigger", "activityTrigger", "entityTrigger"}
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,127}")
_SCRIPT = "function_app.py"


@dataclass(frozen=True)
class Function:
    """One indexed function.

    trigger, bindings: as in function.json, %NAME% resolved; info: the runtime's FunctionInfo, for invocation.
    """

    name: str
    trigger: dict[str, Any]
    bindings: list[dict[str, Any]]
    info: Any
    disabled: bool = False

    @property
    def kind(self) -> str:
        """The trigger's type, such as httpTrigger."""
        return str(self.trigger["type"])

    @property
    def is_durable(self) -> bool:
        """Whether an orchestrator, activity or entity."""
        return self.kind in DURABLE_TRIGGERS


def load_functions(
    app_dir: Path, faults: list[str], environment: Mapping[str, str] = os.environ
) -> list[Function]:
    """Import the app, with app_dir as working directory and first on the path, and index it.

    Each function that is refused adds to faults. Raises: StartRefused when there is no app to look at.
    """
    from azure_functions_runtime.bindings.meta import load_binding_registry
    from azure_functions_runtime.handle_event import _functions as registry
    from azure_functions_runtime.loader import index_function_app, process_indexed_function

    if not (app_dir / _SCRIPT).is_file():
        raise StartRefused([f"{app_dir / _SCRIPT} is missing"])
    os.chdir(app_dir)
    sys.path[0] = str(app_dir)
    load_binding_registry()
    try:
        indexed = index_function_app(str(app_dir / _SCRIPT))
    except Exception as error:
        raise StartRefused([f"{_SCRIPT} cannot be loaded: {type(error).__name__}: {error}"]) from error
    functions: list[Function] = []
    for one in indexed:
        try:
            process_indexed_function(PROTOS, registry, [one], str(app_dir))
        except Exception as error:
            faults.append(f"function {one.get_function_name()}: {error}")
            continue
        functions.append(_function(one, registry, environment, faults))
    faults += find_faults(functions, environment)
    return functions


def _function(one: Any, registry: Any, environment: Mapping[str, str], faults: list[str]) -> Function:
    name = one.get_function_name()
    missing: set[str] = set()
    raw = resolve([json.loads(binding) for binding in one.get_raw_bindings()], environment, missing)
    faults += [
        f"function {name}: the setting {setting}, which a binding refers to, is missing"
        for setting in sorted(missing)
    ]
    trigger_name = one.get_trigger().name
    trigger = next(binding for binding in raw if binding["name"] == trigger_name)
    info = next(known for known in registry._functions.values() if known.name == name)
    return Function(name, trigger, raw, info, is_disabled(name, environment))


def find_faults(functions: list[Function], environment: Mapping[str, str]) -> list[str]:
    """What Azure's host, rather than its Python worker, would refuse."""
    faults = [
        f"function {function.name}: the embedded host has no binding of type {binding['type']}"
        for function in functions
        for binding in function.bindings
        if binding["type"] not in SUPPORTED_BINDINGS
    ]
    for function in functions:
        if not _NAME.fullmatch(function.name):
            faults.append(f"function {function.name}: not a valid function name")
        if function.kind == "serviceBusTrigger" and not function.disabled:
            name = function.trigger.get("connection") or "AzureWebJobsServiceBus"
            if connection_string(name, environment) is None:
                faults.append(f"function {function.name}: the connection setting {name} is missing")
            if function.trigger.get("isSessionsEnabled"):
                faults.append(f"function {function.name}: the embedded host has no sessions")
    return faults
