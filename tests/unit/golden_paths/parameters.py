"""Parameters for any path, made from its own schema."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from shared.domain.service import names
from shared.golden_paths.catalogue import GoldenPath
from shared.golden_paths.values import is_free_text
from tests.unit.golden_paths.texts import HOSTILE

ORDINARY: dict[str, Any] = {
    "name": "plant-sensors",
    "description": "Takes the readings of all plants, and says which sensor needs a visit.",
    "project": "Manufacturing",
    "product": "Order to Cash",
    "owner": "team-sensors",
    "cost_center": "BR-4711",
    "tier": 2,
    "data_classification": "internal",
}
"""What everybody asks for; the defaults are left out."""

_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], include_characters="\n\t", exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=200,
) | st.sampled_from(HOSTILE)
"""Without what no XML can hold, and shared.domain.service.names lets nobody send."""
_NAME = st.from_regex(r"\A[a-z][a-z0-9]{2,9}(-[a-z0-9]{1,6}){0,3}\Z").filter(
    lambda name: not names.service_name_faults(name)
)


def parameters_of(path: GoldenPath) -> st.SearchStrategy[dict[str, Any]]:
    """Complete or not, every field possible; free text of the kind that breaks careless files."""
    properties = path.schema["properties"]
    required = {name: values_of(name, properties[name]) for name in path.schema["required"]}
    optional = {name: values_of(name, schema) for name, schema in properties.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def values_of(name: str, schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What `schema` accepts; free text is not held to the rules of shared.domain.service.names."""
    if name == "name":
        return _NAME
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if is_free_text(schema):
        return _TEXT.map(lambda text: text[: schema.get("maxLength", 200)])
    match schema["type"]:
        case "string":
            longest = schema.get("maxLength", 100)
            return (
                st.from_regex(schema["pattern"], fullmatch=True)
                .map(str.strip)
                .filter(lambda text: len(text) <= longest)
            )
        case "integer":
            return st.integers(schema["minimum"], schema["maximum"])
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(
                values_of("", schema["items"]), min_size=schema.get("minItems", 0), max_size=3, unique=True
            )
        case "object":
            inner = {key: values_of(key, each) for key, each in schema["properties"].items()}
            return st.fixed_dictionaries(
                {key: inner[key] for key in schema.get("required", [])},
                optional={key: each for key, each in inner.items() if key not in schema.get("required", [])},
            )
    raise AssertionError(f"{name}: no values for a {schema['type']}")
