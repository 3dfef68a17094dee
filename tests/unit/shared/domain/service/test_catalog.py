"""The registry's services as a Backstage catalog."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.service.catalog import Catalog, catalog
from shared.domain.service.catalog_component import Addresses
from shared.domain.service.catalog_names import is_name

ADDRESSES = Addresses("https://valueflow.example", "https://dev.azure.com/org", "https://dt.example")
BY_HAND: dict[str, Any] = {
    "name": "checkout",
    "product": "Loja Online",
    "owner": "time-checkout",
    "tier": 2,
    "azure_devops": {"project": "Loja Virtual", "pipeline_id": 7},
}
PROVISIONED: dict[str, Any] = {
    **BY_HAND,
    "name": "orders",
    "azure_devops": {
        "project": "Loja Virtual",
        "pipeline_id": 8,
        "repository": "orders",
        "repository_id": "r-1",
    },
    "dynatrace": {"entity_id": "SERVICE-4D1A0B7C"},
    "servicenow_ci": "0" * 32,
    "description": "Takes the orders",
    "cost_center": "BR-4711",
    "data_classification": "internal",
    "golden_path": {"name": "java-spring-api", "version": "1.2.0"},
    "environments": {"development": {"state": "running"}},
    "operation_id": "provision-orders",
}


def found(told: Catalog, kind: str, name: str = "") -> dict[str, Any]:
    [entity] = [e for e in told.entities if e["kind"] == kind and name in ("", e["metadata"]["name"])]
    return entity


def of(*services: dict[str, Any], **options: Any) -> Catalog:
    return catalog(services, ADDRESSES, **options)


def lifecycle(environments: dict[str, Any] | None) -> str:
    told = of({**PROVISIONED, "environments": environments})
    return str(found(told, "Component")["spec"]["lifecycle"])


def test_a_service_is_a_component_of_its_product_s_system() -> None:
    told = of(PROVISIONED)

    assert found(told, "Component")["spec"] == {
        "type": "service",
        "lifecycle": "experimental",
        "owner": "group:default/time-checkout",
        "system": "loja-online",
    }
    system = found(told, "System")
    assert system["metadata"]["name"] == "loja-online"
    assert system["metadata"]["title"] == "Loja Online"
    assert system["spec"] == {"owner": "group:default/time-checkout"}


def test_annotations_name_the_service_in_every_system() -> None:
    annotations = found(of(PROVISIONED), "Component")["metadata"]["annotations"]

    assert annotations == {
        "dev.azure.com/project-repo": "Loja Virtual/orders",
        "backstage.io/source-location": "url:https://dev.azure.com/org/Loja%20Virtual/_git/orders/",
        "backstage.io/techdocs-ref": "url:https://dev.azure.com/org/Loja%20Virtual/_git/orders",
        "backstage.io/managed-by-location": "url:https://valueflow.example/api/catalog/entities",
        "backstage.io/managed-by-origin-location": "url:https://valueflow.example/api/catalog/entities",
        "backstage.io/view-url": "https://valueflow.example/api/catalog/entities/orders",
        "dynatrace.com/dynatrace-entity-id": "SERVICE-4D1A0B7C",
        "servicenow.com/entity-id": "0" * 32,
        "valueflow.dev/operation-id": "provision-orders",
        "valueflow.dev/golden-path": "java-spring-api@1.2.0",
        "valueflow.dev/cost-center": "BR-4711",
    }


def test_links_lead_to_repository_pipeline_dynatrace_and_operation() -> None:
    links = found(of(PROVISIONED), "Component")["metadata"]["links"]

    assert {link["title"]: link["url"] for link in links} == {
        "Repository": "https://dev.azure.com/org/Loja%20Virtual/_git/orders",
        "Pipeline": "https://dev.azure.com/org/Loja%20Virtual/_build?definitionId=8",
        "Dynatrace": "https://dt.example/ui/entity/SERVICE-4D1A0B7C",
        "How it was made": "https://valueflow.example/api/operations/provision-orders",
    }


def test_a_service_registered_by_hand_tells_only_what_is_known() -> None:
    component = found(of(BY_HAND), "Component")

    assert set(component["metadata"]) == {"name", "labels", "annotations", "links"}
    assert [link["title"] for link in component["metadata"]["links"]] == ["Pipeline"]
    assert all(name.startswith("backstage.io/") for name in component["metadata"]["annotations"])
    assert component["spec"]["lifecycle"] == "production"


@pytest.mark.parametrize(
    ("environments", "expected"),
    [
        (None, "production"),
        ({}, "production"),
        ({"production": {"state": "running"}, "development": {"state": "running"}}, "production"),
        ({"development": {"state": "stopped"}}, "experimental"),
        ({"production": {"state": "destroyed"}, "preview": {"state": "running"}}, "experimental"),
        ({"production": {"state": "destroyed"}, "preview": {"state": "destroyed"}}, "deprecated"),
        ({"preview": {"state": "destroying"}}, "experimental"),
    ],
)
def test_the_lifecycle_follows_the_environments(environments: dict[str, Any] | None, expected: str) -> None:
    assert lifecycle(environments) == expected


def test_services_of_a_web_path_are_websites() -> None:
    told = of(PROVISIONED, types={"java-spring-api": "website"})

    assert found(told, "Component")["spec"]["type"] == "website"


def test_products_that_come_to_one_name_stay_two_systems_and_are_remarked() -> None:
    typo = {**BY_HAND, "name": "typo", "product": "Loja-Online"}
    told = of(BY_HAND, PROVISIONED, typo)

    assert found(told, "Component", "checkout")["spec"]["system"] == "loja-online"
    other = found(told, "Component", "typo")["spec"]["system"]
    assert re.fullmatch(r"loja-online-[0-9a-f]{6}", other)
    assert found(told, "System", other)["metadata"]["title"] == "Loja-Online"
    assert len(told.remarks) == 1
    assert other in told.remarks[0]


def test_the_name_stays_with_the_product_most_services_have() -> None:
    """A typo that sorts first does not rename the system everybody refers to."""
    typo = {**BY_HAND, "name": "typo", "product": "LOJA - Online"}

    alone = found(of(BY_HAND, PROVISIONED), "Component", "orders")["spec"]["system"]
    assert found(of(BY_HAND, PROVISIONED, typo), "Component", "orders")["spec"]["system"] == alone


def test_a_product_called_as_another_was_named_takes_nothing_from_it() -> None:
    typo = {**BY_HAND, "name": "typo", "product": "Loja-Online"}
    given = found(of(BY_HAND, PROVISIONED, typo), "Component", "typo")["spec"]["system"]
    told = of(BY_HAND, PROVISIONED, typo, {**BY_HAND, "name": "late", "product": given})

    assert len({e["metadata"]["name"] for e in told.entities if e["kind"] == "System"}) == 3


@pytest.mark.parametrize("product", ["loja  online", "LOJA ONLINE", " Loja Online "])
def test_case_and_spacing_make_no_other_product(product: str) -> None:
    told = of(PROVISIONED, {**BY_HAND, "product": product})

    assert len([entity for entity in told.entities if entity["kind"] == "System"]) == 1
    assert told.remarks == []


def test_an_accent_makes_another_product_that_is_not_merged() -> None:
    told = of({**BY_HAND, "product": "Sao Paulo"}, {**PROVISIONED, "product": "São Paulo"})

    assert len([entity for entity in told.entities if entity["kind"] == "System"]) == 2


def test_a_product_without_a_latin_letter_has_a_name_too() -> None:
    system = found(of({**BY_HAND, "product": "商店"}), "System")

    assert is_name(system["metadata"]["name"])
    assert system["metadata"]["title"] == "商店"


def test_groups_are_made_only_when_asked_for() -> None:
    assert {entity["kind"] for entity in of(BY_HAND).entities} == {"Component", "System"}
    group = found(of(BY_HAND, PROVISIONED, groups=True), "Group")
    assert group["metadata"]["name"] == "time-checkout"
    assert group["spec"] == {"type": "team", "children": []}


@pytest.mark.parametrize(
    ("owner", "reference", "made"),
    [
        ("time_checkout", "group:default/time_checkout", ["time_checkout"]),
        ("group:time-checkout", "group:default/time-checkout", ["time-checkout"]),
        ("group:plant/line-1", "group:plant/line-1", []),
        ("user:ana", "user:default/ana", []),
        ("Time Checkout", "group:default/time-checkout", ["time-checkout"]),
    ],
)
def test_owners_are_references_or_free_text(owner: str, reference: str, made: list[str]) -> None:
    told = of({**BY_HAND, "owner": owner}, groups=True)

    assert found(told, "Component")["spec"]["owner"] == reference
    assert [e["metadata"]["name"] for e in told.entities if e["kind"] == "Group"] == made


def test_a_team_s_own_name_is_never_given_to_free_text() -> None:
    told = of({**BY_HAND, "owner": "Time Checkout"}, PROVISIONED, groups=True)

    assert found(told, "Component", "orders")["spec"]["owner"] == "group:default/time-checkout"
    assert found(told, "Component", "checkout")["spec"]["owner"].startswith("group:default/time-checkout-")


def test_a_product_belongs_to_the_team_that_has_most_of_it() -> None:
    told = of(BY_HAND, PROVISIONED, {**BY_HAND, "name": "a", "owner": "a-team"})

    assert found(told, "System")["spec"]["owner"] == "group:default/time-checkout"


def test_one_service_is_told_as_among_all() -> None:
    typo = {**BY_HAND, "name": "typo", "product": "Loja-Online"}
    among_all = found(of(BY_HAND, PROVISIONED, typo), "Component", "typo")

    told = of(BY_HAND, PROVISIONED, typo, only="typo")
    assert found(told, "Component") == among_all
    assert found(told, "System")["metadata"]["name"] == among_all["spec"]["system"]
    assert of(BY_HAND, only="nobody").entities == []


def test_a_service_whose_name_backstage_refuses_is_left_out_and_remarked() -> None:
    told = of({**BY_HAND, "name": "-" * 64}, PROVISIONED)

    assert found(told, "Component")["metadata"]["name"] == "orders"
    assert "left out" in told.remarks[0]


def test_what_people_typed_is_shown_without_markup_and_leads_nowhere() -> None:
    place = {"project": "../x?y#z", "pipeline_id": 7, "repository": "a/b", "url": "https://evil.example"}
    told = of({**PROVISIONED, "description": "[x](https://evil.example)", "azure_devops": place})
    metadata = found(told, "Component")["metadata"]

    assert "[" not in metadata["description"]
    assert metadata["links"][0]["url"] == "https://dev.azure.com/org/..%2Fx%3Fy%23z/_git/a%2Fb"


products = st.lists(st.text(min_size=1, max_size=100).filter(str.strip), min_size=1, max_size=8)


@given(products)
def test_different_products_never_share_a_name_and_names_are_backstage_s(products: list[str]) -> None:
    told = of(*({**BY_HAND, "name": f"s{i}", "product": text} for i, text in enumerate(products)))
    names = [e["metadata"]["name"].lower() for e in told.entities if e["kind"] == "System"]

    assert all(is_name(name) for name in names)
    assert len(set(names)) == len(names)
    assert {e["spec"]["system"] for e in told.entities if e["kind"] == "Component"} == set(names)


@given(products)
def test_different_owners_never_share_a_group(owners: list[str]) -> None:
    services = [{**BY_HAND, "name": f"s{i}", "owner": text} for i, text in enumerate(owners)]
    told = of(*services, groups=True)
    names = [e["metadata"]["name"].lower() for e in told.entities if e["kind"] == "Group"]

    assert all(is_name(name) for name in names)
    assert len(set(names)) == len(names)
