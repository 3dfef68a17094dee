"""Activity on the assistant: a probable cause for a bundle of evidence."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def diagnose(payload: dict) -> Value:  # type: ignore[type-arg]
    """Propose a cause. Never fails for want of a model: the embedded assistant is behind it."""
    diagnosis = await services().assistant.diagnose(payload["problem"], payload["bundle"], payload["runs"])
    return diagnosis.model_dump()
