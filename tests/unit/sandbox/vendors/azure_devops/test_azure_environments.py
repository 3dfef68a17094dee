"""What deployments leave behind: an environment in Azure, and a service that Dynatrace sees."""

from typing import Any

from sandbox.vendors.azure_devops.vendor import AzureDevOps
from sandbox.vendors.dynatrace.vendor import Dynatrace
from tests.unit.sandbox.vendors.azure_devops.calls import SHOP, allow, done, ended, service, start
from tests.unit.sandbox.vendors.rig import Rig


async def run(rig: Rig, pipeline_id: int, action: str, environment: str = "development") -> int:
    run_id = await start(rig, pipeline_id, action=action, environment=environment)
    await ended(rig, pipeline_id, run_id)
    return run_id


def environments(rig: Rig) -> list[dict[str, Any]]:
    return rig.vendors["azure_devops"].collection("azure_environment").all()


def seen(rig: Rig) -> list[tuple[str, str, list[str]]]:
    """What Dynatrace monitors."""
    return [
        (one["entityId"], one["displayName"], [tag["stringRepresentation"] for tag in one["tags"]])
        for one in rig.vendors["dynatrace"].collection("entity").all()
    ]


def states(rig: Rig) -> list[str]:
    return [one["state"] for one in environments(rig)]


async def test_an_environment_lives_from_apply_to_destroy(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)

    run_id = await run(rig, pipeline_id, "apply")

    (made,) = environments(rig)
    assert {name: made[name] for name in made if name != "updated_at"} == {
        "project": "shop",
        "pipeline": "orders",
        "service": "orders",
        "environment": "development",
        "state": "running",
        "run_id": run_id,
    }
    ((entity_id, name, tags),) = seen(rig)
    assert (name, tags) == ("orders", ["service:orders", "environment:development"])
    told = []
    for action in ("stop", "start", "apply", "destroy", "stop", "destroy"):
        await run(rig, pipeline_id, action)
        told.append((action, states(rig), [one[0] for one in seen(rig)]))
    assert told == [
        ("stop", ["stopped"], [entity_id]),
        ("start", ["running"], [entity_id]),
        ("apply", ["running"], [entity_id]),
        ("destroy", [], []),
        ("stop", [], []),
        ("destroy", [], []),
    ]
    await run(rig, pipeline_id, "apply")
    assert [one[0] for one in seen(rig)] == [entity_id]


async def test_what_fails_while_deploying_is_partial_and_not_monitored(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)
    fail = [
        {"pipeline": "orders", "stage": "deploy", "action": name} for name in ("apply", "destroy", "stop")
    ]
    await rig.control("azure_devops", "PUT", "/config", {"fail": fail})

    await run(rig, pipeline_id, "apply")
    assert (states(rig), seen(rig)) == (["partial"], [])
    await run(rig, pipeline_id, "apply")
    await run(rig, pipeline_id, "stop")
    assert states(rig) == ["running"]
    await run(rig, pipeline_id, "destroy")
    assert states(rig) == ["partial"]
    await run(rig, pipeline_id, "destroy")
    assert states(rig) == []


async def test_what_fails_before_deploying_and_what_names_no_environment_leaves_nothing(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)
    await rig.control("azure_devops", "PUT", "/config", {"fail": [{"pipeline": "orders", "stage": "scan"}]})

    await run(rig, pipeline_id, "apply")
    await ended(rig, pipeline_id, await start(rig, pipeline_id))

    assert (states(rig), seen(rig)) == ([], [])


async def test_environments_are_apart_and_outlive_their_pipeline(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    for environment in ("development", "preview"):
        await allow(rig, pipeline_id, environment)
        await run(rig, pipeline_id, "apply", environment)

    await done(rig, "DELETE", f"{SHOP}/build/definitions/{pipeline_id}")

    assert [one["environment"] for one in environments(rig)] == ["development", "preview"]
    assert len(seen(rig)) == 2


async def test_effects_that_come_twice_are_as_if_they_came_once(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await allow(rig, pipeline_id)
    run_id = await run(rig, pipeline_id, "apply")
    before = (environments(rig), seen(rig))
    vendor, dynatrace = rig.vendors["azure_devops"], rig.vendors["dynatrace"]
    assert isinstance(vendor, AzureDevOps)
    assert isinstance(dynatrace, Dynatrace)

    document = vendor.runs.get(run_id)
    assert document
    vendor._environments.of(document)

    assert (environments(rig), seen(rig)) == before
