"""Service connections, environments, and which pipeline may use them, over HTTP."""

from typing import Any

from tests.unit.sandbox.vendors.azure_devops.calls import SHOP, ado, allow, done, service
from tests.unit.sandbox.vendors.rig import Rig

PERMISSIONS = f"{SHOP}/pipelines/pipelinepermissions"


async def test_every_project_has_three_connections_and_three_environments(rig: Rig) -> None:
    await service(rig)

    endpoints = (await done(rig, "GET", f"{SHOP}/serviceendpoint/endpoints"))["value"]
    environments = (await done(rig, "GET", f"{SHOP}/distributedtask/environments"))["value"]

    names = ["development", "preview", "production"]
    assert [one["name"] for one in endpoints] == [f"azure-{name}" for name in names]
    assert [one["name"] for one in environments] == names
    some = await done(
        rig,
        "GET",
        f"{SHOP}/serviceendpoint/endpoints",
        params={"endpointNames": "AZURE-preview,azure-none"},
    )
    assert [one["name"] for one in some["value"]] == ["azure-preview"]
    one = await done(rig, "GET", f"{SHOP}/distributedtask/environments", params={"name": "preview"})
    assert one["count"] == 1


async def test_what_a_project_is_given_stays_over_a_restart(rig: Rig) -> None:
    await service(rig)
    before = rig.vendors["azure_devops"].collection("endpoint").all()

    await rig.stop()
    await rig.start()

    assert rig.vendors["azure_devops"].collection("endpoint").all() == before


async def test_a_permission_is_given_told_and_taken_however_often(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    (endpoint,) = (
        await done(rig, "GET", f"{SHOP}/serviceendpoint/endpoints", params={"endpointNames": "azure-preview"})
    )["value"]
    one = f"{PERMISSIONS}/endpoint/{endpoint['id']}"

    async def told(allowed: bool) -> list[int]:
        body = {"pipelines": [{"id": pipeline_id, "authorized": allowed}]}
        changed = await done(rig, "PATCH", one, json=body)
        assert changed == await done(rig, "GET", one)
        return [pipeline["id"] for pipeline in changed["pipelines"]]

    assert [await told(True), await told(True)] == [[pipeline_id], [pipeline_id]]
    assert [await told(False), await told(False)] == [[], []]


async def test_of_a_batch_with_a_wrong_part_nothing_is_done(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    right = {
        "resource": {"type": "environment", "id": "1"},
        "pipelines": [{"id": pipeline_id, "authorized": True}],
    }
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"resource": {"type": "endpoint", "id": "x"}}, 404),
        ({"resource": {"type": "queue", "id": "1"}}, 404),
        ({"resource": "x"}, 400),
        ({"pipelines": [{"id": 99, "authorized": True}]}, 404),
        ({"pipelines": [{"id": 1}]}, 400),
        ({"pipelines": {}}, 400),
    ]

    for change, status in wrong:
        answer = await ado(rig, "PATCH", PERMISSIONS, json=[right, {**right, **change}])
        assert answer.status_code == status

    assert rig.vendors["azure_devops"].collection("permission").all() == []


async def test_permissions_go_with_their_pipeline(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)

    await done(rig, "DELETE", f"{SHOP}/build/definitions/{pipeline_id}")

    assert rig.vendors["azure_devops"].collection("permission").all() == []
