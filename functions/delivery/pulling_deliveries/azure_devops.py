"""What Azure DevOps' hooks missed: runs of registered pipelines, pull requests of registered repositories."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from functions.delivery.pulling_deliveries import Found, Parts, Source, marks_of, pull, warn_of_more
from shared.errors import VendorError
from shared.services import services

log = logging.getLogger(__name__)

MARK = "deliveries/reconciled.json"
MOST_PAGES = 10

type Registered = Sequence[Mapping[str, Any]]


async def pull_azure_devops(registered: Registered, now: datetime) -> int:
    """How many were reported. A project that does not answer is left to the next look.

    Raises: VendorUnavailable of blob or servicebus.
    """
    marks, count = await marks_of(MARK), 0
    for project, own in _by_project(registered).items():
        try:
            for source in _sources(project, own):
                count += await pull(source, MARK, marks, now)
        except VendorError as error:
            if error.vendor != "azure_devops":
                raise
            log.warning("deliveries of project %s are left to the next run: %s", project, error)
    return count


def _by_project(registered: Registered) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in registered:
        place = one.get("azure_devops") or {}
        if place.get("project") and place.get("pipeline_id"):
            found.setdefault(str(place["project"]), []).append(one)
    return dict(sorted(found.items()))


def _sources(project: str, own: Registered) -> list[Source]:
    return [
        Source(f"{project}/runs", partial(_runs, project, own)),
        Source(f"{project}/pull_requests", partial(_changes, project, own)),
    ]


async def _runs(project: str, own: Registered, since: datetime) -> Found:
    from shared.clients.azure_devops.deployments import MOST_LISTED
    from shared.clients.azure_devops.run_shapes import when
    from shared.domain.delivery.azure_devops_runs import run_reported

    pipelines = sorted({int(one["azure_devops"]["pipeline_id"]) for one in own})
    found = await services().azure_devops.deployments.runs_since(project, since, pipelines)
    reports = [
        run_reported(
            {"project": project, "pipeline_id": str(run["pipeline_id"])},
            str(run["run_id"]),
            "completed",
            run["result"],
            "reconciled",
        )
        for run in found
    ]
    return Found(reports, when(found[-1]["finished_at"]) if len(found) >= MOST_LISTED else None)


async def _changes(project: str, own: Registered, since: datetime) -> Found:
    from shared.clients.azure_devops.deployments import MOST_LISTED
    from shared.domain.delivery.azure_devops_changes import change_reported

    repositories, reports = await _repositories(project, own), list[Parts]()
    for page in range(MOST_PAGES):
        found = await services().azure_devops.deployments.pull_requests_since(
            project, since, page * MOST_LISTED
        )
        for one in found:
            told, identity = change_reported(one, "reconciled", project=project)
            if told["place"]["repository_id"] in repositories:
                told["place"]["organisation"] = ""
                reports.append((told, identity))
        if len(found) < MOST_LISTED:
            break
    else:
        warn_of_more(f"project {project}")
    return Found(reports)


async def _repositories(project: str, own: Registered) -> set[str]:
    """The repositories of the project's services; of one that does not say, its pipeline's."""
    places = [one["azure_devops"] for one in own]
    known = {str(one["repository_id"]).lower() for one in places if one.get("repository_id")}
    silent = sorted({int(one["pipeline_id"]) for one in places if not one.get("repository_id")})
    if silent:
        known |= set(await services().azure_devops.deployments.repositories_of(project, silent))
    return known
