"""tell_anomaly: record an anomaly for archive and warehouse, and tell it in Teams where the tier asks for that.

Started by functions/incidents/watching.py with the anomaly's own id, `anomaly-<service>-<signal>-<since>`. Input:
{"service", "product", "owner", "tier", "indicator", "unit", "entry": SignalEntry, "tell": bool, "policy", "language",
"public_url"}.
"""

import azure.durable_functions as df
from durabletask import task

from orchestrations.saga import Saga
from orchestrations.telling import Teller
from shared.domain import cards, event_types
from shared.domain.watch.watch_words import anomaly_facts, anomaly_title

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def tell_anomaly(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Say it once."""
    saga = Saga(context, "tell_anomaly", request["policy"])
    tell = Teller(context, saga, request["language"])
    tell.about |= {name: request[name] for name in ("service", "product", "owner", "tier")}
    entry = request["entry"]
    names = ("kind", "side", "since_ms", "at_ms", "value", "expected", "score")
    fact = {"signal": request["indicator"], "unit": request["unit"], **{name: entry[name] for name in names}}
    yield from tell.record("record_anomaly", event_types.ANOMALY_DETECTED, fact)
    if request["tell"]:
        url = f"{request['public_url']}/api/operations/{context.instance_id}"
        card = cards.notice_card(
            request["language"],
            anomaly_title(request["language"], request),
            anomaly_facts(request["language"], request),
            [("card.open_operation", url)],
        )
        yield from tell.post("announce_anomaly", card)
    saga.show(outcome="told" if request["tell"] else "recorded")
    return {"outcome": "told" if request["tell"] else "recorded"}
