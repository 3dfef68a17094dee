"""Activities on Azure DevOps: a run that takes an earlier commit back out, and how it stands."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.approvals import action_hash
from shared.errors import VendorRefused
from shared.services import services

bp = df.Blueprint()


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
