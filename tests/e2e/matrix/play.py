"""Play a case and judge it: the saga has ended, and there is a whole service or exactly what was there before."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.e2e.matrix.cases import (
    APPROVAL,
    CASES,
    DECOMMISSIONED,
    EMPTY,
    ENDED,
    EXISTING,
    KILLS,
    NOTHING,
    PLAIN,
    Case,
)
from tests.e2e.matrix.rig import Operation, Rig
from tests.e2e.matrix.snapshot import Difference, difference, normalised, snapshot
from tests.e2e.matrix.worlds import furnish, take_shared_tag

MADE: dict[str, dict[str, int]] = {
    PLAIN: {
        "azure_devops.repository": 1,
        "azure_devops.commit": 1,
        "azure_devops.ref": 1,
        "azure_devops.pipeline": 1,
        "azure_devops.permission": 2,
        "azure_devops.policy": 3,
        "azure_devops.run": 1,
        "azure_devops.azure_environment": 1,
        "dynatrace.entity": 1,
        "dynatrace.settings_object": 2,
        "dynatrace.slo": 2,
        "servicenow.cmdb_ci_service": 1,
        "blob.registry/services": 1,
        "blob.registry/claims": 1,
    },
}
"""How many of each make a whole service, by world, records left out."""
_STAYS_AFTER_THE_END = (
    "azure_devops.repository",
    "azure_devops.commit",
    "azure_devops.ref",
    "azure_devops.policy",
    "servicenow.cmdb_ci_service",
)
MADE[APPROVAL] = MADE[PLAIN]
MADE[EXISTING] = {
    "azure_devops.policy": 2,
    "dynatrace.settings_object": 1,
    "dynatrace.slo": 1,
    "blob.registry/services": 1,
    "blob.registry/claims": 1,
}
_NEEDS_A_FIRST_RUN = ("azure_devops.run", "azure_devops.azure_environment", "dynatrace.entity")
MADE[EMPTY] = {kind: count for kind, count in MADE[PLAIN].items() if kind not in _NEEDS_A_FIRST_RUN}
MADE[EMPTY]["gone: azure_devops.repository"] = 1
"""It is the one that was there, with a branch now."""
MADE[ENDED] = {
    "azure_devops.repository": 1,
    "servicenow.cmdb_ci_service": 1,
    "gone: azure_devops.repository": 1,
    "gone: servicenow.cmdb_ci_service": 1,
    **{f"gone: {kind}": count for kind, count in MADE[PLAIN].items() if kind not in _STAYS_AFTER_THE_END},
}
_WITHOUT_ENTITY = {"await_entity", "link_entity"}
"""With these warnings the registry does not know the service's entity in Dynatrace."""
_MOST_RETRIES = 2
_OUTCOMES = {ENDED: "decommissioned"}
_UNDONE = ("compensated", "compensation_failed", "cancelled")
_CLOSED, _CANCELLED, _RESOLVED = "3", "4", "6"
_ENDED_CHANGE = (_CLOSED, _CANCELLED)


@dataclass
class Row:
    """What came of a case. faults: what is wrong, nothing when it holds."""

    number: int
    step: str
    part: str
    world: str
    fault: str
    outcome: str = ""
    retried: int = 0
    warnings: list[str] = field(default_factory=list)
    cards: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def check(self, holds: object, words: str) -> None:
        if not holds:
            self.wrong.append(words)


async def play(rig: Rig, case: Case, service: str, references: dict[str, list[str]]) -> Row:
    """Play one case. references: what a good end leaves, by world; filled when it is first needed."""
    call = case.call
    good = ENDED if call.ends == DECOMMISSIONED else call.world
    if case.outcome != NOTHING and good not in references:
        references[good] = await _reference(rig, good, f"{service}-ref")
    row = Row(CASES.index(case), case.step, call.part, "" if call.world == PLAIN else call.world, case.fault)
    began = time.monotonic()
    try:
        await _begin(rig, good, service)
        if call.step == "ensure_auto_tag":
            await take_shared_tag(rig.world)
        before = await snapshot(rig.world, service)
        ended = await _run(rig, case, row, service)
        found = difference(before, await snapshot(rig.world, service), service)
        _judge(row, case, ended, found)
        if case.outcome == NOTHING:
            _judge_nothing(row, case, ended, found)
        else:
            _judge_good(row, case, ended, normalised(found, service), references[good])
    finally:
        await rig.heal()
        row.seconds = round(time.monotonic() - began, 1)
    return row


async def _begin(rig: Rig, good: str, service: str) -> None:
    """What is there before: a whole service where one is to be ended, else what the world holds."""
    await rig.heal()
    if good == ENDED:
        made = await rig.ended(await rig.ask(None, PLAIN, service))
        assert made["outcome"] == "provisioned", made["error"]
    else:
        await furnish(rig.world, good, service)


async def _run(rig: Rig, case: Case, row: Row, service: str) -> Operation:
    """Ask for the service, or for its end, with all that happens to it; the operation once its saga has ended."""
    call = case.call
    await rig.prepare_end(call.ends, service)
    await rig.spoil(call)
    if not call.retries:
        await rig.break_(case, service)
    if call.ends == DECOMMISSIONED:
        operation_id = await rig.ask_to_end(service)
    else:
        operation_id = await rig.ask(case, call.world, service)
    ended = await _happens(rig, case, operation_id) if not call.retries else await rig.ended(operation_id)
    while ended["outcome"] == "compensation_failed" and row.retried < _MOST_RETRIES:
        row.retried += 1
        await rig.heal()
        if call.retries and row.retried == 1:
            await rig.break_(case, service)
            retry_id = await rig.retry_compensation(operation_id)
            ended = await _happens(rig, case, retry_id)
        else:
            ended = await rig.ended(await rig.retry_compensation(operation_id))
    await rig.was_met(case)
    return ended


async def _happens(rig: Rig, case: Case, operation_id: str) -> Operation:
    """What happens to the operation that is hit, until it has ended."""
    async with asyncio.TaskGroup() as group:
        if case.fault in KILLS and case.call.step != "start":
            group.create_task(rig.kill_worker(case))
        await rig.attend(case.call.world, case.call.ends, operation_id)
    return await rig.ended(operation_id)


async def _reference(rig: Rig, good: str, service: str) -> list[str]:
    """What there is of a service that was made, or ended, while nothing failed: it must be what we say it is."""
    await _begin(rig, good, service)
    before = await snapshot(rig.world, service)
    if good == ENDED:
        operation_id = await rig.ask_to_end(service)
        await rig.attend(PLAIN, DECOMMISSIONED, operation_id)
    else:
        operation_id = await rig.ask(None, good, service)
        await rig.attend(good, "", operation_id)
    ended = await rig.ended(operation_id)
    found = difference(before, await snapshot(rig.world, service), service)
    assert (ended["outcome"], ended["warnings"]) == (_OUTCOMES.get(good, "provisioned"), []), ended
    told = normalised(found, service)
    assert Counter(line.partition(": {")[0] for line in told) == MADE[good], "\n".join(told)
    return told


def _judge(row: Row, case: Case, ended: Operation, found: Difference) -> None:
    """What must hold however it ended."""
    row.warnings, row.outcome = ended["warnings"], case.outcome
    if case.outcome == NOTHING or case.call.world == EXISTING:
        row.check(not found.lost, f"not as it was before: {found.lost}")
    incidents = [one["state"] for one in found.of("servicenow.incident")]
    row.check(incidents == [_RESOLVED] * bool(row.retried), f"incidents in these states: {incidents}")
    row.check(not row.retried or case.may_resist, "a compensation failed, and should not have")
    changes = [one["state"] for one in found.of("servicenow.change_request")]
    row.check(len(changes) <= 1, f"{len(changes)} changes")
    if case.outcome == NOTHING:
        row.check(all(state in _ENDED_CHANGE for state in changes), "a change is open")
    else:
        row.check(changes == [_CLOSED] or "close_change" in row.warnings, f"changes: {changes}")
    row.cards = len(found.of("teams.card"))
    asked = case.call.world == APPROVAL or case.call.ends == DECOMMISSIONED
    # A card that was being posted when the worker died may be posted again: nobody can look for it.
    most = 1 + row.retried + asked + (case.fault in KILLS)
    row.check(row.cards <= most, f"{row.cards} cards, {most} at most")


def _judge_good(row: Row, case: Case, ended: Operation, told: list[str], reference: list[str]) -> None:
    wanted = _OUTCOMES.get(case.outcome, "provisioned")
    row.check(ended["outcome"] == wanted, f"it ended as {ended['outcome']}: {ended['error']}")
    if _WITHOUT_ENTITY & set(row.warnings):
        reference = [line.replace('"entity_id": "<entity>"', '"entity_id": ""') for line in reference]
    more, fewer = (Counter(told) - Counter(reference)), (Counter(reference) - Counter(told))
    row.check(not more, f"more than there should be: {_where_they_part(more, fewer)}")
    row.check(not fewer, f"less than there should be: {_where_they_part(fewer, more)}")
    row.check(set(row.warnings) <= case.may_warn, f"warnings: {row.warnings}")


def _where_they_part(some: Counter[str], others: Counter[str]) -> list[str]:
    """Each line from a little before the point where it parts from the likest of the others."""
    told = []
    for line in some.elements():
        same = max((_same(line, other) for other in others), default=0)
        told.append(f"{line.partition(': {')[0]} …{line[max(0, same - 40) : same + 120]}")
    return told


def _same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _judge_nothing(row: Row, case: Case, ended: Operation, found: Difference) -> None:
    row.check(ended["outcome"] in _UNDONE, f"it ended as {ended['outcome']}")
    row.check(not found.left, f"left: {found.left}")
    if case.resists:
        row.check(row.retried, "a compensation could not be done, but that was not told")
