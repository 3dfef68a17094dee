"""The activity that asks for cost jumps. There is no cost data yet, and it says so."""

import azure.durable_functions as df

from orchestrations.activities.collecting import words_of
from orchestrations.outcome import Value, answers_outcome

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def collect_costs(payload: dict) -> Value:  # type: ignore[type-arg]
    """Nothing, and why."""
    return {"items": [], "missing": [{"source": "costs", "reason": words_of(payload)("missing.no_costs")}]}
