"""The list of all HTTP endpoints. openapi.py tells it to callers; a test holds it against the triggers."""

from dataclasses import dataclass

from shared.security.tokens import ADMIN, APPROVER, READER, REQUESTER


@dataclass(frozen=True)
class Endpoint:
    """body and answer name classes of functions.models; role None: no token is asked for."""

    method: str
    route: str
    summary: str
    answer: str
    status: int = 200
    role: str | None = READER
    body: str = ""
    refusals: tuple[int, ...] = ()


ENDPOINTS = (
    Endpoint(
        "post",
        "webhooks/{source}",
        "Take a notification of a source (dynatrace, azure_devops, github)",
        "Accepted",
        202,
        role=None,
        body="DynatraceNotification",
        refusals=(400, 401, 404, 413, 503),
    ),
    Endpoint("get", "operations", "What runs and what ran", "Operations", refusals=(400,)),
    Endpoint("get", "operations/{id}", "One operation with its steps", "Operation", refusals=(404,)),
    Endpoint(
        "get", "operations/{id}/postmortem", "Its postmortem, as Markdown or a page", "", refusals=(404,)
    ),
    Endpoint("get", "approvals/{id}", "What is to be allowed", "Operation", refusals=(404,)),
    Endpoint(
        "post",
        "approvals/{id}",
        "Approve, refuse, or propose another action; some approvals need Platform.Admin",
        "DecisionTaken",
        202,
        role=APPROVER,
        body="DecisionRequest",
        refusals=(400, 404, 409, 413, 422),
    ),
    Endpoint("get", "services", "All registered services", "ServiceList"),
    Endpoint("get", "services/{name}", "One registered service", "Service", refusals=(400, 404)),
    Endpoint(
        "put",
        "services/{name}",
        "Register a service",
        "Service",
        role=ADMIN,
        body="ServiceDraft",
        refusals=(400, 413),
    ),
    Endpoint(
        "get",
        "services/{name}/signals",
        "How its signals and resources are, as of the last round of watching",
        "Signals",
        refusals=(400, 404),
    ),
    Endpoint(
        "get",
        "services/{name}/scorecard",
        "How it delivers and runs, as of the last round; ?format=svg is its badge",
        "Scorecard",
        refusals=(400, 404),
    ),
    Endpoint("get", "services/{name}/badge.svg", "Its scorecard as a badge", "", refusals=(400, 404)),
    Endpoint("get", "catalog/entities", "The registry as entities", "CatalogEntities", refusals=(400,)),
    Endpoint(
        "get",
        "catalog/entities/{name}",
        "One service's entities",
        "CatalogEntities",
        refusals=(400, 404),
    ),
    Endpoint("get", "catalog/locations/services.yaml", "The entities, for a Location", "", refusals=(400,)),
    Endpoint(
        "post",
        "catalog/links",
        "Sign an address for a Location",
        "CatalogLink",
        201,
        role=ADMIN,
        body="CatalogLinkRequest",
        refusals=(400, 413),
    ),
    Endpoint(
        "delete",
        "services/{name}",
        "Decommission a service, once people allow it",
        "Started",
        202,
        role=REQUESTER,
        refusals=(400, 404),
    ),
    Endpoint("get", "golden-paths", "All golden paths", "GoldenPathList"),
    Endpoint("get", "golden-paths/{name}", "One golden path", "GoldenPath", refusals=(404,)),
    Endpoint(
        "post",
        "golden-paths/{name}/validate",
        "What asking for this service would do; nothing is created",
        "ValidationResult",
        role=REQUESTER,
        body="ServiceRequest",
        refusals=(400, 404, 413),
    ),
    Endpoint(
        "post",
        "golden-paths/{name}/services",
        "Ask for a service",
        "Started",
        202,
        role=REQUESTER,
        body="ServiceRequest",
        refusals=(400, 404, 409, 413, 422),
    ),
    Endpoint(
        "post",
        "operations/{id}/cancel",
        "Stop an operation and undo it",
        "Cancelled",
        202,
        role=REQUESTER,
        body="CancelRequest",
        refusals=(400, 404, 409),
    ),
    Endpoint(
        "post",
        "operations/{id}/retry-compensation",
        "Undo what could not be undone",
        "Started",
        202,
        role=REQUESTER,
        refusals=(404, 409),
    ),
    Endpoint("get", "environments", "All environments with their ends", "EnvironmentList"),
    Endpoint(
        "get",
        "services/{name}/environments/{environment}/extend",
        "One environment; a browser gets the page on which its owner extends it",
        "Environment",
        refusals=(400, 404),
    ),
    Endpoint(
        "post",
        "services/{name}/environments/{environment}/extend",
        "Have it end later: for who asked for it, or Platform.Admin",
        "Environment",
        body="ExtensionRequest",
        refusals=(400, 404, 409, 413),
    ),
    Endpoint(
        "post",
        "services/{name}/environments/{environment}/stop",
        "Stop it until its working hours begin next: for who asked for it, or Platform.Admin",
        "Environment",
        202,
        refusals=(400, 404, 409),
    ),
    Endpoint(
        "post",
        "services/{name}/environments/{environment}/start",
        "Start it whatever the hour: for who asked for it, or Platform.Admin",
        "Environment",
        202,
        refusals=(400, 404, 409),
    ),
    Endpoint(
        "get",
        "incidents/similar",
        "Past incidents like ?q=, with what helped; ?service= and ?limit= as in POST",
        "SimilarIncidents",
        refusals=(400,),
    ),
    Endpoint(
        "post",
        "incidents/similar",
        "Past incidents like a text, with what helped",
        "SimilarIncidents",
        body="SimilarRequest",
        refusals=(400, 413),
    ),
    Endpoint(
        "delete",
        "incidents/{id}/memory",
        "Forget what is remembered of an incident, for good",
        "Forgotten",
        role=ADMIN,
        refusals=(400,),
    ),
    Endpoint(
        "post",
        "change-risk",
        "How risky a change is, why, and how to roll it out and back",
        "ChangeRisk",
        body="ChangeRiskRequest",
        refusals=(400, 413, 502),
    ),
    Endpoint(
        "post",
        "quality-gates",
        "Have a deployment judged by what it did to the service",
        "Started",
        202,
        role=REQUESTER,
        body="GateRequest",
        refusals=(400, 404, 413),
    ),
    Endpoint(
        "get", "quality-gates/{id}", "One quality gate with its verdict", "QualityGate", refusals=(404,)
    ),
    Endpoint(
        "post",
        "deployments",
        "Tell a deployment that another tool made",
        "DeploymentTaken",
        202,
        role=REQUESTER,
        body="DeploymentEvent",
        refusals=(400, 413),
    ),
    Endpoint(
        "get",
        "deliveries/unmatched",
        "What tools told that nobody could make a fact of, each with its reason",
        "UnmatchedDeliveries",
    ),
    Endpoint(
        "post",
        "deliveries/unmatched/{id}/retry",
        "Try one again",
        "Retried",
        role=ADMIN,
        refusals=(404,),
    ),
    Endpoint(
        "get",
        "deployments/{id}/corrections",
        "What people said that a deployment counts as",
        "DeploymentCorrections",
        refusals=(400,),
    ),
    Endpoint(
        "post",
        "deployments/{id}/corrections",
        "Correct what a deployment counts as in DORA's metrics",
        "DeploymentCorrection",
        202,
        role=APPROVER,
        body="CorrectionRequest",
        refusals=(400, 409, 413),
    ),
    Endpoint("get", "dead-letters", "Events that could not be dealt with", "DeadLetterList", role=ADMIN),
    Endpoint(
        "post",
        "dead-letters/{subscription}/{sequence_number}/resubmit",
        "Send a dead letter to its topic again",
        "DeadLetter",
        202,
        role=ADMIN,
        refusals=(404,),
    ),
    Endpoint("get", "health", "Each dependency, asked now", "Health", role=None),
    Endpoint("get", "openapi.json", "This document", "", role=None),
)
