"""Repositories over HTTP: renamed, disabled, deleted, restored, purged."""

from typing import Any

from tests.unit.sandbox.vendors.azure_devops.calls import GIT, SHOP, ado, done, push, pushed, repository
from tests.unit.sandbox.vendors.rig import Rig

BIN = f"{SHOP}/git/recycleBin/repositories"


async def test_a_repository_is_renamed_unless_the_name_is_taken_or_no_name(rig: Rig) -> None:
    repository_id = await repository(rig)
    await repository(rig, "payments")

    assert (await done(rig, "PATCH", f"{GIT}/{repository_id}", json={"name": "ORDERS"}))["name"] == "ORDERS"
    taken = await ado(rig, "PATCH", f"{GIT}/{repository_id}", json={"name": "Payments"})

    assert (taken.status_code, taken.json()["typeKey"]) == (409, "GitRepositoryNameAlreadyExistsException")
    assert taken.json()["message"].startswith("TF400948")
    assert (await ado(rig, "PATCH", f"{GIT}/{repository_id}", json={"name": "a/b"})).status_code == 400


async def test_a_wrong_change_is_refused(rig: Rig) -> None:
    repository_id = await repository(rig)
    wrong: list[Any] = [{}, {"colour": 1}, {"isDisabled": "yes"}, {"defaultBranch": "refs/heads/x"}]

    answers = [await ado(rig, "PATCH", f"{GIT}/{repository_id}", json=body) for body in wrong]

    assert [answer.status_code for answer in answers] == [400] * len(wrong)


async def test_a_disabled_repository_is_listed_but_denies_its_content_until_it_is_enabled(rig: Rig) -> None:
    repository_id = await repository(rig)
    commit_id = await push(rig, repository_id)
    one = f"{GIT}/{repository_id}"

    assert (await done(rig, "PATCH", one, json={"isDisabled": True}))["isDisabled"]

    for part in ("refs", "commits", f"commits/{commit_id}", "items"):
        answer = await ado(rig, "GET", f"{one}/{part}")
        assert (answer.status_code, answer.json()["typeKey"]) == (404, "GitRepositoryNotFoundException")
    refused = await ado(rig, "POST", f"{one}/pushes", json=pushed({"/x": "x"}, old=commit_id))
    assert refused.status_code == 404
    listed = {each["name"]: each["isDisabled"] for each in (await done(rig, "GET", GIT))["value"]}
    assert listed == {"shop": False, "orders": True}
    await done(rig, "PATCH", one, json={"isDisabled": False})
    assert (await done(rig, "GET", f"{one}/commits"))["count"] == 1


async def test_the_recycle_bin_gives_back_whole_what_was_deleted(rig: Rig) -> None:
    repository_id = await repository(rig)
    commit_id = await push(rig, repository_id)
    await done(rig, "DELETE", f"{GIT}/{repository_id}")

    (binned,) = (await done(rig, "GET", BIN))["value"]
    assert (binned["id"], binned["name"], "deletedDate" in binned) == (repository_id, "orders", True)
    assert (await ado(rig, "PATCH", f"{BIN}/{repository_id}", json={"deleted": True})).status_code == 400
    other = await repository(rig)
    clash = await ado(rig, "PATCH", f"{BIN}/{repository_id}", json={"deleted": False})
    assert clash.status_code == 409
    await done(rig, "DELETE", f"{GIT}/{other}")
    await done(rig, "PATCH", f"{BIN}/{repository_id}", json={"deleted": False})

    assert (await done(rig, "GET", f"{GIT}/orders/commits"))["value"][0]["commitId"] == commit_id
    assert [one["id"] for one in (await done(rig, "GET", BIN))["value"]] == [other]


async def test_what_is_purged_is_gone_with_all_that_was_in_it(rig: Rig) -> None:
    repository_id = await repository(rig)
    await push(rig, repository_id)
    await done(rig, "DELETE", f"{GIT}/{repository_id}")

    await done(rig, "DELETE", f"{BIN}/{repository_id}")

    state = rig.vendors["azure_devops"]
    for kind in ("deleted_repository", "commit", "ref", "_files"):
        assert state.collection(kind).all() == []
    assert (await ado(rig, "PATCH", f"{BIN}/{repository_id}", json={"deleted": False})).status_code == 404
