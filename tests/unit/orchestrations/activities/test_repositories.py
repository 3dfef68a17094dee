"""The activities on repositories: made once, filled once, and taken away only as far as they are ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrations.activities.repositories import (
    archive_repository,
    create_repository,
    delete_repository,
    look_in_azure_devops,
    push_skeleton,
    remove_first_commit,
)
from shared.clients.azure_devops import MINIMUM_REVIEWERS
from shared.clients.idempotency import marker
from tests.fakes.vendor import Fault, done_but_failed, lost_reply, status, timed_out
from tests.fakes.vendors import Vendors, act, value

PUSH_KEY = "op-1/push_skeleton"
PLACE = {"project": "Payments", "name": "orders"}
PARAMETERS = {
    **PLACE,
    "description": "Takes orders",
    "product": "Order to Cash",
    "owner": "team-orders",
    "cost_center": "BR-4711",
    "tier": 3,
    "data_classification": "internal",
    "environment": "development",
    "adopt_existing": False,
}
LOST = (lost_reply, timed_out, done_but_failed(500), done_but_failed(504))
PIPELINE = {"/azure-pipelines.yml": b"stages: []"}


async def look() -> dict[str, Any]:
    return await value(look_in_azure_devops, {**PLACE, "at": datetime.now(UTC).isoformat()})


def asked(before: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What the saga sends to create_repository, and with `made` to delete_repository."""
    return {
        **PLACE,
        "existing": before["repository"],
        "adopt_existing": False,
        "push_key": PUSH_KEY,
        "since": before["at"],
        "made": None,
        "attempt": 1,
        **changes,
    }


async def push(repository_id: str) -> dict[str, Any]:
    payload = {
        "project": "Payments",
        "repository_id": repository_id,
        "path": {"name": "python-function", "version": "1.0.0"},
        "parameters": PARAMETERS,
        "message": "Made by the golden path",
    }
    return await act(push_skeleton, payload, PUSH_KEY)


def names(vendors: Vendors) -> list[str]:
    return [each["name"] for each in vendors.devops.git.repositories.values()]


def bin_of(vendors: Vendors) -> set[str]:
    return set(vendors.devops.git.deleted)


async def test_the_look_tells_what_was_there_before(vendors: Vendors) -> None:
    git = vendors.devops.git
    nothing = await look()
    repository_id = git.add_repository("Orders")
    pipeline_id = vendors.devops.pipelines.add_pipeline("orders", repository_id)
    git.policies[5] = {
        "id": 5,
        "type": {"id": MINIMUM_REVIEWERS},
        "settings": {"scope": [{"repositoryId": repository_id, "refName": "refs/heads/main"}]},
    }

    found = await look()

    assert (nothing["repository"], nothing["pipeline"], nothing["policy_ids"]) == (None, None, [])
    assert found["repository"]["repository_id"] == repository_id
    assert found["pipeline"] == {"pipeline_id": pipeline_id}
    assert found["policy_ids"] == [5]
    assert all(request.method == "GET" for request in vendors.devops.requests)


async def test_the_look_allows_for_clocks_that_differ(vendors: Vendors) -> None:
    assert datetime.fromisoformat((await look())["at"]) <= datetime.now(UTC) - timedelta(minutes=4)


async def test_without_its_project_nothing_can_be_made(vendors: Vendors) -> None:
    outcome = await act(look_in_azure_devops, {**PLACE, "project": "Nowhere", "at": "2026-11-21T12:00:00Z"})

    assert outcome["status"] == "refused"
    assert "project" in outcome["reason"]


async def test_a_repository_is_made_once(vendors: Vendors) -> None:
    before = await look()

    first = await value(create_repository, asked(before))
    second = await value(create_repository, asked(before))

    assert first == second
    assert first["result"] == "created"
    assert names(vendors) == ["orders"]


@pytest.mark.parametrize("fault", LOST)
async def test_a_creation_whose_answer_is_lost_is_ours(vendors: Vendors, fault: Fault) -> None:
    before = await look()
    vendors.devops.fail("POST", "/git/repositories", fault)

    assert (await value(create_repository, asked(before)))["result"] == "created"
    assert names(vendors) == ["orders"]


async def test_what_exists_is_taken_only_when_that_was_asked_for(vendors: Vendors) -> None:
    repository_id = vendors.devops.git.add_repository("orders")
    before = await look()

    refused = await act(create_repository, asked(before))
    adopted = await value(create_repository, asked(before, adopt_existing=True))

    assert refused["status"] == "refused"
    assert "adopt_existing" in refused["reason"]
    assert (adopted["repository_id"], adopted["result"]) == (repository_id, "adopted")


async def test_what_somebody_else_made_and_filled_meanwhile_is_not_taken(vendors: Vendors) -> None:
    before = await look()
    theirs = vendors.devops.git.add_repository("orders")
    vendors.devops.git.add_commit(theirs, "Begin", {})

    outcome = await act(create_repository, asked(before, adopt_existing=True))

    assert outcome["status"] == "refused"
    assert "somebody else" in outcome["reason"]


async def test_a_disabled_repository_cannot_become_a_service_s(vendors: Vendors) -> None:
    theirs = vendors.devops.git.add_repository("orders")
    vendors.devops.git.repositories[theirs]["isDisabled"] = True
    before = await look()

    outcome = await act(create_repository, asked(before, adopt_existing=True))

    assert outcome["status"] == "refused"
    assert "disabled" in outcome["reason"]


async def test_the_skeleton_is_pushed_once_as_the_first_commit(vendors: Vendors) -> None:
    made = await value(create_repository, asked(await look()))

    first, second = await push(made["repository_id"]), await push(made["repository_id"])

    assert first == second
    assert first["value"]["result"] == "created"
    ((_, commit),) = vendors.devops.git.commits.items()
    assert commit["comment"].endswith(marker(PUSH_KEY))
    assert commit["author"]["name"] == "ValueFlow"
    ((_, files),) = vendors.devops.git.files.items()
    assert b"orders" in files["/catalog-info.yaml"]


@pytest.mark.parametrize("fault", LOST)
async def test_a_push_whose_answer_is_lost_is_ours(vendors: Vendors, fault: Fault) -> None:
    made = await value(create_repository, asked(await look()))
    vendors.devops.fail("POST", "/pushes", fault)

    outcomes = [await push(made["repository_id"]) for _ in range(2)]

    assert outcomes[1]["value"]["result"] == "created"
    assert len(vendors.devops.git.commits) == 1


async def test_an_adopted_repository_keeps_its_content_and_needs_a_pipeline(vendors: Vendors) -> None:
    git = vendors.devops.git
    without, with_one = git.add_repository("without"), git.add_repository("orders")
    git.add_commit(without, "Begin", {"/readme.md": b""})
    head = git.add_commit(with_one, "Begin", PIPELINE)

    assert (await push(with_one))["value"] == {"commit": head, "result": "adopted"}
    refused = await push(without)
    assert refused["status"] == "refused"
    assert "/azure-pipelines.yml" in refused["reason"]
    assert len(git.commits) == 2


async def test_a_path_that_does_not_render_pushes_nothing(vendors: Vendors, monkeypatch: Any) -> None:
    from shared.errors import RenderFailed
    from shared.golden_paths import rendering

    def broken(*_: Any) -> Any:
        raise RenderFailed("python-function", "skeleton/x.j2", "line 1: UndefinedError")

    made = await value(create_repository, asked(await look()))
    monkeypatch.setattr(rendering, "render", broken)

    assert (await push(made["repository_id"]))["status"] == "refused"
    assert vendors.devops.git.commits == {}


# Undone: never ran, half ran, ran, and interrupted.


async def test_where_nothing_was_made_there_is_nothing_to_undo(vendors: Vendors) -> None:
    await value(delete_repository, asked(await look()))

    assert vendors.devops.sent("DELETE") == []


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("pushed", [True, False])
async def test_what_was_made_is_gone_for_good_however_far_it_came(
    vendors: Vendors, known: bool, pushed: bool
) -> None:
    before = await look()
    made = await value(create_repository, asked(before))
    if pushed:
        await push(made["repository_id"])

    for _ in range(2):
        await value(delete_repository, asked(before, made=made if known else None))

    assert (names(vendors), bin_of(vendors)) == ([], set())


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("part", ["/git/repositories", "/recycleBin"])
async def test_a_deletion_whose_answer_is_lost_is_done_all_the_same(
    vendors: Vendors, fault: Fault, part: str
) -> None:
    before = await look()
    made = await value(create_repository, asked(before))
    vendors.devops.fail("DELETE", part, fault)

    await value(delete_repository, asked(before, made=made))

    assert (names(vendors), bin_of(vendors)) == ([], set())


async def test_what_an_interruption_left_in_the_bin_is_purged_by_the_next_call(vendors: Vendors) -> None:
    before = await look()
    made = await value(create_repository, asked(before))
    vendors.devops.fail("DELETE", "/recycleBin", *[status(503)] * 9)

    first = await act(delete_repository, asked(before, made=made))
    assert first["status"] == "unavailable"
    assert bin_of(vendors) == {made["repository_id"]}
    vendors.devops._faults.clear()

    await value(delete_repository, asked(before))

    assert bin_of(vendors) == set()


async def test_older_repositories_of_this_name_stay_in_the_bin(vendors: Vendors) -> None:
    git = vendors.devops.git
    old = git.add_repository("orders")
    git.repositories[old]["createdDate"] = "2020-01-01T00:00:00Z"
    git.deleted[old] = git.repositories.pop(old)
    before = await look()
    made = await value(create_repository, asked(before))

    await value(delete_repository, asked(before, made=made))

    assert bin_of(vendors) == {old}


async def test_other_names_stay_in_the_bin(vendors: Vendors) -> None:
    git = vendors.devops.git
    before = await look()
    other = git.add_repository("orders-2")
    git.deleted[other] = git.repositories.pop(other)

    await value(delete_repository, asked(before))

    assert bin_of(vendors) == {other}


async def test_what_was_there_before_is_left(vendors: Vendors) -> None:
    theirs = vendors.devops.git.add_repository("orders")
    before = await look()
    made = await value(create_repository, asked(before, adopt_existing=True))

    assert (await value(delete_repository, asked(before, made=made)))["result"] == "left"
    assert list(vendors.devops.git.repositories) == [theirs]


async def test_what_others_have_pushed_to_is_not_deleted_but_told(vendors: Vendors) -> None:
    before = await look()
    made = await value(create_repository, asked(before))
    await push(made["repository_id"])
    vendors.devops.git.add_commit(made["repository_id"], "Mine", {"/x": b"work of a day"})

    outcome = await act(delete_repository, asked(before, made=made))

    assert outcome["status"] == "refused"
    assert "others have pushed" in outcome["reason"]
    assert names(vendors) == ["orders"]


async def test_a_branch_of_somebody_else_keeps_the_repository(vendors: Vendors) -> None:
    before = await look()
    made = await value(create_repository, asked(before))
    await push(made["repository_id"])
    vendors.devops.git.add_commit(made["repository_id"], "Mine", {}, branch="feature")

    assert (await act(delete_repository, asked(before, made=made)))["status"] == "refused"


async def test_what_somebody_else_made_and_filled_is_left_where_we_made_nothing(vendors: Vendors) -> None:
    before = await look()
    theirs = vendors.devops.git.add_repository("orders")
    vendors.devops.git.add_commit(theirs, "Begin", {})

    assert (await value(delete_repository, asked(before)))["result"] == "left"
    assert names(vendors) == ["orders"]


@pytest.mark.parametrize("filled", [True, False])
async def test_another_repository_that_has_taken_the_name_of_ours_is_not_touched(
    vendors: Vendors, filled: bool
) -> None:
    """Somebody renamed ours away, or deleted it, and made another: ours is known by its id."""
    git = vendors.devops.git
    before = await look()
    made = await value(create_repository, asked(before))
    git.deleted[made["repository_id"]] = git.repositories.pop(made["repository_id"])
    theirs, thrown_away = git.add_repository("orders"), git.add_repository("orders")
    git.deleted[thrown_away] = git.repositories.pop(thrown_away)
    if filled:
        git.add_commit(theirs, "Begin", {})

    await value(delete_repository, asked(before, made=made))

    assert list(git.repositories) == [theirs]
    assert bin_of(vendors) == {thrown_away}


async def remove(repository_id: str) -> dict[str, Any]:
    payload = {"project": "Payments", "repository_id": repository_id, "made": None, "attempt": 1}
    return await value(remove_first_commit, payload, PUSH_KEY)


async def test_an_adopted_repository_that_was_empty_is_empty_again(vendors: Vendors) -> None:
    theirs = vendors.devops.git.add_repository("orders")
    await push(theirs)

    assert (await remove(theirs))["result"] == "deleted"
    assert (await remove(theirs))["result"] == "absent"
    assert vendors.devops.git.branches == {}


@pytest.mark.parametrize("fault", LOST)
async def test_a_branch_whose_deletion_gets_no_answer_is_gone(vendors: Vendors, fault: Fault) -> None:
    theirs = vendors.devops.git.add_repository("orders")
    await push(theirs)
    vendors.devops.fail("POST", "/refs", fault)

    await remove(theirs)

    assert vendors.devops.git.branches == {}


async def test_commits_of_others_stay(vendors: Vendors) -> None:
    git = vendors.devops.git
    theirs, built_on = git.add_repository("orders"), git.add_repository("built-on")
    git.add_commit(theirs, "Begin", {})
    await push(built_on)
    git.add_commit(built_on, "Mine", {})

    assert [(await remove(each))["result"] for each in (theirs, built_on)] == ["left", "left"]
    assert len(git.branches) == 2


async def test_a_repository_that_is_gone_has_no_commit_to_remove(vendors: Vendors) -> None:
    assert (await remove("6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"))["result"] == "absent"


async def test_an_archived_repository_is_renamed_disabled_and_kept(vendors: Vendors) -> None:
    repository_id = vendors.devops.git.add_repository("orders")
    vendors.devops.git.add_commit(repository_id, "Begin", {})
    payload = {"project": "Payments", "repository_id": repository_id, "name": "orders-archived-1"}
    vendors.devops.fail("PATCH", "/git/repositories", lost_reply)

    for _ in range(2):
        assert (await value(archive_repository, payload))["result"] == "archived"

    kept = vendors.devops.git.repositories[repository_id]
    assert (kept["name"], kept["isDisabled"]) == ("orders-archived-1", True)
    assert len(vendors.devops.git.commits) == 1


async def test_a_repository_that_is_gone_needs_no_archive(vendors: Vendors) -> None:
    payload = {"project": "Payments", "repository_id": "gone", "name": "orders-archived-1"}

    assert (await value(archive_repository, payload))["result"] == "absent"
