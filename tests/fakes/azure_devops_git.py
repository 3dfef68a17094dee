"""The repositories and branch policies of the fake Azure DevOps."""

import base64
import hashlib
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.fakes.vendor import answer, body_of

NO_COMMIT = "0" * 40
POLICY_NAMES = {
    "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd": "Minimum number of reviewers",
    "0609b952-1397-4640-95ec-e00a01b2c241": "Build",
    "c6a1889d-b943-4856-b76f-9e46bb6b0df2": "Comment requirements",
    "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e": "Work item linking",
}


class GitRooms:
    """repositories, deleted: by id. commits: by (repository id, commit id). branches: commit ids by
    (repository id, full name). files: contents by path, by (repository id, commit id). policies: by id.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.repositories: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.commits: dict[tuple[str, str], dict[str, Any]] = {}
        self.branches: dict[tuple[str, str], str] = {}
        self.files: dict[tuple[str, str], dict[str, bytes]] = {}
        self.policies: dict[int, dict[str, Any]] = {}

    def add_repository(self, name: str) -> str:
        repository_id = str(uuid.uuid4())
        self.repositories[repository_id] = {
            "id": repository_id,
            "name": name,
            "isDisabled": False,
            "createdDate": datetime.now(UTC).isoformat(),
        }
        return repository_id

    def add_commit(
        self, repository_id: str, comment: str, files: dict[str, bytes], branch: str = "main"
    ) -> str:
        """A commit on top of the branch."""
        name = f"refs/heads/{branch}"
        parent = self.branches.get((repository_id, name))
        content = f"{repository_id}{parent}{comment}{sorted(files.items())}"
        commit_id = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        place = f"{self._url}/_git/{self.repositories[repository_id]['name']}/commit/{commit_id}"
        made = {"commitId": commit_id, "comment": comment, "remoteUrl": place, "url": f"{place}?api"}
        self.commits[repository_id, commit_id] = {**made, "parents": [parent] if parent else []}
        before = self.files.get((repository_id, parent), {}) if parent else {}
        self.files[repository_id, commit_id] = {**before, **files}
        self.branches[repository_id, name] = commit_id
        return commit_id

    def respond(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if path == "git/policy/configurations" or path.startswith("policy/configurations"):
            return self._policies(request, path)
        if found := re.fullmatch(r"git/recycleBin/repositories(?:/([^/]+))?", path):
            return self._bin(found[1])
        if path == "git/repositories":
            return self._all(request)
        if found := re.fullmatch(r"git/repositories/([^/]+)(?:/(.+))?", path):
            if found[1] not in self.repositories:
                return refused(404, "TF401019: The Git repository does not exist")
            if not found[2]:
                return self._one(request, found[1])
            if self.repositories[found[1]]["isDisabled"]:
                return refused(404, "TF401019: The Git repository does not exist")
            return self._content(request, found[1], found[2])
        return None

    def _shown(self, one: dict[str, Any]) -> dict[str, Any]:
        place = f"{self._url}/_git/{one['name']}"
        branch = (
            {"defaultBranch": "refs/heads/main"} if (one["id"], "refs/heads/main") in self.branches else {}
        )
        shown = {name: one[name] for name in ("id", "name", "isDisabled")}
        return {**shown, **branch, "url": f"{place}?api", "webUrl": place, "remoteUrl": place}

    def _named(self, name: str) -> bool:
        return any(one["name"].casefold() == name.casefold() for one in self.repositories.values())

    def _all(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return listed([self._shown(one) for one in self.repositories.values()])
        if self._named(body_of(request)["name"]):
            return refused(409, "TF400948: A Git repository with this name already exists.")
        return answer(self._shown(self.repositories[self.add_repository(body_of(request)["name"])]), 201)

    def _one(self, request: httpx.Request, repository_id: str) -> httpx.Response:
        if request.method == "DELETE":
            self.deleted[repository_id] = self.repositories.pop(repository_id)
            return httpx.Response(204)
        body = body_of(request)
        if "name" in body and self._named(body["name"]):
            return refused(409, "TF400948: A Git repository with this name already exists.")
        self.repositories[repository_id] |= body
        return answer(self._shown(self.repositories[repository_id]))

    def _bin(self, repository_id: str | None) -> httpx.Response:
        if repository_id is None:
            return listed(
                [{key: one[key] for key in ("id", "name", "createdDate")} for one in self.deleted.values()]
            )
        gone = self.deleted.pop(repository_id, None)
        return httpx.Response(204) if gone else refused(404, "TF401019: The Git repository does not exist")

    def _content(self, request: httpx.Request, repository_id: str, part: str) -> httpx.Response | None:
        if part == "refs":
            return self._refs(request, repository_id)
        if part == "pushes":
            return self._push(repository_id, body_of(request))
        if part == "items":
            return self._item(request, repository_id)
        if part == "commits":
            assert request.url.params["searchCriteria.showOldestCommitsFirst"] == "true"
            commit_id = self.branches.get((repository_id, "refs/heads/main"))
            found: list[dict[str, Any]] = []
            while commit_id:
                found.insert(0, self.commits[repository_id, commit_id])
                commit_id = next(iter(found[0]["parents"]), None)
            return listed(found[: int(request.url.params["searchCriteria.$top"])])
        if part == "diffs/commits":
            return self._diffs(request, repository_id)
        commit = self.commits.get((repository_id, part.removeprefix("commits/")))
        return answer(commit) if commit else refused(404, "TF401174: The commit does not exist")

    def _diffs(self, request: httpx.Request, repository_id: str) -> httpx.Response:
        """As in life, the folders above a file come along."""
        params = request.url.params
        versions = [params[f"{name}Version"] for name in ("base", "target")]
        if any((repository_id, one) not in self.commits for one in versions):
            return refused(404, "TF401175: The version descriptor could not be resolved")
        if params["diffCommonCommit"] == "true":
            ours, theirs = (self._history(repository_id, one) for one in versions)
            versions[0] = next((one for one in theirs if one in ours), versions[0])
        before, after = (self.files[repository_id, one] for one in versions)
        paths = sorted(path for path in before | after if before.get(path) != after.get(path))
        folders = sorted({path.rpartition("/")[0] for path in paths} - {""})
        items: list[dict[str, Any]] = [
            {"path": path, "gitObjectType": "tree", "isFolder": True} for path in folders
        ]
        items += [{"path": path, "gitObjectType": "blob"} for path in paths]
        changes = [{"item": item, "changeType": "edit"} for item in items]
        return answer({"allChangesIncluded": True, "changes": changes, "changeCounts": {"Edit": len(paths)}})

    def _history(self, repository_id: str, commit: str | None) -> list[str]:
        """The commit and those before it, newest first."""
        found: list[str] = []
        while commit:
            found.append(commit)
            commit = next(iter(self.commits[repository_id, commit]["parents"]), None)
        return found

    def _refs(self, request: httpx.Request, repository_id: str) -> httpx.Response:
        if request.method == "GET":
            start = f"refs/{request.url.params.get('filter', '')}"
            mine = {name: head for (owner, name), head in self.branches.items() if owner == repository_id}
            found = [(name, head) for name, head in mine.items() if name.startswith(start)]
            return listed([{"name": name, "objectId": head} for name, head in found])
        (update,) = body_of(request)
        key, status = (repository_id, update["name"]), "succeeded"
        if self._protected(*key):
            status = "rejectedByPolicy"
        elif self.branches.get(key, NO_COMMIT) != update["oldObjectId"]:
            status = "staleOldObjectId"
        elif update["newObjectId"] == NO_COMMIT:
            self.branches.pop(key, None)
        return listed([{**update, "success": status == "succeeded", "updateStatus": status}])

    def _push(self, repository_id: str, body: dict[str, Any]) -> httpx.Response:
        ((update,), (commit,)) = body["refUpdates"], body["commits"]
        if self.branches.get((repository_id, update["name"]), NO_COMMIT) != update["oldObjectId"]:
            return refused(409, "TF401028: The reference has already been updated by another client")
        files = {change["item"]["path"]: _decoded(change["newContent"]) for change in commit["changes"]}
        branch = update["name"].removeprefix("refs/heads/")
        commit_id = self.add_commit(repository_id, commit["comment"], files, branch)
        self.commits[repository_id, commit_id]["author"] = commit["author"]
        return answer({"pushId": 1, "commits": [{"commitId": commit_id}]}, 201)

    def _item(self, request: httpx.Request, repository_id: str) -> httpx.Response:
        params = request.url.params
        head = self.branches.get((repository_id, f"refs/heads/{params['versionDescriptor.version']}"), "")
        if params["path"] in self.files.get((repository_id, head), {}):
            return answer({"path": params["path"], "commitId": head})
        return refused(404, "TF401174: The item could not be found")

    def _policies(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "DELETE":
            gone = self.policies.pop(int(path.rpartition("/")[2]), None)
            return httpx.Response(204) if gone else refused(404, "TF402320: There is no such policy")
        if request.method == "POST":
            policy_id, body = len(self.policies) + 1, body_of(request)
            body["type"] |= {"displayName": POLICY_NAMES[body["type"]["id"]]}
            self.policies[policy_id] = {**body, "id": policy_id}
            return answer(self.policies[policy_id])
        repository_id = request.url.params["repositoryId"]
        found = [one for one in self.policies.values() if _concerns(one, repository_id)]
        return listed(found)

    def _protected(self, repository_id: str, ref: str) -> bool:
        scope = {"repositoryId": repository_id, "refName": ref, "matchKind": "Exact"}
        return any(scope in one["settings"]["scope"] for one in self.policies.values())


def listed(items: list[Any]) -> httpx.Response:
    return answer({"count": len(items), "value": items})


def refused(status: int, message: str) -> httpx.Response:
    return answer({"$id": "1", "message": message}, status)


def _decoded(content: dict[str, str]) -> bytes:
    if content["contentType"] == "rawtext":
        return content["content"].encode()
    return base64.b64decode(content["content"], validate=True)


def _concerns(policy: dict[str, Any], repository_id: str) -> bool:
    ids = {scope.get("repositoryId") for scope in policy["settings"]["scope"]}
    return None in ids or repository_id in {one.lower() for one in ids if one}
