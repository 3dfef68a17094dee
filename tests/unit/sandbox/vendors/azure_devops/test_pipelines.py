"""Pipelines as definitions: found by name, deleted with their runs."""

from tests.unit.sandbox.vendors.azure_devops.calls import (
    GIT,
    SHOP,
    ado,
    done,
    ended,
    new_pipeline,
    repository,
    service,
    start,
)
from tests.unit.sandbox.vendors.rig import Rig

DEFINITIONS = f"{SHOP}/build/definitions"


async def test_a_definition_is_found_by_name_and_folder(rig: Rig) -> None:
    repository_id = await repository(rig)
    for name in ("orders", "orders-2", "payments"):
        await new_pipeline(rig, repository_id, name)

    async def names(**params: str) -> list[str]:
        return [one["name"] for one in (await done(rig, "GET", DEFINITIONS, params=params))["value"]]

    assert await names(name="ORDERS") == ["orders"]
    assert await names(name="orders*") == ["orders", "orders-2"]
    assert await names(name="orders", path="\\") == ["orders"]
    assert await names(name="orders", path="\\other") == []
    (short,) = (await done(rig, "GET", DEFINITIONS, params={"name": "orders"}))["value"]
    assert "repository" not in short
    whole = await done(rig, "GET", f"{DEFINITIONS}/{short['id']}")
    assert whole["repository"]["id"] == repository_id
    assert whole["process"] == {"type": 2, "yamlFilename": "/azure-pipelines.yml"}


async def test_a_deleted_pipeline_is_gone_with_its_runs_and_its_name_is_free(rig: Rig) -> None:
    repository_id, pipeline_id = await service(rig)
    run_id = await start(rig, pipeline_id)
    await ended(rig, pipeline_id, run_id)

    assert (await ado(rig, "DELETE", f"{DEFINITIONS}/{pipeline_id}")).status_code == 204

    for path in (f"pipelines/{pipeline_id}", f"build/builds/{run_id}", f"build/definitions/{pipeline_id}"):
        assert (await ado(rig, "GET", f"{SHOP}/{path}")).status_code == 404
    assert (await ado(rig, "DELETE", f"{DEFINITIONS}/{pipeline_id}")).status_code == 404
    assert await new_pipeline(rig, repository_id) > pipeline_id


async def test_a_run_needs_the_yaml_file_at_its_commit(rig: Rig) -> None:
    repository_id, pipeline_id = await service(rig)
    runs = f"{SHOP}/pipelines/{pipeline_id}/runs"
    body = {"resources": {"repositories": {"self": {"refName": "refs/heads/none"}}}}

    elsewhere = await ado(rig, "POST", runs, json=body)
    await done(rig, "PATCH", f"{GIT}/{repository_id}", json={"isDisabled": True})
    disabled = await ado(rig, "POST", runs, json={})

    for answer in (elsewhere, disabled):
        assert (answer.status_code, answer.json()["typeKey"]) == (400, "PipelineValidationException")
    assert "File /azure-pipelines.yml not found in repository orders" in elsewhere.json()["message"]
    assert rig.vendors["azure_devops"].collection("run").all() == []
