"""Which deployment an incident is laid to: by an explicit link first, else by a bounded window of time.

Pure; docs/dora.md in Python. An incident is laid to one deployment at most, beside what people say; never to one that
took effect after it began, never to a rollback.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.metrics.dora_commits import Place
from shared.domain.metrics.dora_facts import Corrected, Gate, Incident, Told

WINDOW = timedelta(hours=24)
UNDER_WAY = timedelta(hours=1)
"""A deployment can do harm this long before it is over: while it rolls out."""
SUREST, LEAST_SURE = 0.9, 0.1
"""Confidence of the window: right at the deployment, and at the window's end."""

CORRECTION, DEPLOYMENT, CHANGE, COMMIT, ROLLBACK, GATE, TIME = (
    "correction",
    "deployment",
    "change_number",
    "commit",
    "rollback",
    "gate",
    "window",
)
_RANKED = (DEPLOYMENT, CHANGE, COMMIT, ROLLBACK, GATE)


class Laid(NamedTuple):
    """An incident laid to a deployment. kind: what says so; confidence: 0 to 1."""

    incident: str
    deployment_id: str
    kind: str
    confidence: float


def takes_effect_at(one: Told) -> datetime:
    """From when on a deployment may have done harm."""
    assert one.finished_at
    if one.started_at is None or one.started_at > one.finished_at:
        return one.finished_at
    return max(one.started_at, one.finished_at - UNDER_WAY)


def by_links(
    incidents: Iterable[Incident],
    finished: Sequence[Told],
    rolled_back: Mapping[str, Sequence[Told]],
    gates: Mapping[str, Sequence[Gate]],
) -> dict[str, Laid]:
    """The best explicit link of each incident that has one.

    finished: all that ended, in order of their end, rollbacks among them. rolled_back, gates: by deployment.
    """
    by_id = {one.deployment_id: (number, one) for number, one in enumerate(finished) if one.how != ROLLBACK}
    numbers, commits = defaultdict(list), defaultdict(list)
    for entry in by_id.values():
        numbers[entry[1].change_number].append(entry)
        commits[entry[1].commit].append(entry)
    operations: dict[str | None, list[tuple[str, str]]] = defaultdict(list)
    for id_, of in rolled_back.items():
        for rollback in of:
            operations[rollback.operation_id].append((ROLLBACK, id_))
    for id_, judged in gates.items():
        for gate in judged:
            operations[gate.rollback].append((GATE, id_))
    laid = {}
    for incident in incidents:
        cause = incident.caused_by
        named = cause.get("deployment_id")
        found = [(DEPLOYMENT, False, by_id[named])] if named in by_id else []
        for kind, among in ((CHANGE, numbers), (COMMIT, commits)):
            if cause.get(kind):
                before = (one for one in among.get(cause[kind], ()) if _before(one[1], incident))
                found += [(kind, _is_own(one[1], incident), one) for one in before]
        for operation in incident.operations:
            found += [
                (kind, False, by_id[id_]) for kind, id_ in operations.get(operation, ()) if id_ in by_id
            ]
        if found:
            kind, _, (_, one) = min(
                found, key=lambda each: (_RANKED.index(each[0]), not each[1], -each[2][0])
            )
            laid[incident.name] = Laid(incident.name, one.deployment_id, kind, 1.0)
    return laid


def by_time(
    incidents: Iterable[Incident], known: Mapping[str, Laid], in_production: Mapping[Place, Sequence[Told]]
) -> dict[str, Laid]:
    """The latest deployment within WINDOW before each incident that has no link. in_production: in order of end."""
    laid = {}
    for one in incidents:
        if one.name in known or one.service is None or one.started_at is None:
            continue
        there = [
            deployment
            for deployment in in_production.get((one.service, one.environment), ())
            if takes_effect_at(deployment) <= one.started_at < takes_effect_at(deployment) + WINDOW
        ]
        if there and there[-1].how != ROLLBACK:
            away = (one.started_at - takes_effect_at(there[-1])) / WINDOW
            confidence = SUREST - (SUREST - LEAST_SURE) * away
            laid[one.name] = Laid(one.name, there[-1].deployment_id, TIME, confidence)
    return laid


def corrected(laid: Mapping[str, Laid], said: Mapping[str, Corrected]) -> list[Laid]:
    """What stays of it after what people said, and what they added."""
    added = [
        Laid(incident, id_, CORRECTION, 1.0)
        for id_, one in said.items()
        for incident, caused in one.incidents.items()
        if caused
    ]
    moved = {one.incident for one in added}
    kept = [
        one
        for one in laid.values()
        if one.incident not in moved
        and said.get(one.deployment_id, Corrected()).incidents.get(one.incident) is not False
    ]
    return added + kept


def _is_own(one: Told, incident: Incident) -> bool:
    """One commit, or change, may bring many services of one repository: the incident's own goes before them."""
    return (one.service, one.environment) == (incident.service, incident.environment)


def _before(one: Told, incident: Incident) -> bool:
    return incident.started_at is None or takes_effect_at(one) <= incident.started_at
