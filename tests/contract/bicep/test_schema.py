"""infra/bicep against Microsoft's own descriptions of the resource types: properties, values, what is required."""

import pytest

from tests.contract.bicep.schema import TYPES, NoSchema, faults, schema_of
from tests.contract.bicep.syntax import FILES, BicepFile, Declaration, read

RESOURCES = [
    pytest.param(resource, id=f"{path.stem}-{name}")
    for path in FILES
    for name, resource in read(path).resources.items()
    if not resource.existing
]
CHECKED_BY_HAND = {
    "Microsoft.AppConfiguration/configurationStores@2024-05-01",
    "Microsoft.DurableTask/schedulers@2025-11-01",
    "Microsoft.DurableTask/schedulers/taskHubs@2025-11-01",
    "Microsoft.Insights/actionGroups@2023-01-01",
    "Microsoft.Insights/diagnosticSettings@2021-05-01-preview",
    "Microsoft.Insights/metricAlerts@2018-03-01",
    "Microsoft.Insights/scheduledQueryRules@2023-12-01",
    "Microsoft.Insights/webtests@2022-06-15",
    "Microsoft.KeyVault/vaults/secrets@2024-11-01",
    "Microsoft.ServiceBus/namespaces@2024-01-01",
    "Microsoft.ServiceBus/namespaces/topics@2024-01-01",
    "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules@2024-01-01",
    "Microsoft.Storage/storageAccounts/blobServices@2025-01-01",
    "Microsoft.Web/sites@2024-11-01",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01",
}
"""Types whose description is not in shared/specs: these were read beside Azure/bicep-types-az instead."""


@pytest.fixture
def specs() -> None:
    if not TYPES.is_dir():
        pytest.skip(
            "Microsoft's type descriptions are not here (bicep-types); VALUEFLOW_SPECS says where they are"
        )


@pytest.mark.usefixtures("specs")
@pytest.mark.parametrize("resource", RESOURCES)
def test_the_resource_has_the_shape_microsoft_describes(resource: Declaration) -> None:
    try:
        schema = schema_of(resource.target)
    except NoSchema as missing:
        assert resource.target in CHECKED_BY_HAND
        pytest.skip(f"{resource.target}: {missing}")
    assert faults(resource, schema) == []


@pytest.mark.usefixtures("specs")
@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("name: 'abc'\n kind: 'StorageV2'\n sku: { name: 'Standard_LRS' }", "x.location: missing"),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n colour: 'red'",
            "x.colour: unknown",
        ),
        ("name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n id: 'z'", "x.id: read-only"),
        (
            "name: 'AB'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }",
            "x.name: 'AB' does not match ^[a-z0-9]+$",
        ),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n properties: { accessTier: 'Warm' }",
            "x.properties.accessTier: 'Warm' is none of Hot | Cool | Premium | Cold",
        ),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n properties: { isHnsEnabled: 'no' }",
            "x.properties.isHnsEnabled: string where bool is due",
        ),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n properties: { isHnsEnabled: a ? 1 : b }",
            "x.properties.isHnsEnabled: number where bool is due",
        ),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n zones: '1'",
            "x.zones: string where string[] is due",
        ),
        (
            "name: 'abc'\n kind: 'V3'\n location: 'x'\n sku: { name: 'y' }\n zones: [for i in j: 1]",
            "x.zones[]: number where string is due",
        ),
    ],
)
def test_the_check_finds_what_is_wrong(written: str, fault: str) -> None:
    source = f"resource x 'Microsoft.Storage/storageAccounts@2025-01-01' = {{\n {written}\n}}\n"
    file = BicepFile(source.encode(), TYPES / "broken.bicep")
    assert file.errors() == []
    resource = file.resources["x"]
    assert fault in faults(resource, schema_of(resource.target))


def test_no_type_is_listed_by_hand_for_nothing() -> None:
    used = {resource.target for path in FILES for resource in read(path).resources.values()}
    assert used >= CHECKED_BY_HAND
