"""The types of branch policies and what each wants to be told. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.vendors.azure_devops.answers import unreadable

MINIMUM_REVIEWERS = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
BUILD = "0609b952-1397-4640-95ec-e00a01b2c241"
TYPES = {
    MINIMUM_REVIEWERS: "Minimum number of reviewers",
    BUILD: "Build",
    "c6a1889d-b943-4856-b76f-9e46bb6b0df2": "Comment requirements",
    "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e": "Work item linking",
    "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab": "Require a merge strategy",
    "fd2167ab-b0be-447a-8ec8-39368250530e": "Required reviewers",
    "cbdc66da-9728-4af8-aada-9a5a32e4a226": "Status",
}
_MOST_REVIEWERS = 10
_KINDS = {"exact", "prefix", "defaultbranch"}


def check_settings(
    type_id: str,
    settings: object,
    is_repository: Callable[[str], bool],
    is_pipeline: Callable[[object], bool],
) -> dict[str, Any]:
    """The settings, if they are right for the type. Raises: Refusal, 400."""
    if not isinstance(settings, dict):
        raise unreadable("settings must be an object")
    scopes = settings.get("scope")
    if not isinstance(scopes, list) or not scopes:
        raise unreadable("settings.scope must name at least one repository and branch")
    for scope in scopes:
        _check_scope(scope, is_repository)
    if type_id == MINIMUM_REVIEWERS:
        count = settings.get("minimumApproverCount")
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _MOST_REVIEWERS:
            raise unreadable("minimumApproverCount must be a number from 1 to 10")
    if type_id == BUILD and not is_pipeline(settings.get("buildDefinitionId")):
        raise unreadable(f"build definition {settings.get('buildDefinitionId')} does not exist")
    return settings


def covers(settings: Mapping[str, Any], repository_id: str, ref: str) -> bool:
    """Whether the policy is for this branch of this repository."""
    return any(_fits(scope, repository_id, ref) for scope in settings["scope"])


def _fits(scope: Mapping[str, Any], repository_id: str, ref: str) -> bool:
    if scope.get("repositoryId") not in {None, repository_id}:
        return False
    name, kind = scope.get("refName"), str(scope.get("matchKind", "Exact")).lower()
    if not name:
        return True
    return ref.startswith(name) if kind == "prefix" else ref == name


def _check_scope(scope: object, is_repository: Callable[[str], bool]) -> None:
    if not isinstance(scope, dict):
        raise unreadable("a scope must be an object")
    repository, name = scope.get("repositoryId"), scope.get("refName")
    if repository is not None and not is_repository(str(repository)):
        raise unreadable(f"repository {repository} does not exist")
    if name is not None and not re.match(r"refs/heads/\S", str(name)):
        raise unreadable("refName must be the full name of a branch")
    if str(scope.get("matchKind", "Exact")).lower() not in _KINDS:
        raise unreadable("matchKind must be Exact, Prefix or DefaultBranch")
