"""What POST /api/deployments takes, as one shape: our own, and CDEvents' of services.

CDEvents 0.4, service: https://github.com/cdevents/spec/blob/v0.4.1/continuous-deployment.md
A CDEvent says that something is deployed, upgraded, rolled back: an end that went well. How it failed it cannot say.
"""

import hashlib
import re
from typing import TYPE_CHECKING, Any

from functions.validation import validate
from shared.domain.delivery.delivery_matching import environment_name
from shared.domain.delivery.delivery_reports import instant, part, sha, text
from shared.errors import InvalidRequest

if TYPE_CHECKING:
    from functions.models.delivery import DeploymentEvent

_OURS = ("deployment.started", "deployment.finished")
_CDEVENT = re.compile(r"dev\.cdevents\.service\.(deployed|upgraded|rolledback)(\.\d[\w.-]*)?")
_VERSION = re.compile(r"@([^@?#]+)(?:[?#]|$)")


def in_envelope(body: dict[str, Any]) -> dict[str, Any]:
    """The body as a CloudEvent: a CDEvent that came without one (or in binary mode) tells itself what stands on it."""
    context = body.get("context")
    if "data" in body or not isinstance(context, dict) or "subject" not in body:
        return body
    told = {"id": context.get("id"), "source": context.get("source"), "type": context.get("type")}
    return {**told, "time": context.get("timestamp"), "data": body}


def deployment_of(sent: "DeploymentEvent") -> dict[str, Any]:
    """The deployment an event tells, with its service. Raises: InvalidRequest by field."""
    from functions.models.delivery import DeploymentData

    if sent.type in _OURS:
        data = sent.data
    elif found := _CDEVENT.fullmatch(sent.type):
        data = _of_cdevent(sent, found[1])
    else:
        message = f"must be {_OURS[0]}, {_OURS[1]} or dev.cdevents.service.deployed, .upgraded, .rolledback"
        raise InvalidRequest(f"The type {message}.", [{"field": "type", "message": message}])
    try:
        told = validate(DeploymentData, data).model_dump(mode="json")
    except InvalidRequest as error:
        faults = [{**one, "field": f"data.{one['field']}".rstrip(".")} for one in error.faults]
        raise InvalidRequest(error.detail, faults) from None
    if sent.type == _OURS[1] and told["result"] is None:
        message = "must be there, with finished_at, once it has ended"
        raise InvalidRequest(f"The result {message}.", [{"field": "data.result", "message": message}])
    if sent.type == _OURS[0]:
        told |= {"result": None, "finished_at": None}
    told["environment"] = environment_name(told["environment"])
    for name in ("started_at", "finished_at"):
        told[name] = instant(told[name])
    told["commits"] = [
        {"sha": one["sha"], "committed_at": instant(one["committed_at"])} for one in told["commits"]
    ]
    return {**told, "state": "finished" if told["result"] else "started"}


def _of_cdevent(sent: "DeploymentEvent", verb: str) -> dict[str, Any]:
    """Our shape of a CDEvent, with nothing where it says nothing. Its artifact is a purl: pkg:oci/app@sha256:..."""
    subject = sent.data.get("subject")
    content = part(subject, "content")
    artifact = text(part(content, "artifactId"), 2000)
    version = _VERSION.search(artifact)
    at = text(part(sent.data, "context", "timestamp")) or (sent.time.isoformat() if sent.time else "")
    name = text(part(subject, "id")).rpartition("/")[2]
    identity = hashlib.sha256(f"{sent.source}\x1f{sent.id}".encode("utf-8", "surrogatepass")).hexdigest()
    environment = text(part(content, "environment", "name")) or text(part(content, "environment", "id"))
    return {
        "id": identity[:32],
        "service": name,
        "environment": environment.rpartition("/")[2],
        "version": version[1][:100] if version else "",
        "commit": sha(version[1]) if version else None,
        "finished_at": at or None,
        "result": "succeeded",
        "how": "rollback" if verb == "rolledback" else "pipeline",
    }
