"""A timer that heals what hooks missed: runs and pull requests since the last look, reports nobody could match yet.

What it reports has the events' ids that hooks would have given, so that both together change nothing more. Up to where
a project was read is kept in Blob; killed anywhere, late or doubled, a run reads some of it again.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.deliveries import announcer, shelf, take
from shared.errors import VendorError
from shared.services import services

if TYPE_CHECKING:
    from shared.delivery.shelf import Kept

bp = df.Blueprint()
log = logging.getLogger(__name__)

MARK = "deliveries/reconciled.json"
FIRST = timedelta(days=1)
"""How far the first look goes back."""
OVERLAP = timedelta(minutes=5)
"""A run may be listed after one that ended later."""
MOST_PAGES, MOST_RETRIED, MOST_TOLD = 10, 100, 50
RETRIED = frozenset(
    {"unregistered", "ambiguous", "no_environment", "not_finished", "not_there", "vendor_away", "refused"}
)
"""Reasons that may pass."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)


@bp.timer_trigger(schedule="0 6/10 * * * *", arg_name="timer", run_on_startup=False)
async def reconcile_deliveries(timer: func.TimerRequest) -> None:
    await reconcile(datetime.now(UTC))


async def reconcile(now: datetime) -> dict[str, int]:
    """How many were reported, matched and told to Dynatrace. Raises: VendorUnavailable of blob or servicebus."""
    healed = {"reported": 0, "matched": 0, "told": 0}
    marks: dict[str, str] = json.loads(await services().blob.get(MARK) or b"{}")
    for project, registered in _by_project(await services().registry.all()).items():
        try:
            healed["reported"] += await _pull(project, registered, marks, now)
        except VendorError as error:
            if error.vendor != "azure_devops":
                raise
            log.warning("deliveries of project %s are left to the next run: %s", project, error)
    healed["matched"] = await _retry(now)
    healed["told"] = await announcer().tell_waiting(now, MOST_TOLD)
    if healed["matched"] or healed["told"]:
        log.warning("reconciled deliveries: %s", healed)
    return healed


def _by_project(registered: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in registered:
        place = one.get("azure_devops") or {}
        if place.get("project") and place.get("pipeline_id"):
            found.setdefault(str(place["project"]), []).append(one)
    return dict(sorted(found.items()))


async def _pull(
    project: str, registered: Sequence[Mapping[str, Any]], marks: dict[str, str], now: datetime
) -> int:
    """Report what happened in the project since its marks, which move on as far as was read."""
    reported = 0
    for what, pull in (("runs", _pull_runs), ("pull_requests", _pull_changes)):
        name = f"{project}/{what}"
        since = datetime.fromisoformat(marks[name]) if name in marks else now - FIRST
        # A clock that ran ahead when the mark was made must not hide what happens now.
        since = min(since, now - OVERLAP)
        count, upto = await pull(project, registered, since)
        reported += count
        marks[name] = (upto or max(since, now - OVERLAP)).isoformat()
        await services().blob.put(MARK, json.dumps(marks).encode(), "application/json")
    return reported


async def _pull_runs(
    project: str, registered: Sequence[Mapping[str, Any]], since: datetime
) -> tuple[int, datetime | None]:
    """How many were reported; up to when was read, where more are left."""
    from shared.clients.azure_devops.deployments import MOST_LISTED
    from shared.clients.azure_devops.run_shapes import when
    from shared.delivery.reporting import reported
    from shared.domain.delivery.azure_devops_runs import run_reported

    pipelines = sorted({int(one["azure_devops"]["pipeline_id"]) for one in registered})
    found = await services().azure_devops.deployments.runs_since(project, since, pipelines)
    for run in found:
        place = {"project": project, "pipeline_id": str(run["pipeline_id"])}
        told = run_reported(place, str(run["run_id"]), "completed", run["result"], "reconciled")
        await services().publisher.publish(reported(*told))
    return len(found), when(found[-1]["finished_at"]) if len(found) >= MOST_LISTED else None


async def _pull_changes(
    project: str, registered: Sequence[Mapping[str, Any]], since: datetime
) -> tuple[int, datetime | None]:
    from shared.clients.azure_devops.deployments import MOST_LISTED
    from shared.delivery.reporting import reported
    from shared.domain.delivery.azure_devops_changes import change_reported

    own = services()
    repositories = await _repositories(project, registered)
    count = 0
    for page in range(MOST_PAGES):
        found = await own.azure_devops.deployments.pull_requests_since(project, since, page * MOST_LISTED)
        for one in found:
            told, identity = change_reported(one, "reconciled", project=project)
            if told["place"]["repository_id"] in repositories:
                told["place"]["organisation"] = ""
                await own.publisher.publish(reported(told, identity))
                count += 1
        if len(found) < MOST_LISTED:
            return count, None
    log.error("project %s merged more pull requests than one look takes: the oldest may be missing", project)
    return count, None


async def _repositories(project: str, registered: Sequence[Mapping[str, Any]]) -> set[str]:
    """The repositories of the project's services; of one that does not say, its pipeline's."""
    places = [one["azure_devops"] for one in registered]
    known = {str(one["repository_id"]).lower() for one in places if one.get("repository_id")}
    silent = sorted({int(one["pipeline_id"]) for one in places if not one.get("repository_id")})
    if silent:
        known |= set(await services().azure_devops.deployments.repositories_of(project, silent))
    return known


async def _retry(now: datetime) -> int:
    """Try again what may match by now, the longest untried first; forget what is too old."""
    from shared.delivery.shelf import KEPT_FOR

    kept, matched = shelf(), 0
    entries = sorted(await kept.all(), key=lambda one: one["tried_at"])
    old = [one for one in entries if now - datetime.fromisoformat(one["kept_at"]) > KEPT_FOR]
    for entry in old:
        await kept.drop(entry["id"])
    due = [one for one in entries if one not in old and _is_due(one, now)]
    for entry in due[:MOST_RETRIED]:
        matched += not await take(entry["id"], entry["report"], now)
    return matched


def _is_due(entry: "Kept", now: datetime) -> bool:
    waited = now - datetime.fromisoformat(entry["tried_at"])
    return entry["reason"] in RETRIED and waited >= _pause(entry["tries"])


def _pause(tries: int) -> timedelta:
    doubled: int = 2 ** min(tries - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
