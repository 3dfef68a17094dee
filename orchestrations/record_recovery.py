"""record_recovery: tell an incident whose remediation ended without resolving it that the problem closed later.

Started by functions/incidents/problems.py with the instance id `<remediation's id>-recovered`. Input:
{"incident_sys_id", "policy", "language"}.
"""

import azure.durable_functions as df
from durabletask import task

from orchestrations.saga import Saga
from shared.texts import say

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def record_recovery(context: task.OrchestrationContext, request: dict):  # type: ignore[no-untyped-def, type-arg]
    """Add one work note; the incident's end stays with the person who has it."""
    saga = Saga(context, "record_recovery", request["policy"])
    note = {"sys_id": request["incident_sys_id"], "text": say(request["language"], "note.recovered_later")}
    yield from saga.step("note_recovery", "add_work_note", note)
    saga.show(outcome="recorded")
    return {"outcome": "recorded"}
