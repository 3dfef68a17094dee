"""What we hand to Backstage against the JSON Schemas it publishes for catalog-info files."""

import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from shared.domain.service.catalog import catalog
from shared.domain.service.catalog_component import Addresses
from tests.contract.backstage.services import SERVICES
from tools.backstage import FOLDER

SPECS = Path(os.environ.get("VALUEFLOW_SPECS", Path(__file__).parents[3].parent / "shared" / "specs"))
ADDRESSES = Addresses("https://valueflow.example", "https://dev.azure.com/org", "https://dt.example")


@pytest.fixture(scope="module")
def validator() -> Any:
    """The published schema; a `$ref` to its own file name is a reference to itself."""
    path = SPECS / "backstage-catalog-info.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not here; VALUEFLOW_SPECS says where the vendors' descriptions are")
    text = path.read_text(encoding="utf-8").replace('"catalog-info.json#', '"#')
    return jsonschema.Draft7Validator(yaml.safe_load(text))


def test_every_entity_of_the_registry_is_one_backstage_publishes(validator: Any) -> None:
    told = catalog(SERVICES, ADDRESSES, groups=True, types={"angular-web": "website"})

    assert {entity["kind"] for entity in told.entities} == {"Component", "System", "Group"}
    for entity in told.entities:
        assert list(validator.iter_errors(entity)) == [], entity["metadata"]["name"]


def test_the_schema_refuses_what_is_wrong(validator: Any) -> None:
    [entity, *_] = catalog(SERVICES, ADDRESSES).entities
    entity["metadata"]["annotations"]["valueflow.dev/cost-center"] = 100000.0

    assert not validator.is_valid(entity)


def test_the_templates_location_is_one_backstage_publishes(validator: Any) -> None:
    assert list(validator.iter_errors(yaml.safe_load((FOLDER / "catalog-info.yaml").read_text()))) == []
