"""Deployments as DORA counts them (https://dora.dev/guides/dora-metrics/): failed, recovered, rework.

Pure: the reference for CORE.DEPLOYMENTS, CORE.COMMITS and CORE.DEPLOYMENT_INCIDENTS, which compute the same in SQL and
are held to it. docs/dora.md says what each rule is; shared/domain/metrics/dora_figures.py counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.metrics import dora_attribution as attribution
from shared.domain.metrics.dora_commits import Delivered, Place, delivered
from shared.domain.metrics.dora_facts import Corrected, Facts, Gate, Incident, Told
from shared.domain.metrics.times import seconds

SUCCEEDED, ROLLBACK = "succeeded", "rollback"
REPAIR_WINDOW = timedelta(days=7)
"""How long after a deployment taking it back is a sign that it failed, and after an incident a repair is one of it."""

RUNNING, UNDATED, IGNORED, NOT_DEPLOYED = "running", "undated", "ignored", "not_deployed"
DEPLOYED, FAILED, ROLLED_BACK = "deployed", "failed", "rollback"


class Deployed(NamedTuple):
    """A deployment and what it counts as. status: DEPLOYED and FAILED count as deployments, ROLLED_BACK as a rollback.

    failed_by: what says that it failed. incidents: how many are laid to it. recovery_s: None until it is over.
    """

    deployment_id: str
    service: str
    environment: str
    finished_at: datetime | None
    succeeded: bool
    status: str
    failed_by: str | None
    rework: bool
    incidents: int
    recovered_at: datetime | None
    recovery_s: float | None


class Judged(NamedTuple):
    """What all facts come to."""

    deployments: list[Deployed]
    commits: list[Delivered]
    laid: list[attribution.Laid]


class _Case(NamedTuple):
    """What is known of the deployments that ended, on the way to their judgement. By deployment id."""

    rolled_back: dict[str, list[Told]]
    gates: dict[str, list[Gate]]
    laid: dict[str, list[attribution.Laid]]
    reverted: dict[str, list[Told]]
    repairs: set[str]
    incidents: dict[str, Incident]
    said: Mapping[str, Corrected]


def judge(facts: Facts) -> Judged:
    """Every deployment judged, whatever the order of the facts."""
    ended = _ended(facts)
    finished = sorted((one for of in ended.values() for one in of), key=_order)
    rolled_back = _rolled_back(ended)
    gates = _gates(facts.gates, finished)
    links = attribution.by_links(facts.incidents, finished, rolled_back, gates)
    linked = {one.deployment_id for one in attribution.corrected(links, facts.corrections)}
    failing = {id_ for id_, of in gates.items() if any(one.verdict == "fail" for one in of)}
    blamed = _overruled(linked | failing | set(rolled_back), facts.corrections)
    in_production = {
        place: [
            one for one in of if one.result == SUCCEEDED or (one.deployment_id in blamed and _change(one))
        ]
        for place, of in ended.items()
    }
    windows = attribution.by_time(facts.incidents, links, in_production)
    laid = attribution.corrected({**links, **windows}, facts.corrections)
    brought_by = {
        place: [one for one in of if one.result == SUCCEEDED and _change(one)] for place, of in ended.items()
    }
    commits = delivered(brought_by, facts.changes)
    reverted, repairs = _repaired(facts, brought_by, commits)
    by_deployment = defaultdict(list)
    for pair in laid:
        by_deployment[pair.deployment_id].append(pair)
    incidents = {one.name: one for one in facts.incidents}
    case = _Case(rolled_back, gates, by_deployment, reverted, repairs, incidents, facts.corrections)
    return Judged([_judged(one, case) for one in facts.deployments if one.service], commits, laid)


def _change(one: Told) -> bool:
    return one.how != ROLLBACK


def _ended(facts: Facts) -> dict[Place, list[Told]]:
    """Those that ended and count, in order of their end."""
    places: dict[Place, list[Told]] = defaultdict(list)
    for one in facts.deployments:
        ignored = facts.corrections.get(one.deployment_id, Corrected()).ignored
        if one.service and one.environment and one.result and one.finished_at and not ignored:
            places[one.service, one.environment].append(one)
    for of in places.values():
        of.sort(key=_order)
    return places


def _rolled_back(ended: Mapping[Place, Sequence[Told]]) -> dict[str, list[Told]]:
    """The rollbacks of each deployment: of the commit they name, else of what succeeded last before them."""
    found: dict[str, list[Told]] = defaultdict(list)
    for of in ended.values():
        for number, one in enumerate(of):
            if one.how != ROLLBACK:
                continue
            before = [earlier for earlier in of[:number] if _change(earlier)]
            if one.rolls_back:
                before = [earlier for earlier in before if earlier.commit == one.rolls_back]
            else:
                before = [earlier for earlier in before if earlier.result == SUCCEEDED]
            if before:
                found[before[-1].deployment_id].append(one)
    return dict(found)


def _gates(told: Iterable[Gate], finished: Sequence[Told]) -> dict[str, list[Gate]]:
    """The gates of each deployment: by its id, else the latest of the same commit, or version, at the verdict."""
    changes = {one.deployment_id: one for one in finished if _change(one)}
    found: dict[str, list[Gate]] = defaultdict(list)
    for gate in told:
        if gate.deployment_id:
            if gate.deployment_id in changes:
                found[gate.deployment_id].append(gate)
            continue
        same = [one for one in changes.values() if _judged_by(gate, one)]
        if same:
            latest = max(same, key=_order)
            found[latest.deployment_id].append(gate)
    return dict(found)


def _judged_by(gate: Gate, one: Told) -> bool:
    """A gate of a pipeline decides before the run that asked it is over."""
    if (gate.service, gate.environment) != (one.service, one.environment) or gate.decided_at is None:
        return False
    same = one.commit == gate.commit if gate.commit else bool(gate.version) and one.version == gate.version
    return same and attribution.takes_effect_at(one) <= gate.decided_at


def _overruled(blamed: set[str], said: Mapping[str, Corrected]) -> set[str]:
    """The ids that failed, by what people said first."""
    people = {id_: one.failed for id_, one in said.items() if one.failed is not None}
    return {id_ for id_ in blamed if people.get(id_) is not False} | {
        id_ for id_, failed in people.items() if failed
    }


def _repaired(
    facts: Facts, brought_by: Mapping[Place, Sequence[Told]], commits: Iterable[Delivered]
) -> tuple[dict[str, list[Told]], set[str]]:
    """What was reverted by whom, and which deployments were unplanned, to repair an incident."""
    by_id = {one.deployment_id: one for of in brought_by.values() for one in of}
    places: dict[Place, dict[str, Told]] = defaultdict(dict)
    for commit in commits:
        places[commit.service, commit.environment][commit.sha] = by_id[commit.deployment_id]
    began: dict[Place, list[datetime]] = defaultdict(list)
    for incident in facts.incidents:
        if incident.service and incident.started_at:
            began[incident.service, incident.environment].append(incident.started_at)
    reverted: dict[str, list[Told]] = defaultdict(list)
    repairs: set[str] = set()
    for change in facts.changes:
        for place, first in places.items():
            shas = {change.commit, *(sha for sha, _ in change.commits)}
            by = [first[sha] for sha in shas if sha in first]
            if place[0] != change.service or not by:
                continue
            one = min(by, key=_order)
            target = first.get(change.reverts or "")
            if change.planned is not True and target and _soon(target, one):
                reverted[target.deployment_id].append(one)
                repairs.add(one.deployment_id)
            if change.planned is False and any(_after(at, one) for at in began[place]):
                repairs.add(one.deployment_id)
    return dict(reverted), repairs


def _order(one: Told) -> tuple[datetime, str]:
    assert one.finished_at
    return one.finished_at, one.deployment_id


def _soon(target: Told, one: Told) -> bool:
    return _order(target) < _order(one) and _order(one)[0] <= _order(target)[0] + REPAIR_WINDOW


def _after(began: datetime, one: Told) -> bool:
    return began <= _order(one)[0] <= began + REPAIR_WINDOW


def _judged(one: Told, case: _Case) -> Deployed:
    id_, said = one.deployment_id, case.said.get(one.deployment_id, Corrected())
    succeeded, laid = one.result == SUCCEEDED, case.laid.get(one.deployment_id, [])
    failed_by = _failed_by(id_, said, case)
    if said.ignored:
        status = IGNORED
    elif one.result is None:
        status = RUNNING
    elif one.finished_at is None or one.environment is None:
        status = UNDATED
    elif one.how == ROLLBACK:
        status = ROLLED_BACK if succeeded else NOT_DEPLOYED
    elif failed_by:
        status = FAILED
    else:
        status = DEPLOYED if succeeded else NOT_DEPLOYED
    counts = status in (DEPLOYED, FAILED, ROLLED_BACK)
    recovered_at = _recovered_at(one, case) if status == FAILED else None
    return Deployed(
        deployment_id=id_,
        service=one.service or "",
        environment=one.environment or "",
        finished_at=one.finished_at,
        succeeded=succeeded,
        status=status,
        failed_by=failed_by if status == FAILED else None,
        rework=counts and _is_rework(one, said, case),
        incidents=len(laid),
        recovered_at=recovered_at,
        recovery_s=seconds(one.finished_at, recovered_at),
    )


def _failed_by(id_: str, said: Corrected, case: _Case) -> str | None:
    """What says that it failed, the strongest first. A deployment fails once, however many say so."""
    if said.failed is not None:
        return "correction" if said.failed else None
    if any(one.verdict == "fail" for one in case.gates.get(id_, [])):
        return "gate"
    if id_ in case.rolled_back:
        return ROLLBACK
    if id_ in case.reverted:
        return "revert"
    return "incident" if case.laid.get(id_) else None


def _is_rework(one: Told, said: Corrected, case: _Case) -> bool:
    if said.rework is not None:
        return said.rework
    ours = {operation for incident in case.incidents.values() for operation in incident.operations}
    return one.how == ROLLBACK or one.deployment_id in case.repairs or one.operation_id in ours


def _recovered_at(one: Told, case: _Case) -> datetime | None:
    """When what took it back was deployed; else when the last of its incidents was mitigated."""
    taken_back = [
        _order(by)[0]
        for by in (*case.rolled_back.get(one.deployment_id, ()), *case.reverted.get(one.deployment_id, ()))
        if by.result == SUCCEEDED
    ]
    if taken_back:
        return min(taken_back)
    laid = case.laid.get(one.deployment_id, [])
    mitigated = [
        case.incidents[pair.incident].mitigated_at for pair in laid if pair.incident in case.incidents
    ]
    known = [at for at in mitigated if at]
    return max(known) if laid and len(known) == len(laid) else None
