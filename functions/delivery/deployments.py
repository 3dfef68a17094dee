"""POST /api/deployments: a deployment told by any tool, as a CloudEvent of ours or a CDEvent.

Caller: pipelines and tools. Needs: Platform.Requester.
Answers: 202, also for what was told before; 400 with the faults by field, 401, 403, 413, 503 when Service Bus is away.
"""

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, body_of, caller_with
from shared.domain.delivery.delivery_reports import DEPLOYMENT, Report, a_place
from shared.security.tokens import REQUESTER
from shared.services import services

bp = df.Blueprint()

SOURCE = "api"
STARTED, FINISHED = "deployment.started", "deployment.finished"


@bp.route(route="deployments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def report_deployment(req: func.HttpRequest) -> func.HttpResponse:
    from functions.delivery.told_deployments import deployment_of, in_envelope
    from functions.models.delivery import DeploymentEvent
    from functions.validation import parse_json, validate
    from shared.delivery.reporting import reported

    caller = await caller_with(req, REQUESTER)
    sent = validate(DeploymentEvent, in_envelope(parse_json(body_of(req))))
    told = deployment_of(sent)
    place = a_place(service=told.pop("service"))
    report = Report(
        source=SOURCE,
        kind=DEPLOYMENT,
        hook=sent.type[:100],
        place=place,
        told={**told, "who": caller.id},
        reason="",
    )
    event = reported(report, (sent.source, sent.id))
    await services().publisher.publish(event)
    taken = {"event_id": event.id, "deployment_id": f"{SOURCE}:{told['id']}:{told['environment']}"}
    return answer(taken, 202)
