"""infra/bicep holds together without a compiler: it parses, names agree, nothing secret leaves, roles are known."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.bicep import symbols
from tests.contract.bicep.syntax import (
    BICEP,
    FILES,
    BicepFile,
    Declaration,
    Unknown,
    members,
    read,
    read_parameters,
    text,
    value_of,
    walk,
)

MAIN = BICEP / "main.bicep"
EXAMPLE = BICEP / "main.bicepparam"
MODULES = sorted((BICEP / "modules").glob("*.bicep"))
ROLES = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "serviceBusDataOwner": "090c5cfd-751d-490a-894a-3ce6f1109419",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "cognitiveServicesOpenAiUser": "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "appConfigurationDataOwner": "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b",
    "durableTaskDataContributor": "0ad04412-c4d5-4796-b79c-f76d14c8d402",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""
TAGS = {"service", "product", "cost-center", "owner", "environment"}
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@each_file
def test_the_file_parses(path: Path) -> None:
    assert read(path).errors() == []


def test_the_example_of_parameters_parses() -> None:
    assert read_parameters(EXAMPLE).errors() == []


@each_file
def test_every_name_it_uses_is_declared(path: Path) -> None:
    assert symbols.undeclared(read(path)) == []


@each_file
def test_everything_it_declares_is_used(path: Path) -> None:
    assert symbols.unused(read(path)) == []


@each_file
def test_modules_are_given_what_they_take(path: Path) -> None:
    file = read(path)
    assert symbols.module_faults(file) + symbols.output_faults(file) == []


def test_every_module_is_used() -> None:
    main = read(MAIN)
    assert sorted(main.module_path(name) for name in main.modules) == MODULES


@each_file
def test_every_parameter_and_output_is_described(path: Path) -> None:
    file = read(path)
    silent = [
        name
        for kind in (file.parameters, file.outputs, file.types)
        for name, declaration in kind.items()
        if "description" not in declaration.decorators
    ]
    assert silent == []


def test_imported_types_are_exported() -> None:
    missing = [
        f"{path.name}: {name}"
        for path in FILES
        for name, source in read(path).imports.items()
        if name not in read(source).types or "export" not in read(source).types[name].decorators
    ]
    assert missing == []


def test_the_example_gives_every_parameter_that_has_no_default_and_no_unknown_one() -> None:
    given, taken = read_parameters(EXAMPLE).variables, read(MAIN).parameters
    needed = {name for name, parameter in taken.items() if parameter.value is None}
    assert needed <= set(given) <= set(taken)


def test_the_example_gives_every_system() -> None:
    systems = read(BICEP / "types.bicep").types["systemsType"].value
    given = read_parameters(EXAMPLE).variables["systems"].value
    assert set(members(given)) == set(members(systems))


def test_roles_are_the_ones_we_know_and_each_is_assigned() -> None:
    found = {
        name: value_of(variable.value)
        for path in FILES
        for name, variable in read(path).variables.items()
        if variable.value is not None and GUID.fullmatch(str(value_of(variable.value)))
    }
    assert found == ROLES
    loose = [
        path.name for path in FILES for each in GUID.findall(path.read_text()) if each not in ROLES.values()
    ]
    assert loose == []


def test_each_role_is_given_on_one_resource_and_never_on_a_group_or_a_subscription() -> None:
    scopes = {
        f"{path.name}: {value_of(members(assignment.body)['scope'])}"
        for path in FILES
        for assignment in _resources(read(path), "Microsoft.Authorization/roleAssignments")
    }
    assert scopes == {
        "flags.bicep: store",
        "messaging.bicep: namespace",
        "monitoring.bicep: insights",
        "openai-access.bicep: account",
        "scheduler.bicep: scheduler",
        "storage.bicep: account",
        "vault.bicep: vault",
    }


def test_no_output_is_secret() -> None:
    """Outputs stay readable in the deployment's history."""
    leaks = [
        f"{path.name}: {name}"
        for path in FILES
        for name, output in read(path).outputs.items()
        if _names(output) & _secure(read(path)) or re.search(r"\blist[A-Z]\w*\(|[kK]ey\b", text(output.value))
    ]
    assert leaks == []


def test_parameters_that_carry_secrets_are_secure() -> None:
    open_secrets = [
        f"{path.name}: {name}"
        for path in FILES
        for name, parameter in read(path).parameters.items()
        if re.search(r"secret|password|token(?!s?Type)|privateKey", name, re.IGNORECASE)
        and "secure" not in parameter.decorators
    ]
    assert open_secrets == []


def test_secure_parameters_have_no_default_but_the_empty_one() -> None:
    defaults = [
        value_of(parameter.value)
        for path in FILES
        for parameter in read(path).parameters.values()
        if "secure" in parameter.decorators and parameter.value is not None
    ]
    assert all(default in ("", {}) for default in defaults)


def test_the_example_holds_no_secret() -> None:
    values = value_of(read_parameters(EXAMPLE).variables["secretValues"].value)
    assert values
    assert all(
        isinstance(value, Unknown) and value.text.startswith("readEnvironmentVariable(")
        for value in values.values()
    )


def test_keys_and_passwords_are_switched_off_wherever_azure_lets_us() -> None:
    def properties(module: str, type_: str) -> dict[str, object]:
        (resource,) = _resources(read(BICEP / "modules" / module), type_)
        found: dict[str, object] = value_of(members(resource.body)["properties"])
        return found

    account = properties("storage.bicep", "Microsoft.Storage/storageAccounts")
    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert properties("messaging.bicep", "Microsoft.ServiceBus/namespaces")["disableLocalAuth"] is True
    assert properties("monitoring.bicep", "Microsoft.Insights/components")["DisableLocalAuth"] is True
    flags = properties("flags.bicep", "Microsoft.AppConfiguration/configurationStores")
    assert flags["disableLocalAuth"] is True
    assert flags["enablePurgeProtection"] is True
    vault = properties("vault.bicep", "Microsoft.KeyVault/vaults")
    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True
    assert properties("app.bicep", "Microsoft.Web/sites")["httpsOnly"] is True
    basic = properties("app.bicep", "Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert basic == {"allow": False}


def test_everything_that_can_have_tags_has_ours() -> None:
    assert set(members(read(MAIN).variables["tags"].value)) == TAGS
    untagged = [
        f"{path.name}: {resource.name}"
        for path in FILES
        for resource in read(path).resources.values()
        if "location" in members(resource.body) and "tags" not in members(resource.body)
    ]
    assert untagged == []


def _resources(file: BicepFile, type_: str) -> Iterator[Declaration]:
    return (each for each in file.resources.values() if each.target.partition("@")[0] == type_)


def _names(output: Declaration) -> set[str]:
    return {text(node) for node in walk(output.value) if node.type == "identifier"}


def _secure(file: BicepFile) -> set[str]:
    return {name for name, parameter in file.parameters.items() if "secure" in parameter.decorators}
