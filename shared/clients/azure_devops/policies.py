"""Branch policies of a repository: listed, made where they are missing, deleted.

Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops/policy/configurations
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from shared.clients.absence import unless_absent
from shared.clients.azure_devops.connection import Connection, area
from shared.clients.azure_devops.policy_drafts import PolicyDraft
from shared.clients.http import Params, nothing
from shared.clients.idempotency import find_or_create, retrying

MAIN = "refs/heads/main"
_MOST = 200


class Policy(TypedDict):
    """One policy configuration. type_name: such as "Minimum number of reviewers"."""

    policy_id: int
    type_id: str
    type_name: str


class Ensured(TypedDict):
    """policy_ids: one per draft, in their order. made: those of them that were not there before.

    ours: whether none of them was there before.
    """

    policy_ids: list[int]
    made: list[int]
    ours: bool


class _Configuration(TypedDict):
    policy: Policy
    settings: Mapping[str, Any]


class Policies:
    """`client.policies`."""

    def __init__(self, connection: Connection) -> None:
        self._call = connection.call

    async def list(self, project: str, repository_id: str) -> list[Policy]:
        """The policies made for this repository (those of the whole project are not its own)."""
        found = await retrying(lambda: self._listed("policies", project, repository_id))
        return [one["policy"] for one in found]

    async def ensure(
        self,
        project: str,
        repository_id: str,
        policies: Sequence[PolicyDraft],
        found_before: Sequence[int] = (),
    ) -> Ensured:
        """Give the branch "main" one blocking policy per draft; what is there of the same type stays as it is.

        found_before: ids that `list` gave before the first call of this. A policy has no place for a key, so
        only with them can a later call tell what an earlier one made.
        """
        ids = [await self._ensure_one(project, repository_id, draft) for draft in policies]
        made = [policy_id for policy_id in ids if policy_id not in found_before]
        return {"policy_ids": ids, "made": made, "ours": made == ids}

    async def delete(self, project: str, policy_id: int) -> bool:
        """Delete one configuration; False where it is not there (any more)."""
        path = area(project, f"policy/configurations/{int(policy_id)}")

        async def gone() -> bool:
            await self._call("delete_policy", "DELETE", path, parse=nothing)
            return True

        return await retrying(lambda: unless_absent(gone())) or False

    async def _ensure_one(self, project: str, repository_id: str, draft: PolicyDraft) -> int:
        operation = "ensure_policy"
        scope = [{"repositoryId": repository_id, "refName": MAIN, "matchKind": "Exact"}]
        body = {
            "isEnabled": True,
            "isBlocking": True,
            "type": {"id": draft["type_id"]},
            "settings": {**draft["settings"], "scope": scope},
        }

        async def look() -> int | None:
            found = await self._listed(operation, project, repository_id)
            return next(
                (one["policy"]["policy_id"] for one in found if _covers(one, repository_id, draft)), None
            )

        async def write() -> int:
            path = area(project, "policy/configurations")
            return await self._call(operation, "POST", path, json=body, parse=lambda made: int(made["id"]))

        policy_id, _ = await find_or_create(look, write)
        return policy_id

    async def _listed(
        self, operation: str, project: str, repository_id: str
    ) -> builtins.list[_Configuration]:
        params: Params = {"repositoryId": repository_id, "$top": _MOST}
        path = area(project, "git/policy/configurations")
        found = await self._call(operation, "GET", path, params=params, parse=_parse)
        return [one for one in found if _refs(one, repository_id)]


def _covers(one: _Configuration, repository_id: str, draft: PolicyDraft) -> bool:
    """Whether this is what the draft asks for: its type on "main", and of the build policies its pipeline's."""
    same_type = one["policy"]["type_id"] == draft["type_id"]
    same_build = one["settings"].get("buildDefinitionId") == draft["settings"].get("buildDefinitionId")
    return same_type and same_build and MAIN in _refs(one, repository_id)


def _refs(one: _Configuration, repository_id: str) -> list[str]:
    """The branches of this repository that it is for."""
    scopes = one["settings"].get("scope") or []
    mine = [scope for scope in scopes if (scope.get("repositoryId") or "").lower() == repository_id.lower()]
    return [str(scope.get("refName")) for scope in mine]


def _parse(body: Mapping[str, Any]) -> list[_Configuration]:
    return [_configuration(one) for one in body["value"] if not one.get("isDeleted")]


def _configuration(body: Mapping[str, Any]) -> _Configuration:
    kind = body["type"]
    policy: Policy = {
        "policy_id": int(body["id"]),
        "type_id": kind["id"].lower(),
        "type_name": kind.get("displayName") or "",
    }
    return {"policy": policy, "settings": body.get("settings") or {}}
