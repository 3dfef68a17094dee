"""Who is round about the affected entities: what they call and run on, who calls them.

Several collectors want to know it of the same problem at the same moment: they share one question.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from shared.services import services

if TYPE_CHECKING:
    from shared.clients.dynatrace import DynatraceClient, Node

AFFECTED, CALLED, CALLING, BENEATH = "affected", "called", "calling", "runs_on"
MOST_PER_STEP = 16
"""Entities that are followed from one step to the next."""


class Neighbour(NamedTuple):
    """distance: steps along calls from the affected entities: 0 affected, 1 called by one, or what one runs on;
    -1 calling one. relation: how it was reached, from `via` (an id, "" for an affected one)."""

    node: "Node"
    distance: int
    relation: str
    via: str

    @property
    def entity_id(self) -> str:
        return self.node["entity_id"]

    @property
    def name(self) -> str:
        return self.node["name"] or self.node["entity_id"]


class _Step(NamedTuple):
    distance: int
    relation: str
    via: str


async def neighbourhood(entity_ids: Sequence[str], reach: int) -> list[Neighbour]:
    """The entities up to `reach` steps away, nearest first. Raises: VendorUnavailable, VendorRefused.

    Downwards it goes on downwards, upwards upwards: who else calls a shared database is no neighbour.
    """
    steps = {entity_id: _Step(0, AFFECTED, "") for entity_id in entity_ids[:MOST_PER_STEP]}
    found: list[Neighbour] = []
    while steps:
        nodes = await _nodes(services().dynatrace, tuple(steps))
        fresh = [Neighbour(node, *steps[node["entity_id"]]) for node in nodes]
        found += fresh
        seen = {one.entity_id for one in found} | steps.keys()
        onward = [one for one in fresh if abs(one.distance) < reach]
        fresh_steps = [(target, step) for target, step in _next(onward).items() if target not in seen]
        steps = dict(fresh_steps[:MOST_PER_STEP])
    return sorted(found, key=lambda one: (abs(one.distance), -one.distance))


_asked: WeakKeyDictionary["DynatraceClient", dict[tuple[str, ...], asyncio.Task[list["Node"]]]] = (
    WeakKeyDictionary()
)
"""Questions that wait for their answer; an answer is not kept."""


async def _nodes(client: "DynatraceClient", ids: tuple[str, ...]) -> list["Node"]:
    """What the same question under way gives, else a new one; who gives up waiting takes nobody with him."""
    asked = _asked.setdefault(client, {})
    if ids not in asked:
        asked[ids] = asyncio.ensure_future(client.entities.nodes(ids))
        asked[ids].add_done_callback(lambda done: _answered(asked, ids, done))
    return await asyncio.shield(asked[ids])


def _answered(
    asked: dict[tuple[str, ...], asyncio.Task[list["Node"]]],
    ids: tuple[str, ...],
    done: asyncio.Task[list["Node"]],
) -> None:
    asked.pop(ids, None)
    if not done.cancelled():
        done.exception()  # asked for, lest asyncio complains when nobody waits any more


def _next(onward: Iterable[Neighbour]) -> dict[str, _Step]:
    """Where the next step leads; of two ways to an entity the first one counts."""
    found: dict[str, _Step] = {}
    for one in onward:
        node, distance = one.node, one.distance
        ways: list[tuple[Sequence[str], int, str]] = []
        if distance >= 0:
            ways += [(node["calls"], distance + 1, CALLED), (node["runs_on"], distance + 1, BENEATH)]
        if distance <= 0:
            ways += [(node["called_by"], distance - 1, CALLING)]
        for targets, farther, relation in ways:
            for target in targets:
                found.setdefault(target, _Step(farther, relation, one.entity_id))
    return found
