"""Activities on Azure DevOps pipelines: made, allowed, protected, run, taken away."""

from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.service.provisioning import BRANCH, DESTROY, PIPELINE_FOLDER
from shared.errors import VendorRefused, VendorUnavailable
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.azure_devops import PolicyDraft

bp = df.Blueprint()

_REF = f"refs/heads/{BRANCH}"


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """The service's pipeline. Value: {"pipeline_id", "url", "result"}."""
    client = services().azure_devops.pipelines
    made = await client.create(payload["project"], payload["name"], PIPELINE_FOLDER, payload["repository_id"])
    if made["repository_id"] != payload["repository_id"]:
        reason = "a pipeline of this name builds another repository: rename it, or choose another name"
        raise VendorRefused("azure_devops", "create_pipeline", reason)
    result = "adopted" if payload["existing"] else "created"
    return {"pipeline_id": made["pipeline_id"], "url": made["url"], "result": result}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def delete_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo create_pipeline."""
    client = services().azure_devops.pipelines
    if payload["existing"]:
        return {"result": "left"}
    found = await client.find(payload["project"], payload["name"], PIPELINE_FOLDER)
    if found is None:
        return {"result": "absent"}
    if found["repository_id"] != payload["repository_id"]:
        return {"result": "left"}
    await client.delete(payload["project"], found["pipeline_id"])
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def remove_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """Delete a pipeline by its id; one that is gone is gone."""
    was_there = await services().azure_devops.pipelines.delete(payload["project"], payload["pipeline_id"])
    return {"result": "deleted" if was_there else "absent"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def authorize_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """Let it use the service connections and environments its path names."""
    client, project = services().azure_devops.pipelines, payload["project"]
    resources = await client.resources(project, payload["resources"])
    await client.authorize(project, payload["pipeline_id"], resources)
    return {"result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def revoke_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo authorize_pipeline."""
    client, project = services().azure_devops.pipelines, payload["project"]
    for name in payload["resources"]:
        try:
            resources = await client.resources(project, [name])
        except VendorRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            continue  # A resource that is not there cannot be used.
        await client.revoke(project, payload["pipeline_id"], resources)
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def protect_branch(payload: dict) -> Value:  # type: ignore[type-arg]
    """The path's policies on the branch. Value: {"policy_ids", "result"}."""
    made = await services().azure_devops.policies.ensure(
        payload["project"], payload["repository_id"], _policies(payload), payload["before"]
    )
    return {"policy_ids": made["made"], "result": "created" if made["made"] else "adopted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def unprotect_branch(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo protect_branch: the policies it made; not known which, those of the path's types that were not there before.

    A policy has no place for a key, and nothing tells who made it.
    """
    client, project = services().azure_devops.policies, payload["project"]
    try:
        found = await client.list(project, payload["repository_id"])
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return {"result": "absent"}
    types = {draft["type_id"] for draft in _policies(payload)}
    made = (
        payload["made"]["policy_ids"]
        if payload["made"]
        else [
            policy["policy_id"]
            for policy in found
            if policy["policy_id"] not in payload["before"] and policy["type_id"] in types
        ]
    )
    for policy_id in made:
        await client.delete(project, policy_id)
    return {"result": "deleted"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def run_pipeline(payload: dict) -> Value:  # type: ignore[type-arg]
    """Have the pipeline do `action` to `environment`, once per key. Value: {"run_id", "url", "result"}."""
    run = await services().azure_devops.runs.start(
        payload["project"], payload["pipeline_id"], payload["key"], _REF, parameters=_asked(payload)
    )
    return {"run_id": run["run_id"], "url": run["url"], "result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def find_failed_stage(payload: dict) -> Value:  # type: ignore[type-arg]
    """Where a run failed. Value: {"stage": its name, "" where none did}."""
    client = services().azure_devops.runs
    return {"stage": await client.failed_stage(payload["project"], payload["run_id"])}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def destroy_environment(payload: dict) -> Value:  # type: ignore[type-arg]
    """Undo a run that may have made an environment: end it, then have the pipeline destroy what there is.

    One look per call; while a run is under way it says that it is not done yet. A destroy run that failed is
    final until somebody tries again (payload: "attempt"): then another is started, unless an earlier one that went
    on meanwhile has done it.
    """
    client, project, pipeline_id = (
        services().azure_devops.runs,
        payload["project"],
        payload["pipeline_id"],
    )
    since = datetime.fromisoformat(payload["since"])
    try:
        first = await client.find_started(project, pipeline_id, payload["key"], since)
    except VendorRefused as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        if payload["attempt"] > 1:
            return {"result": "left"}  # A person was asked to see to it, and says that we can go on.
        reason = "the pipeline is gone: destroy the environment by hand, then try again"
        raise VendorRefused("azure_devops", "destroy_environment", reason) from None
    if first is None:
        return {"result": "absent"}
    if first["state"] != "completed":
        await client.cancel(project, first["run_id"])
        raise _under_way("the first run is still ending", payload)
    keys = [f"{payload['key']}/destroy-{attempt}" for attempt in range(1, payload["attempt"] + 1)]
    run = None
    for key in keys:
        run = await client.find_started(project, pipeline_id, key, since) or run
    if run is None or (run["key"] != keys[-1] and run["result"] not in (None, "succeeded")):
        asked = {**payload, "action": DESTROY}
        run = await client.start(project, pipeline_id, keys[-1], _REF, parameters=_asked(asked))
    if run["state"] != "completed":
        raise _under_way(f"run {run['run_id']} destroys the environment", payload)
    if run["result"] != "succeeded":
        reason = f"run {run['run_id']} could not destroy the environment ({run['result']}): {run['url']}"
        raise VendorRefused("azure_devops", "destroy_environment", reason)
    return {"result": "deleted", "run_id": run["run_id"]}


def _policies(payload: dict) -> "list[PolicyDraft]":  # type: ignore[type-arg]
    """What the path asks for on its branch."""
    from shared.clients.azure_devops import policy_drafts as drafts

    wanted = payload["branch"]
    policies = [drafts.reviewers(wanted["reviewers"])] if wanted.get("reviewers") else []
    policies += [drafts.build_validation(payload["pipeline_id"])] if wanted.get("build_validation") else []
    policies += [drafts.comments_resolved()] if wanted.get("comments_resolved") else []
    policies += [drafts.linked_work_items()] if wanted.get("linked_work_items") else []
    return policies


def _asked(payload: dict) -> dict[str, str]:  # type: ignore[type-arg]
    return {"action": payload["action"], "environment": payload["environment"]}


def _under_way(what: str, payload: dict) -> VendorUnavailable:  # type: ignore[type-arg]
    return VendorUnavailable("azure_devops", "destroy_environment", what, payload["poll_s"])
