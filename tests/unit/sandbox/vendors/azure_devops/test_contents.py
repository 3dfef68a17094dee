"""What is in a repository: pushes, branches, commits and files, over HTTP."""

import base64
from typing import Any

from tests.unit.sandbox.vendors.azure_devops.calls import (
    GIT,
    MAIN,
    NO_COMMIT,
    SHOP,
    YAML,
    ado,
    done,
    push,
    pushed,
    repository,
)
from tests.unit.sandbox.vendors.rig import Rig


async def test_the_first_push_begins_the_branch_and_makes_it_the_default(rig: Rig) -> None:
    repository_id = await repository(rig)
    body = pushed({"/a.txt": "olá\n"})
    logo = {"content": base64.b64encode(b"\x89P\xff").decode(), "contentType": "base64encoded"}
    body["commits"][0]["changes"].append(
        {"changeType": "add", "item": {"path": "/img/logo.png"}, "newContent": logo}
    )

    made = await ado(rig, "POST", f"{GIT}/{repository_id}/pushes", json=body)

    assert made.status_code == 201
    commit_id = made.json()["refUpdates"][0]["newObjectId"]
    assert made.json()["commits"][0]["commitId"] == commit_id
    assert (await done(rig, "GET", f"{GIT}/{repository_id}"))["defaultBranch"] == MAIN
    refs = (await done(rig, "GET", f"{GIT}/{repository_id}/refs"))["value"]
    assert [(ref["name"], ref["objectId"]) for ref in refs] == [(MAIN, commit_id)]
    commit = await done(rig, "GET", f"{GIT}/{repository_id}/commits/{commit_id}")
    assert (commit["comment"], commit["author"]["email"], commit["parents"]) == (
        "Begin",
        "ana@contoso.test",
        [],
    )
    items = f"{GIT}/{repository_id}/items"
    assert (await ado(rig, "GET", items, params={"path": "/a.txt"})).content == "olá\n".encode()
    assert (await ado(rig, "GET", items, params={"path": "img/logo.png"})).content == b"\x89P\xff"


async def test_later_pushes_edit_and_delete_and_history_tells_all(rig: Rig) -> None:
    repository_id = await repository(rig)
    first = await push(rig, repository_id, {"/a": "1", "/b": "1"})
    second = await push(rig, repository_id, {"/a": "2"}, old=first, kind="edit", comment="Edit")
    gone = pushed({}, old=second, comment="Delete")
    gone["commits"][0]["changes"] = [{"changeType": "delete", "item": {"path": "/b"}}]
    third = (await done(rig, "POST", f"{GIT}/{repository_id}/pushes", json=gone))["commits"][0]["commitId"]

    async def commits(**criteria: str) -> list[str]:
        params = {f"searchCriteria.{name.replace('__', '.')}": value for name, value in criteria.items()}
        listed = await done(rig, "GET", f"{GIT}/{repository_id}/commits", params=params)
        return [one["commitId"] for one in listed["value"]]

    assert await commits() == [third, second, first]
    assert await commits(showOldestCommitsFirst="true", **{"$top": "1"}) == [first]
    assert await commits(itemVersion__version=second, itemVersion__versionType="commit") == [second, first]
    at_first = {"path": "/a", "versionDescriptor.version": first, "versionDescriptor.versionType": "commit"}
    assert (await ado(rig, "GET", f"{GIT}/{repository_id}/items", params=at_first)).text == "1"
    assert (await ado(rig, "GET", f"{GIT}/{repository_id}/items", params={"path": "/a"})).text == "2"
    assert (await ado(rig, "GET", f"{GIT}/{repository_id}/items", params={"path": "/b"})).status_code == 404


async def test_a_push_onto_a_branch_that_is_elsewhere_is_refused_whole(rig: Rig) -> None:
    repository_id = await repository(rig)
    first = await push(rig, repository_id)

    for old in (NO_COMMIT, "a" * 40):
        answer = await ado(rig, "POST", f"{GIT}/{repository_id}/pushes", json=pushed({"/x": "x"}, old))
        assert (answer.status_code, answer.json()["typeKey"]) == (409, "GitReferenceStaleException")
        assert answer.json()["message"].startswith("TF401028")

    (ref,) = (await done(rig, "GET", f"{GIT}/{repository_id}/refs"))["value"]
    assert ref["objectId"] == first
    assert len(rig.vendors["azure_devops"].collection("commit").all()) == 1


async def test_a_push_without_its_parts_is_refused_and_makes_nothing(rig: Rig) -> None:
    repository_id = await repository(rig)
    whole = pushed(YAML)
    wrong: list[Any] = [
        {},
        {**whole, "refUpdates": []},
        {**whole, "refUpdates": [{"name": "refs/tags/x", "oldObjectId": NO_COMMIT}]},
        {**whole, "commits": []},
        {**whole, "commits": [{"changes": []}]},
        {**whole, "commits": [*whole["commits"], {"comment": "?", "changes": []}]},
    ]

    answers = [await ado(rig, "POST", f"{GIT}/{repository_id}/pushes", json=body) for body in wrong]

    assert [answer.status_code for answer in answers] == [400] * len(wrong)
    assert rig.vendors["azure_devops"].collection("commit").all() == []


async def update(rig: Rig, repository_id: str, name: str, old: str, new: str) -> str:
    body = [{"name": name, "oldObjectId": old, "newObjectId": new}]
    (result,) = (await done(rig, "POST", f"{GIT}/{repository_id}/refs", json=body))["value"]
    assert result["success"] == result["updateStatus"].startswith("succeeded")
    return str(result["updateStatus"])


async def test_branches_are_made_moved_and_deleted_only_from_where_they_are(rig: Rig) -> None:
    repository_id = await repository(rig)
    first = await push(rig, repository_id)

    assert await update(rig, repository_id, "refs/heads/main-2", NO_COMMIT, first) == "succeeded"
    assert await update(rig, repository_id, "refs/heads/x", NO_COMMIT, "a" * 40) == "unresolvableToCommit"
    assert await update(rig, repository_id, MAIN, "a" * 40, NO_COMMIT) == "staleOldObjectId"
    listed = await done(rig, "GET", f"{GIT}/{repository_id}/refs", params={"filter": "heads/main"})
    assert [ref["name"] for ref in listed["value"]] == [MAIN, "refs/heads/main-2"]

    assert await update(rig, repository_id, MAIN, first, NO_COMMIT) == "succeeded"
    assert await update(rig, repository_id, MAIN, first, NO_COMMIT) == "succeededNonExistentRef"
    assert "defaultBranch" not in await done(rig, "GET", f"{GIT}/{repository_id}")
    assert (await ado(rig, "POST", f"{GIT}/{repository_id}/refs", json={})).status_code == 400


async def test_a_branch_with_policies_is_closed_to_pushes_and_deletion_but_can_begin(rig: Rig) -> None:
    repository_id = await repository(rig)
    policy = {
        "isEnabled": True,
        "isBlocking": True,
        "type": {"id": "c6a1889d-b943-4856-b76f-9e46bb6b0df2"},
        "settings": {"scope": [{"repositoryId": repository_id, "refName": MAIN, "matchKind": "Exact"}]},
    }
    await done(rig, "POST", f"{SHOP}/policy/configurations", json=policy)

    first = await push(rig, repository_id)
    answer = await ado(rig, "POST", f"{GIT}/{repository_id}/pushes", json=pushed({"/x": "x"}, old=first))

    assert (answer.status_code, answer.json()["message"][:8]) == (403, "TF402455")
    assert await update(rig, repository_id, MAIN, first, NO_COMMIT) == "rejectedByPolicy"
    await push(rig, repository_id, {"/x": "x"}, name="refs/heads/free")


async def test_files_and_folders_are_told_as_json_and_listed(rig: Rig) -> None:
    repository_id = await repository(rig)
    commit_id = await push(rig, repository_id, {"/a.txt": "a", "/src/b.txt": "b", "/src/deep/c.txt": "c"})
    items = f"{GIT}/{repository_id}/items"

    async def paths(**params: str) -> list[str]:
        return [one["path"] for one in (await done(rig, "GET", items, params=params))["value"]]

    one = await done(
        rig, "GET", items, params={"path": "/a.txt", "$format": "json", "includeContent": "true"}
    )
    assert (one["content"], one["gitObjectType"], one["commitId"]) == ("a", "blob", commit_id)
    assert one["objectId"] == "2e65efe2a145dda7ee51d1741299f848e5bf752e"
    folder = await done(rig, "GET", items, params={"path": "/src", "$format": "json"})
    assert (folder["isFolder"], folder["gitObjectType"]) == (True, "tree")
    assert await paths() == ["/"]
    assert await paths(recursionLevel="OneLevel") == ["/", "/a.txt", "/src"]
    assert await paths(scopePath="/src", recursionLevel="Full") == [
        "/src",
        "/src/b.txt",
        "/src/deep",
        "/src/deep/c.txt",
    ]
    for params in ({"path": "/none"}, {"scopePath": "/sr"}):
        missing = await ado(rig, "GET", items, params=params)
        assert (missing.status_code, missing.json()["typeKey"]) == (404, "GitItemNotFoundException")
    elsewhere = await ado(rig, "GET", items, params={"path": "/a.txt", "versionDescriptor.version": "none"})
    assert elsewhere.json()["typeKey"] == "GitUnresolvableToCommitException"


async def test_an_empty_repository_has_no_files_and_no_history(rig: Rig) -> None:
    repository_id = await repository(rig)

    missing = await ado(rig, "GET", f"{GIT}/{repository_id}/items", params={"path": "/a"})

    assert missing.status_code == 404
    assert (await done(rig, "GET", f"{GIT}/{repository_id}/commits"))["value"] == []
    assert (await done(rig, "GET", f"{GIT}/{repository_id}/refs"))["value"] == []


async def test_a_long_comment_is_cut_in_lists_alone(rig: Rig) -> None:
    repository_id = await repository(rig)
    comment = "x" * 1500 + "\n\n[valueflow:k]"
    commit_id = await push(rig, repository_id, comment=comment)

    (listed,) = (await done(rig, "GET", f"{GIT}/{repository_id}/commits"))["value"]

    assert (len(listed["comment"]), listed["commentTruncated"]) == (1000, True)
    whole = await done(rig, "GET", f"{GIT}/{repository_id}/commits/{commit_id}")
    assert whole["comment"] == comment
