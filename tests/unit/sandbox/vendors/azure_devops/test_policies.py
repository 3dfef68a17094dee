"""Branch policies over HTTP: what is checked before one is made, and which ones a repository has."""

from typing import Any

from tests.unit.sandbox.vendors.azure_devops.calls import MAIN, SHOP, ado, done, new_pipeline, repository
from tests.unit.sandbox.vendors.rig import Rig

REVIEWERS, BUILD = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd", "0609b952-1397-4640-95ec-e00a01b2c241"
CONFIGURATIONS = f"{SHOP}/policy/configurations"


def policy(repository_id: str | None, type_id: str = REVIEWERS, **settings: Any) -> dict[str, Any]:
    scope = [{"repositoryId": repository_id, "refName": MAIN, "matchKind": "Exact"}]
    count = {"minimumApproverCount": 2} if type_id == REVIEWERS else {}
    settings = {"scope": scope, **count, **settings}
    return {"isEnabled": True, "isBlocking": True, "type": {"id": type_id}, "settings": settings}


async def test_a_policy_is_made_read_changed_and_deleted(rig: Rig) -> None:
    wanted = policy(await repository(rig))

    made = await done(rig, "POST", CONFIGURATIONS, json=wanted)

    one = f"{CONFIGURATIONS}/{made['id']}"
    assert (made["type"]["displayName"], made["settings"]) == (
        "Minimum number of reviewers",
        wanted["settings"],
    )
    changed = await done(rig, "PUT", one, json={**wanted, "isBlocking": False})
    assert (changed["isBlocking"], changed["revision"]) == (False, 2)
    assert (await done(rig, "GET", one))["isBlocking"] is False
    assert (await done(rig, "GET", CONFIGURATIONS))["count"] == 1
    assert (await done(rig, "GET", CONFIGURATIONS, params={"policyType": BUILD}))["count"] == 0
    await done(rig, "DELETE", one)
    for method in ("GET", "DELETE"):
        assert (await ado(rig, method, one)).status_code == 404


async def test_a_policy_without_its_parts_is_refused_and_not_made(rig: Rig) -> None:
    whole = policy(await repository(rig))
    wrong: list[Any] = [{"isEnabled": None}, {"isBlocking": "yes"}, {"settings": {}}]

    answers = [await ado(rig, "POST", CONFIGURATIONS, json=whole | change) for change in wrong]

    assert [answer.status_code for answer in answers] == [400] * len(wrong)
    assert rig.vendors["azure_devops"].collection("policy").all() == []


async def test_an_unknown_type_is_refused_and_the_known_ones_are_listed(rig: Rig) -> None:
    repository_id = await repository(rig)

    unknown = await ado(rig, "POST", CONFIGURATIONS, json=policy(repository_id, "x"))

    assert unknown.status_code == 404
    listed = (await done(rig, "GET", f"{SHOP}/policy/types"))["value"]
    assert {REVIEWERS, BUILD} <= {one["id"] for one in listed}
    assert (await done(rig, "GET", f"{SHOP}/policy/types/{BUILD.upper()}"))["displayName"] == "Build"


async def test_a_repository_has_its_own_policies_and_those_of_the_project(rig: Rig) -> None:
    mine, other = await repository(rig), await repository(rig, "payments")
    build = policy(mine, BUILD, buildDefinitionId=await new_pipeline(rig, mine))
    for body in (policy(mine), build, policy(other), policy(None)):
        await done(rig, "POST", CONFIGURATIONS, json=body)

    async def ids(**params: str) -> list[int]:
        listed = await done(rig, "GET", f"{SHOP}/git/policy/configurations", params=params)
        return [one["id"] for one in listed["value"]]

    assert await ids(repositoryId=mine) == [1, 2, 4]
    assert await ids(repositoryId=other, refName=MAIN) == [3, 4]
    assert await ids(repositoryId=mine, refName="refs/heads/fix") == []
