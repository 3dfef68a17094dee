"""Whether a pipeline takes the run-time parameters it is given: its YAML file says which, and which values. Pure.

A file without a word on parameters takes all, which Azure DevOps does not: so that a story can do with a stub.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.vendors.azure_devops.run_requests import invalid


def check_parameters(content: bytes, path: str, given: Mapping[str, str]) -> None:
    """content: the pipeline's YAML file, whose errors are not ours to tell. Raises: Refusal, 400."""
    declared = _declared(content)
    if declared is None:
        return
    for name, value in given.items():
        if name not in declared:
            raise invalid(f"{path}: Unexpected parameter '{name}'")
        values = declared[name].get("values")
        if values is not None and value not in [str(one) for one in values]:
            raise invalid(f"{path}: The '{name}' parameter value '{value}' is not a valid value.")


def _declared(content: bytes) -> dict[str, dict[str, Any]] | None:
    """The parameters by name; None where the file cannot be read as a pipeline."""
    import yaml

    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError:
        return None
    parameters = document.get("parameters") if isinstance(document, dict) else None
    if not isinstance(parameters, list):
        return None
    return {str(one["name"]): one for one in parameters if isinstance(one, dict) and "name" in one}
