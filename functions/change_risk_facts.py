"""What a change is judged by, looked up side by side and in time. A source that is away is said, not waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain.change_risk import Facts
from shared.domain.change_risk_files import touched
from shared.domain.change_risk_plan import moment
from shared.errors import InvalidRequest, VendorError, VendorUnavailable
from shared.services import services

if TYPE_CHECKING:
    from functions.models import ChangeRiskRequest
    from shared.clients.azure_devops import Difference

log = logging.getLogger(__name__)

REGISTRY_WITHIN_S, LOOK_WITHIN_S, DIFF_WITHIN_S = 0.6, 0.5, 0.9
"""Together with the model's words less than the three seconds that a pipeline waits."""

type Known = Mapping[str, Any]


class Looked(NamedTuple):
    """missing: (what, values of its words: risk.missing.<what>)."""

    facts: Facts
    service: Known | None
    missing: list[tuple[str, dict[str, Any]]]


async def look_up(wanted: "ChangeRiskRequest", now: datetime) -> Looked:
    """Everything the rules need. Raises: InvalidRequest, VendorUnavailable (no files without Azure DevOps)."""
    missing: list[tuple[str, dict[str, Any]]] = []
    service = await _service(wanted, missing)
    files, more_files = await _files(wanted, service, missing)
    name = service["name"] if service else ""
    paths = [file["path"] for file in files]
    history, gates, entries = await asyncio.gather(
        _in_time("history", _of(name, lambda: services().delivery_notes.history(name, paths, now)), missing),
        _in_time("gate", _of(name, lambda: services().delivery_notes.gates(name)), missing),
        _in_time("incidents", _of(name, services().open_incidents.all), missing),
    )
    verdicts = [gate["verdict"] for gate in gates or [] if gate["environment"] == wanted.target]
    if service and gates is not None and not verdicts:
        missing.append(("no_gate", {}))
    of = touched(files)
    if of.uncounted:
        missing.append(("lines", {"count": of.uncounted}))
    if more_files:
        missing.append(("more_files", {"count": more_files}))
    tier = service.get("tier") if service else None
    zone = (service or {}).get("automation", {}).get("time_zone", "")
    rule, freezes = moment(services().policies, wanted.target, tier, zone, now)
    facts = Facts(
        files=files,
        more_files=more_files,
        target=wanted.target,
        tier=tier,
        history=history or {},
        gate=verdicts[0] if verdicts else "",
        open_incidents=sum(
            one["service"] == name and one["ended_ms"] is None for one in entries or [] if name
        ),
        moment=rule,
        freezes=freezes,
    )
    return Looked(facts, service, missing)


async def _service(wanted: "ChangeRiskRequest", missing: list[tuple[str, dict[str, Any]]]) -> Known | None:
    """The service, None where the registry does not know which it is: it is not guessed."""
    registry = services().registry
    try:
        async with asyncio.timeout(REGISTRY_WITHIN_S):
            if wanted.service:
                found = await registry.get(wanted.service)
                candidates = [found] if found else []
            else:
                candidates = [one for one in await registry.all() if _has(one, wanted.repository)]
    except (TimeoutError, VendorError) as error:
        log.warning("the registry did not answer (%s)", type(error).__name__)
        candidates = []
    if len(candidates) == 1:
        return candidates[0]
    missing.append(("ambiguous" if candidates else "service", {}))
    return None


def _has(service: Known, repository: str) -> bool:
    place = service.get("azure_devops", {})
    known = {place.get("repository") or service["name"], place.get("repository_id")}
    return repository.casefold() in {str(one).casefold() for one in known if one}


async def _files(
    wanted: "ChangeRiskRequest", service: Known | None, missing: list[tuple[str, dict[str, Any]]]
) -> tuple[list[dict[str, Any]], int]:
    """The change's files: those that were sent, else those that Azure DevOps tells, without their lines."""
    if wanted.files:
        return [file.model_dump() for file in wanted.files], wanted.more_files
    if service is None:
        raise _no_repository()
    try:
        async with asyncio.timeout(DIFF_WITHIN_S):
            told = await _difference(wanted, service)
    except TimeoutError:
        raise VendorUnavailable("azure_devops", "difference", "no answer in time") from None
    if not told["is_whole"]:
        missing.append(("not_whole", {}))
    return [{"path": path} for path in told["paths"]], wanted.more_files


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


def _of[T](name: str, ask: Callable[[], Awaitable[T]]) -> Awaitable[T | None]:
    """What is asked of a service we know; None of one we do not."""

    async def found() -> T | None:
        return await ask() if name else None

    return found()


async def _in_time[T](
    what: str, asked: Awaitable[T | None], missing: list[tuple[str, dict[str, Any]]]
) -> T | None:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await asked
    except (TimeoutError, VendorError) as error:
        log.warning("no %s for a change's risk (%s)", what, type(error).__name__)
        missing.append((what, {}))
        return None


def now() -> datetime:
    return datetime.now(UTC)
