"""Runs go through their stages, wait for permission, fail where they are told to, and can be stopped."""

from typing import Any

from tests.unit.sandbox.vendors.azure_devops.calls import (
    SHOP,
    ado,
    allow,
    done,
    ended,
    service,
    stages,
    start,
)
from tests.unit.sandbox.vendors.rig import Rig, eventually

DONE = ("completed", "succeeded")
SKIPPED = ("completed", "skipped")


async def test_a_run_that_ends_well_has_been_through_all_stages(rig: Rig) -> None:
    _, pipeline_id = await service(rig)

    run_id = await start(rig, pipeline_id)

    assert await ended(rig, pipeline_id, run_id) == "succeeded"
    assert await stages(rig, run_id) == dict.fromkeys(("build", "test", "scan", "deploy"), DONE)
    timeline = await done(rig, "GET", f"{SHOP}/build/builds/{run_id}/timeline")
    by_id = f"{SHOP}/build/builds/{run_id}/timeline/{timeline['id']}"
    assert (await done(rig, "GET", by_id))["records"] == timeline["records"]
    assert (await ado(rig, "GET", f"{SHOP}/build/builds/{run_id}/timeline/x")).status_code == 404


async def test_a_run_under_way_is_in_its_first_stage(rig: Rig) -> None:
    _, pipeline_id = await service(rig, run_seconds=3600)

    run_id = await start(rig, pipeline_id)

    assert await stages(rig, run_id) == {
        "build": ("inProgress", None),
        "test": ("pending", None),
        "scan": ("pending", None),
        "deploy": ("pending", None),
    }


async def test_a_run_fails_at_the_stage_it_is_told_as_often_as_it_is_told(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    fail = [
        {"pipeline": "Orders", "stage": "scan", "times": 2},
        {"pipeline": "orders", "stage": "deploy", "action": "destroy"},
    ]
    await rig.control("azure_devops", "PUT", "/config", {"fail": fail})

    results = []
    for action in ("apply", "apply", "apply", "destroy", "destroy"):
        run_id = await start(rig, pipeline_id, action=action)
        result = await ended(rig, pipeline_id, run_id)
        told = await stages(rig, run_id)
        results.append((result, [name for name, how in told.items() if how == ("completed", "failed")]))

    assert results == [
        ("failed", ["scan"]),
        ("failed", ["scan"]),
        ("succeeded", []),
        ("failed", ["deploy"]),
        ("succeeded", []),
    ]
    assert (await rig.control("azure_devops", "GET", "/config"))["fail"] == []


async def test_a_wrong_failure_is_refused(rig: Rig) -> None:
    url = f"{rig.urls['azure_devops']}/_sandbox/config"
    wrong: list[Any] = [
        {},
        [{"stage": "deploy"}],
        [{"pipeline": "x", "stage": "ship"}],
        [{"pipeline": "x", "stage": "deploy", "times": 0}],
        [{"pipeline": "x", "stage": "deploy", "action": 1}],
        [{"pipeline": "x", "stage": "deploy", "colour": "red"}],
    ]

    answers = [await rig.http.put(url, json={"fail": fail}) for fail in wrong]

    assert [answer.status_code for answer in answers] == [400] * len(wrong)


async def test_a_run_waits_before_deploying_until_its_pipeline_may_use_all_it_needs(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    run_id = await start(rig, pipeline_id, environment="preview")
    vendor = rig.vendors["azure_devops"]

    build = await done(rig, "GET", f"{SHOP}/build/builds/{run_id}")
    assert (build["status"], (await stages(rig, run_id))["scan"]) == ("inProgress", DONE)
    assert (await stages(rig, run_id))["deploy"] == ("pending", None)
    timeline = await done(rig, "GET", f"{SHOP}/build/builds/{run_id}/timeline")
    (checkpoint,) = [one for one in timeline["records"] if one["type"] == "Checkpoint"]
    assert [issue["message"] for issue in checkpoint["issues"]] == [
        "This pipeline needs permission to access endpoint azure-preview",
        "This pipeline needs permission to access environment preview",
    ]

    await allow(rig, pipeline_id, "development")
    assert vendor.collection("run").all()[0]["waits_for"]
    await rig.stop()
    await rig.start()
    await allow(rig, pipeline_id, "preview")

    assert await ended(rig, pipeline_id, run_id) == "succeeded"
    assert (await stages(rig, run_id))["deploy"] == DONE


async def test_a_run_that_fails_before_it_deploys_waits_for_nothing(rig: Rig) -> None:
    _, pipeline_id = await service(rig)
    await rig.control("azure_devops", "PUT", "/config", {"fail": [{"pipeline": "orders", "stage": "test"}]})

    run_id = await start(rig, pipeline_id, environment="preview")

    assert await ended(rig, pipeline_id, run_id) == "failed"
    assert (await stages(rig, run_id))["deploy"] == SKIPPED


async def cancel(rig: Rig, run_id: int, status: str = "cancelling") -> int:
    answer = await ado(rig, "PATCH", f"{SHOP}/build/builds/{run_id}", json={"status": status})
    return answer.status_code


async def test_a_run_under_way_or_waiting_is_cancelled_and_an_ended_one_is_not(rig: Rig) -> None:
    _, pipeline_id = await service(rig, run_seconds=3600)
    under_way = await start(rig, pipeline_id)
    await rig.control("azure_devops", "PUT", "/config", {"run_seconds": 0})
    waiting = await start(rig, pipeline_id, environment="preview")

    assert [await cancel(rig, under_way), await cancel(rig, waiting)] == [200, 200]

    for run_id in (under_way, waiting):
        assert await ended(rig, pipeline_id, run_id) == "canceled"
        assert (await stages(rig, run_id))["deploy"] == SKIPPED
        assert await cancel(rig, run_id) == 400
    assert (await stages(rig, under_way))["build"] == ("completed", "canceled")
    assert await cancel(rig, 999) == 404
    assert await cancel(rig, under_way, "completed") == 400


async def test_a_run_that_was_under_way_at_a_restart_ends_as_decided(rig: Rig) -> None:
    _, pipeline_id = await service(rig, run_seconds=0.4)
    await allow(rig, pipeline_id)
    await start(rig, pipeline_id, environment="development")

    await rig.stop()
    await rig.start()

    environments = rig.vendors["azure_devops"].collection("azure_environment")
    (found,) = await eventually(environments.all)
    assert found["state"] == "running"
