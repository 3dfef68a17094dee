"""What is told of deployments after their gates, kept for the baselines of the next (shared/domain/gate/gate_marks.py).

delivery_notes.py calls it with what its subscription hears; late, twice, in any order it comes to the same. What people
correct is read where they said it.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain import event_types
from shared.domain.delivery.deliveries import PRODUCTION
from shared.domain.gate import gate_marks
from shared.services import services


async def keep_mark(kind: str, data: Mapping[str, Any]) -> None:
    """Keep what this event says of a deployment, if anything. Raises: VendorUnavailable of blob."""
    mark = None
    if kind == event_types.DEPLOYMENT_FINISHED:
        mark = gate_marks.of_rollback(data)
    elif kind in (event_types.INCIDENT_OPENED, event_types.INCIDENT_CLOSED):
        mark = gate_marks.of_incident(data)
    service, environment = data.get("service"), data.get("environment") or PRODUCTION
    if mark and isinstance(service, str) and isinstance(environment, str) and service:
        await services().gates.mark(service, environment, mark)
