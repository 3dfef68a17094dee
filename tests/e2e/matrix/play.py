"""Play a case: break something at a moment, let the saga end, judge what there is."""

import asyncio
import time
from collections import Counter

from tests.e2e.matrix.cases import DECOMMISSIONED, ENDED, KILLS, NOTHING, PLAIN, Case
from tests.e2e.matrix.judging import MADE, OUTCOMES, Row, judge, judge_good, judge_nothing
from tests.e2e.matrix.normalising import normalised
from tests.e2e.matrix.rig import Operation, Rig
from tests.e2e.matrix.rows import CASES
from tests.e2e.matrix.snapshot import difference, snapshot
from tests.e2e.matrix.worlds import furnish, take_shared_tag

_MOST_RETRIES = 2


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
        judge(row, case, ended, found)
        if case.outcome == NOTHING:
            judge_nothing(row, case, ended, found)
        else:
            judge_good(row, case, ended, normalised(found, service), references[good])
    finally:
        await rig.breaking.heal()
        row.seconds = round(time.monotonic() - began, 1)
    return row


async def _begin(rig: Rig, good: str, service: str) -> None:
    """What is there before: a whole service where one is to be ended, else what the world holds."""
    await rig.breaking.heal()
    if good == ENDED:
        made = await rig.ended(await rig.ask(None, PLAIN, service))
        assert made["outcome"] == "provisioned", made["error"]
    else:
        await furnish(rig.world, good, service)


async def _run(rig: Rig, case: Case, row: Row, service: str) -> Operation:
    """Ask for the service, or for its end, with all that happens to it; the operation once its saga has ended."""
    call = case.call
    await rig.breaking.prepare_end(call.ends, service)
    await rig.breaking.spoil(call)
    if not call.retries:
        await rig.breaking.order(case, service)
    if call.ends == DECOMMISSIONED:
        operation_id = await rig.ask_to_end(service)
    else:
        operation_id = await rig.ask(case, call.world, service)
    ended = await _happens(rig, case, operation_id) if not call.retries else await rig.ended(operation_id)
    while ended["outcome"] == "compensation_failed" and row.retried < _MOST_RETRIES:
        row.retried += 1
        await rig.breaking.heal()
        if call.retries and row.retried == 1:
            await rig.breaking.order(case, service)
            retry_id = await rig.retry_compensation(operation_id)
            ended = await _happens(rig, case, retry_id)
        else:
            ended = await rig.ended(await rig.retry_compensation(operation_id))
    await rig.breaking.was_met(case)
    return ended


async def _happens(rig: Rig, case: Case, operation_id: str) -> Operation:
    """What happens to the operation that is hit, until it has ended."""
    async with asyncio.TaskGroup() as group:
        if case.fault in KILLS and case.call.step != "start":
            group.create_task(rig.breaking.kill_worker(case))
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
    assert (ended["outcome"], ended["warnings"]) == (OUTCOMES.get(good, "provisioned"), []), ended
    told = normalised(found, service)
    assert Counter(line.partition(": {")[0] for line in told) == MADE[good], "\n".join(told)
    return told
