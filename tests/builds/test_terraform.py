"""The Terraform of every path's services: it parses as HCL and stands in the form `terraform fmt` gives it."""

import os
from pathlib import Path

import hcl2
import pytest

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from tests.builds.toolchains import run, terraform
from tests.builds.workspace import REQUEST, write

each_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
TAGS = {"service", "product", "cost-center", "owner", "environment", "data-classification"}
UNTAGGED = {
    "azurerm_federated_identity_credential",
    "azurerm_monitor_diagnostic_setting",
    "azurerm_role_assignment",
}
"""Azure keeps no tags on these."""


@each_path
def test_it_stands_in_terraform_s_own_form(path: GoldenPath, tmp_path: Path) -> None:
    write(tmp_path, render(path, REQUEST))
    run([terraform(), "fmt", "-check", "-recursive", "-diff", "."], tmp_path, dict(os.environ), within_s=60)


@each_path
def test_every_resource_that_can_carry_tags_carries_the_service_s(path: GoldenPath) -> None:
    resources = _blocks(path, "resource")
    assert resources
    for kind, name, body in resources:
        if kind.startswith("azurerm_") and kind not in UNTAGGED and "storage_container" not in kind:
            assert body.get("tags") == "${local.tags}", f"{kind}.{name}"


@each_path
def test_the_tags_are_those_cost_is_allocated_by(path: GoldenPath) -> None:
    local = [body for name, body in _documents(path).items() if name.endswith("names.tf")]
    tags = local[0]["locals"][0]["tags"]
    assert {key.strip('"') for key in tags if not key.startswith("__")} == TAGS


def _documents(path: GoldenPath) -> dict[str, dict[str, list[dict[str, dict[str, dict[str, object]]]]]]:
    files = render(path, REQUEST).items()
    return {name: hcl2.loads(content.decode()) for name, content in files if name.endswith(".tf")}


def _blocks(path: GoldenPath, block: str) -> list[tuple[str, str, dict[str, object]]]:
    return [
        (kind.strip('"'), name.strip('"'), body)
        for document in _documents(path).values()
        for each in document.get(block, [])
        for kind, named in each.items()
        if not kind.startswith("__")
        for name, body in named.items()
        if not name.startswith("__")
    ]
