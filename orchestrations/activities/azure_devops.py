"""Activities on Azure DevOps: how a run stands."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def get_run(payload: dict) -> Value:  # type: ignore[type-arg]
    """How the run stands: {"state": "inProgress"|"completed", "result": ..., "finished_at"}."""
    run = await services().azure_devops.runs.get(
        payload["project"], payload["pipeline_id"], payload["run_id"]
    )
    return {"state": run["state"], "result": run["result"] or "", "finished_at": run["finished_at"]}
