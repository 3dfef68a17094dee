"""What is known round a problem when it arrives: its service, its neighbours, what Dynatrace blames.

functions/incidents/problems.py asks, to find the incident that the problem belongs to.
"""

import asyncio
import logging
from collections.abc import Awaitable

from shared.domain.incident import correlation, problems
from shared.domain.incident.correlation import Facts
from shared.errors import VendorError
from shared.services import services

log = logging.getLogger(__name__)

NEIGHBOURS_WITHIN_S = 3.0
"""How long the topology may keep a new problem waiting: without it the problem gets an incident of its own."""
MOST_ENTITIES = 5


async def facts_of(problem: problems.Problem, now_ms: int) -> Facts:
    """The service behind the problem; what is round it, where it would have an incident of its own without that."""
    entity_ids = {entity["id"] for entity in problem["entities"]}
    facts = Facts(await services().registry.find_by_entity(entity_ids))
    entries = await services().open_incidents.recent()
    alone = correlation.assign(problem, facts, entries, now_ms)
    if alone.kind != "start" or any(entry["operation_id"] == alone.operation_id for entry in entries):
        return facts
    neighbours, root_cause = await asyncio.gather(
        _in_time(_neighbours(entity_ids), "topology", frozenset()),
        _in_time(_root_cause(problem["problem_id"]), "root cause", ""),
    )
    return facts._replace(neighbours=neighbours, root_cause=root_cause)


async def _neighbours(entity_ids: set[str]) -> frozenset[str]:
    nodes = await services().dynatrace.entities.nodes(sorted(entity_ids)[:MOST_ENTITIES])
    neighbours = {one for node in nodes for one in (*node["calls"], *node["called_by"])}
    return frozenset(neighbours) - entity_ids


async def _root_cause(problem_id: str) -> str:
    found = await services().dynatrace.problems.get(problem_id)
    blamed = found.get("root_cause") if found else None
    return blamed["entity_id"] if blamed else ""


async def _in_time[T](asked: Awaitable[T], what: str, otherwise: T) -> T:
    """What Dynatrace says, or `otherwise` when it is away or slow."""
    try:
        async with asyncio.timeout(NEIGHBOURS_WITHIN_S):
            return await asked
    except (TimeoutError, VendorError) as error:
        log.warning("no %s for a new problem (%s)", what, type(error).__name__)
        return otherwise
