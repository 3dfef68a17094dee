"""Activities on what watching keeps: is an anomaly still one, does a forecast still hold."""

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.services import services

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def look_at_forecast(payload: dict) -> Value:  # type: ignore[type-arg]
    """The forecast of this id as it stands. Value: {"over": why it is, or "", "forecast", "service": document or None}.

    Over is also what nobody watches any more: the service is gone, or its forecast has another id.
    """
    from shared.watching import Documents

    service = await services().registry.get(payload["service"])
    document = await Documents(services().blob).get(payload["service"])
    entry = ((document or {}).get("resources") or {}).get(payload["resource"])
    if service is None or not entry or entry["id"] != payload["id"]:
        return {"over": "unwatched", "forecast": None, "service": service}
    return {"over": entry["over"], "forecast": entry["told"], "service": service}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def forget_forecast(payload: dict) -> Value:  # type: ignore[type-arg]
    """It is over and told so: the next one is another."""
    from shared.domain.watch.watched_resources import finished
    from shared.watching import Documents
    from shared.watching.documents import Document

    def change(document: Document) -> Document | None:
        entry = document["resources"].get(payload["resource"])
        if not entry or entry["id"] != payload["id"]:
            return None
        return {**document, "resources": {**document["resources"], payload["resource"]: finished(entry)}}

    await Documents(services().blob).update(payload["service"], change)
    return {"result": "created"}
