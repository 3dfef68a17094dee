"""The values a template sees: the parameters, and what is derived from them. golden_paths/README.md lists them."""

from collections.abc import Mapping
from typing import Any

from shared.domain.service import names
from shared.golden_paths.catalogue import GoldenPath
from shared.golden_paths.filters import FreeText

ENVIRONMENTS = ("development", "preview", "production")


def template_values(path: GoldenPath, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """parameters: complete. Free text comes as FreeText, which only a filter can write; what is missing, as None."""
    name = parameters["name"]
    values = {
        field: marked(schema, parameters.get(field)) for field, schema in path.schema["properties"].items()
    }
    package = names.java_package(name)
    return values | {
        "path_name": path.name,
        "path_version": path.version,
        "path_tags": list(path.tags),
        "runtime": path.runtime,
        "environments": list(ENVIRONMENTS),
        "product_slug": names.slug(parameters["product"]),
        "service_title": names.title(name),
        "service_tags": service_tags(values),
        "python_package": names.python_package(name),
        "java_package": package,
        "java_package_path": package.replace(".", "/"),
        "java_class": names.java_class(name),
        "storage_account_prefix": names.storage_account_prefix(name),
        "dynatrace_tag": names.dynatrace_tag(name),
    }


def service_tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The tags every Azure resource of a service carries; cost allocation joins on them."""
    return {
        "service": parameters["name"],
        "product": parameters["product"],
        "cost-center": parameters["cost_center"],
        "owner": parameters["owner"],
        "environment": parameters["environment"],
        "data-classification": parameters["data_classification"],
    }


def marked(schema: Mapping[str, Any], value: Any) -> Any:
    """`value` with its free text marked, however deep it lies."""
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {key: marked(inner.get(key, {"type": "string"}), each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(schema.get("items", {"type": "string"}), each) for each in value]
    return FreeText(value) if isinstance(value, str) and is_free_text(schema) else value


def is_free_text(schema: Mapping[str, Any]) -> bool:
    """A string that nothing but its length binds."""
    return schema.get("type") == "string" and not schema.keys() & {"pattern", "enum", "const"}
