"""What a change is judged by, looked up side by side and in time. A source that is away is said, not waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.delivery.change_risk_files import files_of
from shared.domain.risk.change_risk import Facts
from shared.domain.risk.change_risk_plan import moment
from shared.errors import VendorError, VendorUnavailable
from shared.services import services

if TYPE_CHECKING:
    from functions.models.change_risk import ChangeRiskRequest

log = logging.getLogger(__name__)

REGISTRY_WITHIN_S, LOOK_WITHIN_S = 0.6, 0.5
"""Together with the files and the model's words less than the three seconds that a pipeline waits."""

type Known = Mapping[str, Any]
type Missing = list[tuple[str, dict[str, Any]]]


class Looked(NamedTuple):
    """missing: (what, values of its words: risk.missing.<what>)."""

    facts: Facts
    service: Known | None
    missing: Missing


async def look_up(wanted: "ChangeRiskRequest", now: datetime) -> Looked:
    """Everything the rules need. Raises: InvalidRequest, VendorUnavailable (no files without Azure DevOps)."""
    missing: Missing = []
    service = await _service(wanted, missing)
    files = await files_of(wanted, service, missing)
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
    if wanted.more_files:
        missing.append(("more_files", {"count": wanted.more_files}))
    tier = service.get("tier") if service else None
    zone = (service or {}).get("automation", {}).get("time_zone", "")
    rule, freezes = moment(services().policies, wanted.target, tier, zone, now)
    facts = Facts(
        files=files,
        more_files=wanted.more_files,
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


async def _service(wanted: "ChangeRiskRequest", missing: Missing) -> Known | None:
    """The service, None where the registry does not know which it is: it is not guessed.

    Raises: VendorUnavailable where the files are to come from its repository and the registry is away.
    """
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
        if not wanted.files:
            raise VendorUnavailable("blob", "find_service", "the registry does not answer") from None
        candidates = []
    if len(candidates) == 1:
        return candidates[0]
    missing.append(("ambiguous" if candidates else "service", {}))
    return None


def _has(service: Known, repository: str) -> bool:
    place = service.get("azure_devops", {})
    known = {place.get("repository") or service["name"], place.get("repository_id")}
    return repository.casefold() in {str(one).casefold() for one in known if one}


def _of[T](name: str, ask: Callable[[], Awaitable[T]]) -> Awaitable[T | None]:
    """What is asked of a service we know; None of one we do not."""

    async def found() -> T | None:
        return await ask() if name else None

    return found()


async def _in_time[T](what: str, asked: Awaitable[T | None], missing: Missing) -> T | None:
    try:
        async with asyncio.timeout(LOOK_WITHIN_S):
            return await asked
    except (TimeoutError, VendorError) as error:
        log.warning("no %s for a change's risk (%s)", what, type(error).__name__)
        missing.append((what, {}))
        return None


def now() -> datetime:
    return datetime.now(UTC)
