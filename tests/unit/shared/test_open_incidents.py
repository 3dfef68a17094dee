"""The document of open incidents: many writers, in this process and in others; nothing lost, few writes."""

import asyncio
import json
from typing import Any

import pytest

from shared.domain.incident.correlation import Facts, identity
from shared.errors import OutcomeUnknown, VendorUnavailable
from shared.open_incidents import OpenIncidents

START = 1_763_726_400_000


class Blob:
    """One blob with a tag, whose service answers in its own time."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.writes = self.reads = 0
        self.lose_replies = 0
        self.away = False

    async def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        content, writes = self.content, self.writes
        self.reads += 1
        await asyncio.sleep(0.001)
        if self.away:
            raise VendorUnavailable("blob", "get", "away")
        return None if content is None else (content, str(writes))

    async def put_once(self, name: str, data: str, content_type: str) -> bool:
        return await self._write(data, self.content is None)

    async def replace(self, name: str, data: str, content_type: str, etag: str) -> bool:
        await asyncio.sleep(0.001)
        return await self._write(data, etag == str(self.writes))

    async def _write(self, data: str, may: bool) -> bool:
        if not may:
            return False
        self.content, self.writes = data.encode(), self.writes + 1
        if self.lose_replies:
            self.lose_replies -= 1
            raise OutcomeUnknown("blob", "replace", "no reply")
        return True


@pytest.fixture
def blob() -> Blob:
    return Blob()


def incidents(blob: Blob) -> OpenIncidents:
    return OpenIncidents(blob)  # type: ignore[arg-type]


def problem(number: int, entity: str = "SERVICE-1") -> dict[str, Any]:
    return {
        "problem_id": f"P{number}",
        "title": "Failure rate",
        "severity": "ERROR",
        "state": "OPEN",
        "start_ms": START,
        "entities": [{"id": entity, "name": "", "type": "SERVICE"}],
    }


def named(blob: Blob) -> list[str]:
    return sorted(name for entry in json.loads(blob.content or b"[]") for name in entry["problems"])


async def test_a_storm_costs_few_writes_and_loses_nothing(blob: Blob) -> None:
    there = incidents(blob)

    storm = [problem(number) for number in range(100)]
    decided = await asyncio.gather(*(there.assign(one, Facts(), START) for one in storm))

    assert named(blob) == sorted(identity(one) for one in storm)
    assert len({one.operation_id for one in decided}) == 1
    assert blob.writes < 5


async def test_two_processes_lose_nothing_of_each_other(blob: Blob) -> None:
    first, second = incidents(blob), incidents(blob)

    storm = [problem(number, f"SERVICE-{number % 7}") for number in range(60)]
    await asyncio.gather(
        *((first if number % 2 else second).assign(one, Facts(), START) for number, one in enumerate(storm))
    )

    assert named(blob) == sorted(identity(one) for one in storm)
    assert len(json.loads(blob.content or b"")) == 7


async def test_a_lost_reply_writes_nothing_twice(blob: Blob) -> None:
    blob.lose_replies = 2
    there = incidents(blob)

    await there.assign(problem(1), Facts(), START)
    await there.assign(problem(2), Facts(), START)

    assert len(named(blob)) == 2
    (entry,) = await there.all()
    assert entry["more_problems"] == 0


async def test_a_change_that_cannot_be_made_is_no_trouble_to_others(blob: Blob) -> None:
    there = incidents(blob)

    asked = [there.assign(one, Facts(), START) for one in ({"problem_id": "P9"}, problem(1))]
    told = await asyncio.gather(*asked, return_exceptions=True)

    assert [isinstance(one, KeyError) for one in told] == [True, False]
    assert named(blob) == [identity(problem(1))]


async def test_a_caller_that_goes_away_takes_nobody_with_it(blob: Blob) -> None:
    there = incidents(blob)
    tasks = [asyncio.create_task(there.assign(problem(number), Facts(), START)) for number in range(5)]
    await asyncio.sleep(0)

    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await there.assign(problem(9), Facts(), START)

    assert set(named(blob)) >= {identity(problem(number)) for number in (1, 2, 3, 4, 9)}


async def test_storage_that_is_away_is_told_to_each_and_forgets_nobody_s_later_change(blob: Blob) -> None:
    there, blob.away = incidents(blob), True
    asked = [there.assign(problem(number), Facts(), START) for number in range(3)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    blob.away = False

    assert [type(one) for one in told] == [VendorUnavailable] * 3
    await there.assign(problem(7), Facts(), START)
    assert named(blob) == [identity(problem(7))]


async def test_an_end_that_is_known_stays_as_it_is(blob: Blob) -> None:
    there = incidents(blob)
    operation_id = (await there.assign(problem(1), Facts(), START)).operation_id

    await there.mark_ended(operation_id, 5)
    await there.mark_ended(operation_id, 9)

    (entry,) = await there.all()
    assert entry["ended_ms"] == 5


async def test_a_look_that_may_be_a_little_old_costs_one_read_a_second(blob: Blob) -> None:
    there = incidents(blob)
    for _ in range(20):
        await there.recent()
    assert blob.reads == 1


@pytest.mark.parametrize("outcome", ["self_resolved", "planned"])
async def test_an_incident_is_not_over_while_a_problem_that_joined_is_open(blob: Blob, outcome: str) -> None:
    there = incidents(blob)
    operation_id = (await there.assign(problem(1), Facts(), START)).operation_id
    await there.assign(problem(2), Facts(), START)

    assert await there.end(operation_id, outcome, 5) == [identity(problem(2))]
    assert (await there.all())[0]["ended_ms"] is None
    await there.assign({**problem(2), "state": "RESOLVED"}, Facts(), START)
    assert await there.end(operation_id, outcome, 6) == []
    assert (await there.all())[0]["ended_ms"] == 6


async def test_what_joins_while_an_incident_ends_keeps_it_open_or_does_not_join(blob: Blob) -> None:
    """Ending and joining are decided in one document: never is a problem in an incident that ended without it."""
    for number in range(20):
        mine, theirs = incidents(blob), incidents(blob)
        entity = f"SERVICE-{number}"
        operation_id = (await mine.assign(problem(10 * number, entity), Facts(), START)).operation_id
        joining = problem(10 * number + 1, entity)

        left, joined = await asyncio.gather(
            mine.end(operation_id, "resolved", START), theirs.assign(joining, Facts(), START)
        )

        assert (left == []) == (joined.operation_id != operation_id)


@pytest.mark.parametrize("outcome", ["handed_over", "refused", "unverified"])
async def test_an_incident_that_is_left_to_people_ends_whatever_is_open(blob: Blob, outcome: str) -> None:
    there = incidents(blob)
    operation_id = (await there.assign(problem(1), Facts(), START)).operation_id
    await there.assign(problem(2), Facts(), START)

    assert await there.end(operation_id, outcome, 5) == []
    assert (await there.all())[0]["outcome"] == outcome
