"""retry_compensation: undo what a saga that ended with a failed compensation had to leave.

Started by functions/operations/operation_actions.py with the instance id `<operation>.compensation-<n>`. Input:
{"operation_id", "kind": of the operation, "compensations": [as Saga.compensations tells them], "attempt": 2 and up,
"service", "incident": {"sys_id", ...} or None, "requested_by": person's id, "policy", "language"}.
"""

import azure.durable_functions as df
from durabletask import task

from orchestrations.saga import Saga
from orchestrations.telling import Teller
from orchestrations.undoing import NOT_ENDED, NOT_MADE, NOTICES_FOR_S, conclude, failure_of, remains
from shared.domain.service import provisioning

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def retry_compensation(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Undo the rest; resolve the incident that asked a person for it."""
    saga = Saga(context, "retry_compensation", request["policy"])
    saga.resume(request["compensations"])
    saga.show(
        case={"title": request["service"], "service": request["service"]},
        requested_by=request["requested_by"],
    )
    tell = Teller(context, saga, request["language"])
    tell.about |= {"service": request["service"], "operation_id": request["operation_id"]}
    done = yield from saga.compensate(attempt=request["attempt"])
    yield from conclude(
        saga,
        tell,
        NOT_ENDED if request["kind"] == "decommission_service" else NOT_MADE,
        done=done,
        about=request["service"],
        reason=request["operation_id"],
        outcome=provisioning.COMPENSATED,
    )
    if not done:
        if request["incident"]:
            note = {"sys_id": request["incident"]["sys_id"], "text": remains(saga, tell)}
            yield from saga.attempt_all({"note_incident": ("add_work_note", note)}, for_s=NOTICES_FOR_S)
        raise failure_of(saga)
    if request["incident"]:
        notes = {
            "sys_id": request["incident"]["sys_id"],
            "close_notes": tell.say(
                "undone.compensated", service=request["service"], reason=request["operation_id"]
            ),
        }
        yield from saga.attempt_all(
            {"resolve_incident": ("resolve_incident", notes)}, for_s=request["policy"]["retry_for_s"]
        )
    return {"outcome": provisioning.COMPENSATED, "service": request["service"]}
