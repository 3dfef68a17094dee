"""The files of a change: those sent, else those that Azure DevOps tells of its commits or its pull request."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidRequest, VendorUnavailable
from shared.services import services

if TYPE_CHECKING:
    from functions.models.change_risk import ChangeRiskRequest
    from shared.clients.azure_devops import Difference

DIFF_WITHIN_S = 0.9

type Known = Mapping[str, Any]


async def files_of(
    wanted: "ChangeRiskRequest", service: Known | None, missing: list[tuple[str, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The change's files: those that were sent, else those that Azure DevOps tells, without their lines."""
    if wanted.files:
        return [file.model_dump() for file in wanted.files]
    if service is None:
        raise _no_repository()
    try:
        async with asyncio.timeout(DIFF_WITHIN_S):
            told = await _difference(wanted, service)
    except TimeoutError:
        raise VendorUnavailable("azure_devops", "difference", "no answer in time") from None
    if not told["is_whole"]:
        missing.append(("not_whole", {}))
    return [{"path": path} for path in told["paths"]]


async def _difference(wanted: "ChangeRiskRequest", service: Known) -> "Difference":
    """Between the commits that were sent, or those of the pull request. Raises: InvalidRequest."""
    client, project = services().azure_devops.comparing, service["azure_devops"]["project"]
    repository_id = await _repository_id(service)
    if wanted.commits is not None:
        base, head = wanted.commits.base, wanted.commits.head
    else:
        ends = await client.ends_of_pull_request(project, repository_id, int(wanted.pull_request))
        if ends is None:
            reason = "must be one of the service's repository; else send files"
            raise InvalidRequest(f"pull_request {reason}.", [{"field": "pull_request", "message": reason}])
        base, head = ends
    return await client.difference(project, repository_id, base, head, since_common=True)


async def _repository_id(service: Known) -> str:
    """As the registry has it, else the repository of the service's name. Raises: InvalidRequest."""
    place = service["azure_devops"]
    if place.get("repository_id"):
        return str(place["repository_id"])
    name = place.get("repository") or service["name"]
    found = await services().azure_devops.repositories.find(place["project"], name)
    if found is None:
        raise _no_repository()
    return found["repository_id"]


def _no_repository() -> InvalidRequest:
    reason = "must be sent where the service has no registered repository in Azure DevOps"
    return InvalidRequest(f"files {reason}.", [{"field": "files", "message": reason}])
