"""A golden path's JSON Schema as the pages of Backstage's form (react-jsonschema-form with `ui:` keys).

Each parameter stands on one page. What a person may give only in some environments shows in those alone.
"""

from collections.abc import Mapping
from typing import Any

from shared.golden_paths.catalogue import GoldenPath

Schema = dict[str, Any]

PAGES = (
    ("Service · Serviço", ("name", "description", "project", "adopt_existing")),
    (
        "Ownership and cost · Responsáveis e custo",
        ("product", "owner", "cost_center", "tier", "data_classification"),
    ),
    ("Environment · Ambiente", ("environment", "lifetime_hours", "working_hours")),
)
OWN_PAGE = "This path · Este caminho"
ENDING = ("lifetime_hours", "working_hours")
"""Parameters of environments that end: those policies.lifetime.max_hours names."""
TOGGLE = "stop_outside_working_hours"
"""Of the form alone: without it the form would ask everybody for the fields of working_hours."""
_NOTHING = "parameters.not_given"
"""No parameter has this name: Backstage leaves out what comes to nothing. Without an `else` it sends an empty text."""


def pages(path: GoldenPath) -> list[Schema]:
    """The form's pages; what no page knows by name stands on the last."""
    known = {name for _, names in PAGES for name in names}
    own = tuple(name for name in path.schema["properties"] if name not in known)
    listed = [*PAGES, *([(OWN_PAGE, own)] if own else [])]
    return [_page(path, title, names) for title, names in listed]


def body(path: GoldenPath) -> dict[str, str]:
    """What the form sends: every parameter of the path; one that was not given is left out by Backstage."""
    return {name: f"${{{{ {_value(path, name)} }}}}" for name in path.schema["properties"]}


def _value(path: GoldenPath, name: str) -> str:
    value = f"parameters.{name}"
    if name not in ENDING:
        return value
    shown = " or ".join(f"parameters.environment == '{each}'" for each in _ending(path))
    wanted = f"parameters.{TOGGLE} and ({shown})" if name == "working_hours" else shown
    return f"{value} if {wanted} else {_NOTHING}"


def _page(path: GoldenPath, title: str, names: tuple[str, ...]) -> Schema:
    properties = path.schema["properties"]
    page: Schema = {
        "title": title,
        "required": [name for name in names if name in path.schema["required"]],
        "properties": {name: field(properties[name]) for name in names if name not in ENDING},
    }
    if "environment" in names:
        page["required"] = ["environment"]
        page["dependencies"] = {
            "environment": {"oneOf": [_branch(path, each) for each in _environments(path)]}
        }
    return page


def _branch(path: GoldenPath, environment: str) -> Schema:
    """What the form asks for once this environment is chosen."""
    branch: Schema = {"properties": {"environment": {"enum": [environment]}}}
    if environment not in _ending(path):
        return branch
    properties, longest = path.schema["properties"], path.policies["lifetime"]["max_hours"][environment]
    lifetime = field(properties["lifetime_hours"])
    branch["properties"] |= {
        "lifetime_hours": {**lifetime, "maximum": min(longest, lifetime["maximum"])},
        TOGGLE: {
            "type": "boolean",
            "title": "Stop outside working hours · Parar fora do horário de funcionamento",
            "default": False,
        },
    }
    hours = {TOGGLE: {"enum": [True]}, "working_hours": field(properties["working_hours"])}
    branch["dependencies"] = {
        TOGGLE: {
            "oneOf": [
                {"properties": {TOGGLE: {"enum": [False]}}},
                {"properties": hours, "required": ["working_hours"]},
            ]
        }
    }
    return branch


def _environments(path: GoldenPath) -> list[str]:
    return list(path.schema["properties"]["environment"]["enum"])


def _ending(path: GoldenPath) -> list[str]:
    longest = path.policies["lifetime"]["max_hours"]
    return [each for each in _environments(path) if longest.get(each)]


def field(schema: Mapping[str, Any]) -> Schema:
    """One parameter: English above the input, Portuguese and what a pattern means below it."""
    told = {key: value for key, value in schema.items() if not key.startswith("x-") and key != "examples"}
    if "x-title-pt" in schema:
        told["title"] = f"{schema['title']} · {schema['x-title-pt']}"
    help_text = [text for key in ("x-description-pt", "x-help") if (text := schema.get(key))]
    if help_text:
        told["ui:help"] = " ".join(f"{text[0].upper()}{text[1:].rstrip('.')}." for text in help_text)
    if "properties" in schema:
        told["properties"] = {name: field(each) for name, each in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        told["items"] = field(schema["items"])
    if widget := _widget(schema):
        told["ui:widget"] = widget
    example = next(iter(schema.get("examples", [])), None)
    if isinstance(example, str) and "enum" not in schema:
        told["ui:placeholder"] = example
    return told


def _widget(schema: Mapping[str, Any]) -> str | None:
    if schema.get("type") == "string" and schema.get("maxLength", 0) > 200:
        return "textarea"
    if schema.get("type") == "array" and "enum" in schema["items"]:
        return "checkboxes"
    return "radio" if len(schema.get("enum", [])) in range(1, 6) else None
