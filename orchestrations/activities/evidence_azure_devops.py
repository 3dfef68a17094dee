"""The activity that asks what went out: the run before the problem, the good one before it, and what lies between."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df

from orchestrations.activities.collecting import Words, in_time, item, side_by_side, start_of, words_of
from orchestrations.outcome import Value, answers_outcome
from shared.domain.action.actions import environment_of
from shared.domain.delivery.deliveries import deployment_id
from shared.domain.delivery.delivery_matching import environment_name, registered_environment
from shared.domain.delivery.delivery_reports import AZURE_DEVOPS
from shared.domain.diagnosis import changed_files
from shared.domain.diagnosis.evidence import Missing, cut
from shared.errors import VendorError
from shared.services import services

if TYPE_CHECKING:
    from shared.clients.azure_devops import CommitTitle, Difference, Run

bp = df.Blueprint()

SOURCE = "azure_devops"
MOST_TITLES, TITLE_CHARACTERS = 3, 60
MOST_RUNS_READ = 10
SUSPECT, LAST_GOOD = "suspect", "last_good"


@bp.activity_trigger(input_name="payload")
@answers_outcome
@in_time(SOURCE)
async def collect_runs(payload: dict) -> Value:  # type: ignore[type-arg]
    """The run that changed the service last before the problem, the good one before it, and what lies between.

    Value: {"items", "missing", "runs": {"suspect", "last_good"}}, a run being a clients.azure_devops.Run or None.
    Nobody's name is read: who wrote a commit is no evidence.
    """
    service, words = payload["service"], words_of(payload)
    place = service["azure_devops"]
    client = services().azure_devops
    listed = await client.runs.list(place["project"], place["pipeline_id"])
    start_ms = start_of(payload["problem"])
    ended = [run for run in listed if run["result"] == "succeeded" and _ended_before(run, start_ms)]
    suspect, last_good = await _newest_deployed(place, ended, environment_of(service) or ""), None
    if suspect:
        last_good = await client.runs.last_good(place["project"], place["pipeline_id"], suspect["run_id"])
    between: dict[str, Any] = {}
    missing: list[Missing] = []
    if suspect and last_good:
        between, missing = await _between(words, place["project"], last_good, suspect)
    items = []
    if suspect:
        items.append(_item(words, suspect, service, SUSPECT, between))
    if last_good:
        items.append(_item(words, last_good, service, LAST_GOOD, {}))
    return {"items": items, "missing": missing, "runs": {"suspect": suspect, "last_good": last_good}}


async def _newest_deployed(
    place: Mapping[str, Any], ended: Sequence["Run"], environment: str
) -> "Run | None":
    """The newest of these runs that deployed: one that stopped, started or scaled changed no code.

    environment: the service's, "" where nobody knows; a run that was told another one changed nothing there.
    """
    runs = services().azure_devops.runs
    for run in ended[:MOST_RUNS_READ]:
        found = await runs.get(place["project"], place["pipeline_id"], run["run_id"])
        told = environment_name(found.get("environment", ""))
        there = not environment or told in ("", environment)
        if there and await runs.deploys(place["project"], found):
            return found
    return None


async def _between(
    words: Words, project: str, earlier: "Run", later: "Run"
) -> tuple[dict[str, Any], list[Missing]]:
    """Commits and files between the two; what cannot be had is missing, the runs are told all the same."""
    client = services().azure_devops.comparing
    parts: dict[str, Any] = {"commits": client.commits(project, earlier["run_id"], later["run_id"])}
    repository_id = later.get("repository_id")
    if repository_id and earlier["commit"] and later["commit"] and earlier["commit"] != later["commit"]:
        parts["files"] = client.difference(project, repository_id, earlier["commit"], later["commit"])

    try:
        found, missing = await side_by_side(parts)
    except VendorError as error:
        return {}, [Missing(source=name, reason=str(error)) for name in parts]
    if not repository_id:
        missing.append(Missing(source="files", reason=words("missing.no_repository")))
    return found, missing


def _item(
    words: Words, run: "Run", service: Mapping[str, Any], role: str, between: Mapping[str, Any]
) -> dict[str, Any]:
    commits: Sequence[CommitTitle] | None = between.get("commits")
    files: Difference | None = between.get("files")
    facts: dict[str, Any] = {
        "service": service["name"],
        "deployment_id": _deployment_id(run, service),
        "at_ms": _ms(run["finished_at"]),
        "run_id": run["run_id"],
        "commit": run["commit"] or "",
        "result": run["result"] or "",
        "role": role,
    }
    text = words(
        f"evidence.run_{role}",
        name=run["name"],
        run_id=run["run_id"],
        commit=(run["commit"] or "?")[:8],
        result=run["result"],
    )
    if commits is not None:
        facts["commits"] = len(commits)
        text += words("evidence.commits", count=len(commits))
    if files is not None:
        kinds = changed_files.kinds(files["paths"])
        facts |= kinds
        kept = ("configuration", "migration", "infrastructure")
        touched = [words(f"evidence.touched_{name}") for name in kept if facts[name]]
        count = kinds["files"] if files["is_whole"] else words("evidence.at_least", count=kinds["files"])
        text += words("evidence.files", count=count)
        text += f" ({', '.join(touched)})" if touched else ""
    if commits:
        text += ": " + "; ".join(f'"{cut(one["title"], TITLE_CHARACTERS)}"' for one in commits[:MOST_TITLES])
    return {**item(SOURCE, "run", None, text, facts, run["url"]), "at": run["finished_at"] or ""}


def _deployment_id(run: "Run", service: Mapping[str, Any]) -> str:
    """The deployment the run is, by the name its facts have; "" for one of ours, or where nobody says where it went."""
    environment = environment_name(run.get("environment") or registered_environment(service))
    return deployment_id(AZURE_DEVOPS, run["run_id"], environment) if environment and not run["key"] else ""


def _ended_before(run: "Run", at_ms: int) -> bool:
    ended_ms = _ms(run["finished_at"])
    return ended_ms is not None and ended_ms <= at_ms


def _ms(moment: str | None) -> int | None:
    return None if moment is None else round(datetime.fromisoformat(moment).timestamp() * 1000)
