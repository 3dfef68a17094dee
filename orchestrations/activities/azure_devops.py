"""Activities on Azure DevOps: which runs there were, and a run that takes an earlier commit back out."""

from datetime import datetime

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.clients.azure_devops import Run
from shared.domain.approvals import action_hash
from shared.errors import VendorRefused
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_runs(payload: dict) -> Value:  # type: ignore[type-arg]
    """The run that changed the service last before the problem, and the good one before it.

    Value: {"items", "runs": {"suspect", "last_good"}}, a run being a clients.azure_devops.Run or None.
    """
    place = payload["service"]["azure_devops"]
    client = services().azure_devops
    listed = await client.runs.list(place["project"], place["pipeline_id"])
    start_ms = payload["problem"]["start_ms"]
    ended = [run for run in listed if run["result"] == "succeeded" and _ended_before(run, start_ms)]
    suspect = (
        await client.runs.get(place["project"], place["pipeline_id"], ended[0]["run_id"]) if ended else None
    )
    last_good = None
    if suspect:
        last_good = await client.runs.last_good(place["project"], place["pipeline_id"], suspect["run_id"])
    named = ((suspect, "last run before the problem"), (last_good, "earlier good run"))
    items = [_item(run, words) for run, words in named if run]
    return {"items": items, "runs": {"suspect": suspect, "last_good": last_good}}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def start_run(payload: dict) -> Value:  # type: ignore[type-arg]
    """Run the pipeline at the approved commit, once per key. Value: a Run with result "created" or "adopted"."""
    action = payload["action"]
    if action_hash(action) != payload["action_hash"]:
        raise VendorRefused("azure_devops", "start_run", "the action is not the one that was approved")
    run = await services().azure_devops.runs.start(
        action["project"], action["pipeline_id"], payload["key"], action["ref_name"], action["commit"]
    )
    return {"run_id": run["run_id"], "url": run["url"], "result": run["outcome"]}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def get_run(payload: dict) -> Value:  # type: ignore[type-arg]
    """How the run stands: {"state": "inProgress"|"completed", "result": ..., "finished_at"}."""
    run = await services().azure_devops.runs.get(
        payload["project"], payload["pipeline_id"], payload["run_id"]
    )
    return {"state": run["state"], "result": run["result"] or "", "finished_at": run["finished_at"]}


def _ended_before(run: Run, at_ms: int) -> bool:
    ended = run["finished_at"]
    return ended is not None and datetime.fromisoformat(ended).timestamp() * 1000 <= at_ms


def _item(run: Run, words: str) -> dict[str, str]:
    text = (
        f"{words}: {run['name']} (run {run['run_id']}, commit {(run['commit'] or '?')[:8]}, {run['result']})"
    )
    return {
        "source": "azure_devops",
        "kind": "run",
        "at": run["finished_at"] or "",
        "text": text,
        "link": run["url"],
    }
