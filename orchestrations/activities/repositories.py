"""Activities on Azure DevOps repositories: look, make, fill, put away.

Azure DevOps keeps no key with a repository. Ours is one that was not there at the look before everything, and is
empty or begins with a commit that bears our key; all others are adopted, when that was asked for, or left alone.
"""

from datetime import datetime, timedelta
from http import HTTPStatus

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.service.provisioning import BRANCH, PIPELINE_FOLDER
from shared.errors import VendorRefused
from shared.services import services

bp = df.Blueprint()

AUTHOR_NAME = "ValueFlow"
PIPELINE_FILE = "/azure-pipelines.yml"
_CLOCKS_DIFFER = timedelta(minutes=5)


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def look_in_azure_devops(payload: dict) -> Value:  # type: ignore[type-arg]
    """What there is under this name before anything is made.

    Value: {"repository": {"repository_id", "url"} or None, "pipeline": {"pipeline_id"} or None, "policy_ids", "at"}.
    """
    client, project, name = services().azure_devops, payload["project"], payload["name"]
    if not await client.projects.exists(project):
        raise VendorRefused("azure_devops", "look", "there is no such project, or we may not see it")
    repository = await client.repositories.find(project, name)
    pipeline = await client.pipelines.find(project, name, PIPELINE_FOLDER)
    policies = await client.policies.list(project, repository["repository_id"]) if repository else []
    at = datetime.fromisoformat(payload["at"]) - _CLOCKS_DIFFER
    return {
        "repository": {key: repository[key] for key in ("repository_id", "url")} if repository else None,
        "pipeline": {"pipeline_id": pipeline["pipeline_id"]} if pipeline else None,
        "policy_ids": [policy["policy_id"] for policy in policies],
        "at": at.isoformat(),
    }


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_repository(payload: dict) -> Value:  # type: ignore[type-arg]
    """The service's repository. Value: {"repository_id", "url", "result"}."""
    client, project = services().azure_devops.repositories, payload["project"]
    existing = payload["existing"]
    if existing and not payload["adopt_existing"]:
        reason = "a repository of this name exists; set adopt_existing to take it as the service's"
        raise VendorRefused("azure_devops", "create_repository", reason)
    found = await client.create(project, payload["name"])
    if found["is_disabled"]:
        raise VendorRefused("azure_devops", "create_repository", "the repository of this name is disabled")
    if not existing and not await client.is_only_ours(project, found["repository_id"], payload["push_key"]):
        reason = "a repository of this name was made by somebody else meanwhile"
        raise VendorRefused("azure_devops", "create_repository", reason)
    result = "adopted" if existing else "created"
    return {"repository_id": found["repository_id"], "url": found["url"], "result": result}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def delete_repository(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo create_repository, for good: but never what others made or pushed to.

    Where it is not known which repository the step made, if any, ours is one made since the look before everything
    that holds nothing but our commit, or nothing at all.
    """
    client, project, name = services().azure_devops.repositories, payload["project"], payload["name"]
    if payload["existing"]:
        return {"result": "left"}
    found = await client.find(project, name)
    ours = payload["made"]["repository_id"] if payload["made"] else ""
    if found and ours in ("", found["repository_id"]):
        if not await client.is_only_ours(project, found["repository_id"], payload["push_key"]):
            if ours:
                reason = "others have pushed to the repository: rename it or delete it, then try again"
                raise VendorRefused("azure_devops", "delete_repository", reason)
            return {"result": "left"}
        await client.delete(project, found["repository_id"])
    since = datetime.fromisoformat(payload["since"])
    in_bin = await client.deleted_since(project, name, since)
    for repository_id in in_bin:
        if ours in ("", repository_id):
            await client.purge(project, repository_id)
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def push_skeleton(payload: dict) -> Value:  # type: ignore[type-arg]
    """Render the golden path and push it as the first commit; a repository with content keeps its own.

    Value: {"commit", "result"}.
    """
    from shared.golden_paths.catalogue import golden_path
    from shared.golden_paths.rendering import render

    client, project = services().azure_devops.repositories, payload["project"]
    path = golden_path(payload["path"]["name"])
    pushed = await client.push_first_commit(
        project,
        payload["repository_id"],
        render(path, payload["parameters"]),
        payload["message"],
        payload["key"],
        AUTHOR_NAME,
        services().settings.commit_author_email,
    )
    if pushed["ours"]:
        return {"commit": pushed["commit"], "result": "created"}
    if not await client.has_file(project, payload["repository_id"], PIPELINE_FILE):
        reason = (
            f"the adopted repository has no {PIPELINE_FILE} on its branch {BRANCH}: add one, then try again"
        )
        raise VendorRefused("azure_devops", "push_skeleton", reason)
    return {"commit": pushed["commit"], "result": "adopted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def remove_first_commit(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo push_skeleton: an adopted repository that was empty is empty again."""
    client, project = services().azure_devops.repositories, payload["project"]
    try:
        head = await client.head(project, payload["repository_id"])
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        head = None
    if head is None:
        return {"result": "absent"}
    if not await client.is_only_ours(project, payload["repository_id"], payload["key"]):
        return {"result": "left"}
    await client.delete_branch(project, payload["repository_id"], BRANCH, head)
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def archive_repository(payload: dict) -> Value:  # type: ignore[type-arg]
    """Rename and disable it: kept whole, closed until its people want it back."""
    try:
        archived = await services().azure_devops.repositories.archive(
            payload["project"], payload["repository_id"], payload["name"]
        )
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return {"result": "absent"}
    return {"result": "archived", "url": archived["url"]}
