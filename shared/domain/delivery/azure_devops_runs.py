"""Azure DevOps' hooks about what ran: runs, builds, classic releases. Pure.

A run's hook is read for its number alone: what the run was, the API tells.
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.delivery.azure_devops_hooks import Parts, a_report, unusable
from shared.domain.delivery.azure_devops_hooks import organisation as hook_organisation
from shared.domain.delivery.azure_devops_hooks import project as hook_project
from shared.domain.delivery.delivery_reports import (
    DEPLOYMENT,
    RUN,
    a_place,
    instant,
    objects,
    part,
    sha,
    text,
)

_RUN_PATH = re.compile(r"/([^/]+)/_apis/pipelines/(\d+)/runs/(\d+)", re.IGNORECASE)
_BUILD_PATH = re.compile(r"/([^/]+)/_apis/(?:build|build-release)/builds/(\d+)", re.IGNORECASE)


def run_reported(place: Mapping[str, str], run_id: str, state: str, result: str, hook: str) -> Parts:
    """The report of a run as it stands. state: "inProgress", "completed" and others; result: "" until it ended."""
    told = {"run_id": run_id, "state": state, "result": result}
    return a_report(RUN, hook, a_place(**place), told), ("run", run_id, state.lower(), result.lower())


def run_state(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    """The documented example has no id of its own, only an address; what is sent has both."""
    run = part(resource, "run") or {}
    path = _RUN_PATH.search(text(part(run, "url"), 2000))
    run_id = text(part(run, "id")) or (path[3] if path else "")
    place = {
        "organisation": hook_organisation(hook, part(run, "url")),
        "project": hook_project(hook) or (path[1] if path else ""),
        "pipeline_id": text(part(run, "pipeline", "id"))
        or text(part(resource, "pipeline", "id"))
        or (path[2] if path else ""),
    }
    if not run_id.isdecimal():
        return unusable(hook, "no_run_id", **place)
    return run_reported(
        place, run_id, text(part(run, "state")), text(part(run, "result")), text(hook["eventType"])
    )


def build(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    """A build is a run by its older name. Its result was called status in version 1.0."""
    path = _BUILD_PATH.search(text(part(resource, "url"), 2000))
    run_id = text(part(resource, "id")) or (path[2] if path else "")
    place = {
        "organisation": hook_organisation(hook, part(resource, "url")),
        "project": hook_project(hook) or text(part(resource, "project", "name")) or (path[1] if path else ""),
        "pipeline_id": text(part(resource, "definition", "id")),
    }
    if not run_id.isdecimal():
        return unusable(hook, "no_run_id", **place)
    result = text(part(resource, "result")) or text(part(resource, "status"))
    return run_reported(place, run_id, "completed", result, text(hook["eventType"]))


def release(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    """A classic release: told whole, since its API lives elsewhere. Its builds say which service it is."""
    environment = part(resource, "environment") or {}
    told_release = part(resource, "deployment", "release") or part(environment, "release") or {}
    deployment = part(resource, "deployment") or {}
    artifacts = objects(part(told_release, "artifacts")) or objects(part(environment, "release", "artifacts"))
    builds = [one for one in artifacts if text(part(one, "type")).lower() == "build"]
    first = next(iter(builds), {})
    release_id = text(part(told_release, "id")) or text(part(environment, "releaseId"))
    number = text(part(deployment, "id")) or text(part(environment, "id"))
    status = (text(part(deployment, "deploymentStatus")) or text(part(environment, "status"))).lower()
    place = a_place(
        organisation=hook_organisation(hook, part(told_release, "url")),
        project=part(resource, "project", "name") or hook_project(hook),
        pipeline_id=part(first, "definitionReference", "definition", "id"),
    )
    result = {"succeeded": "succeeded", "rejected": "failed", "failed": "failed", "canceled": "cancelled"}
    told = {
        "id": f"release-{release_id}-{number}",
        "environment": text(part(environment, "name"))
        or text(part(deployment, "releaseEnvironment", "name")),
        "version": text(part(told_release, "name")),
        "commit": sha(part(first, "definitionReference", "sourceVersion", "id")),
        "started_at": instant(part(deployment, "startedOn")),
        "finished_at": instant(part(deployment, "completedOn")) or instant(hook.get("createdDate")),
        "state": "finished",
        "result": result.get(status),
        "who": text(part(deployment, "requestedBy", "id")),
        "url": text(part(told_release, "_links", "web", "href"), 2000),
    }
    complete = release_id and number and told["environment"] and told["result"] and told["finished_at"]
    report = a_report(DEPLOYMENT, text(hook["eventType"]), place, told, "" if complete else "incomplete")
    return report, ("release", place["organisation"], release_id, number, status)
