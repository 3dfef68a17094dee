"""Run-time parameters: what a pipeline's YAML declares is taken, anything else refused, previewed or run."""

from typing import Any

import pytest

from shared.clients.azure_devops import azure_devops_client
from tests.unit.sandbox.vendors.rig import Rig

YAML = """
parameters:
  - { name: action, type: string, default: apply, values: [apply, restart] }
  - { name: instances, type: number, default: 1, values: [1, 2] }
  - { name: note, type: string, default: "" }
stages: []
"""


@pytest.mark.parametrize(
    ("parameters", "taken"),
    [
        ({}, True),
        ({"action": "restart", "instances": "2", "note": "anything"}, True),
        ({"action": "stop"}, False),
        ({"instances": "3"}, False),
        ({"environment": "production"}, False),
    ],
)
async def test_a_preview_says_what_a_run_would(rig: Rig, parameters: dict[str, str], taken: bool) -> None:
    pipeline = await rig.control("azure_devops", "POST", "/pipelines", {"project": "Sales", "name": "orders"})
    made: Any = await rig.control(
        "azure_devops",
        "POST",
        "/runs",
        {"pipeline_id": pipeline["id"], "files": {"/azure-pipelines.yml": YAML}},
    )
    client = azure_devops_client(
        f"{rig.urls['azure_devops']}/contoso", rig.credentials["azure_devops"]["token"]
    )

    accepted = await client.runs.accepts(
        "Sales",
        pipeline["id"],
        "refs/heads/main",
        made[0]["version"] if isinstance(made, list) else made["version"],
        parameters,
    )
    runs = await client.runs.list("Sales", pipeline["id"])

    assert accepted is taken
    assert len(runs) == 1
    await client.aclose()
