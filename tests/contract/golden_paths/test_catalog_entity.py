"""catalog-info.yaml of every path is an entity as Backstage publishes its schema."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from tests.contract.vendors.published import read
from tests.unit.golden_paths.parameters import parameters_of


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    document = read("backstage-catalog-info.json")
    registry: Registry[Any] = Registry().with_resource("catalog-info.json", DRAFT7.create_resource(document))
    registry = registry.with_resource(document["$id"], DRAFT7.create_resource(document))
    component = next(each for each in document["anyOf"] if each["examples"][0]["kind"] == "Component")
    return Draft7Validator({**document, "anyOf": [component]}, registry=registry)


@pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_backstage_accepts_the_entity(path: GoldenPath, schema: Draft7Validator, data: st.DataObject) -> None:
    entity = yaml.safe_load(render(path, data.draw(parameters_of(path)))["catalog-info.yaml"])

    assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(entity)] == []


def test_the_schema_refuses_what_is_no_component(schema: Draft7Validator) -> None:
    assert not schema.is_valid(
        {"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "x"}}
    )
