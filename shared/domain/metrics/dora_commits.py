"""Which deployment brought which commit to an environment first: the ground of change lead time.

Pure; docs/dora.md in Python. A deployment brings the commits it was told with; without any, those of the changes that
were merged up to its own commit and that no earlier deployment reached.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from shared.domain.metrics.dora_facts import Change, Shas, Told
from shared.domain.metrics.times import seconds

Place = tuple[str, str]
"""A service and an environment."""


class Delivered(NamedTuple):
    """A commit that reached an environment. lead_s: None where nobody can tell when it was made, or clocks disagree."""

    service: str
    environment: str
    sha: str
    deployment_id: str
    committed_at: datetime | None
    delivered_at: datetime
    lead_s: float | None


def delivered(brought_by: Mapping[Place, Sequence[Told]], changes: Iterable[Change]) -> list[Delivered]:
    """Each commit once an environment: with the first deployment that brought it.

    brought_by: what was deployed successfully and was no rollback, in order of its end.
    """
    merged: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.service and change.merged_at:
            merged[change.service].append(change)
    found: list[Delivered] = []
    for (service, environment), deployments in brought_by.items():
        order = sorted(merged[service], key=lambda one: (one.merged_at, one.change_id))
        found += _of_place(service, environment, deployments, order)
    return found


def _of_place(
    service: str, environment: str, deployments: Sequence[Told], order: Sequence[Change]
) -> list[Delivered]:
    places = {change.commit: number for number, change in enumerate(order, 1) if change.commit}
    first: dict[str, Told] = {}
    made: dict[str, datetime] = {}
    reached = 0
    for one in deployments:
        upto = max(reached, places.get(one.commit or "", 0))
        for sha, at in _brought(one, order[reached:upto]):
            first.setdefault(sha, one)
            if at and at <= made.get(sha, at):
                made[sha] = at
        reached = upto
    return [_delivered(service, environment, sha, one, made.get(sha)) for sha, one in first.items()]


def _brought(one: Told, between: Sequence[Change]) -> Shas:
    own: Shas = ((one.commit, None),) if one.commit else ()
    if one.commits:
        return one.commits + own
    merged: Shas = tuple((change.commit, None) for change in between if change.commit)
    return tuple(sha for change in between for sha in change.commits) + merged + own


def _delivered(
    service: str, environment: str, sha: str, one: Told, committed_at: datetime | None
) -> Delivered:
    assert one.finished_at
    lead_s = seconds(committed_at, one.finished_at)
    return Delivered(service, environment, sha, one.deployment_id, committed_at, one.finished_at, lead_s)
