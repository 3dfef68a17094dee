"""The action log among many workers: the cap holds, what is begun is begun once, lost answers change nothing."""

import asyncio
import json
from typing import Any

import pytest

from shared.action_log import ActionLog
from shared.errors import OutcomeUnknown, VendorUnavailable
from tests.fakes.services import FakeBlob

CAP = {"times": 2, "hours": 24}
NOW = 1_763_726_400_000


class SlowBlob(FakeBlob):
    """Others get their turn inside every call. lose: how many of the next writes are done without an answer."""

    lose = 0

    async def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        found = await super().get_with_etag(name)
        await asyncio.sleep(0)
        return found

    async def replace(self, name: str, data: bytes | str, content_type: str, etag: str) -> bool:
        await asyncio.sleep(0)
        return self._answered(await super().replace(name, data, content_type, etag))

    async def put_once(self, name: str, data: bytes | str, content_type: str = "") -> bool:
        await asyncio.sleep(0)
        return self._answered(await super().put_once(name, data, content_type))

    def _answered(self, value: bool) -> bool:
        if self.lose:
            self.lose -= 1
            raise OutcomeUnknown("blob", "replace", "no answer")
        return value


def entry(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "operation_id": "op",
        "fingerprint": "f",
        "type": "restart",
        "action_hash": "h",
        "until_ms": NOW,
    }


def log(blob: FakeBlob) -> ActionLog:
    return ActionLog(blob)  # type: ignore[arg-type]


async def test_of_many_workers_at_once_two_begin() -> None:
    blob = SlowBlob()

    begun = await asyncio.gather(*(log(blob).begin("pay", entry(f"w{i}"), CAP, NOW) for i in range(12)))

    assert sorted(begun) == ["begun"] * 2 + ["repeated"] * 10
    assert len(await log(blob).entries("pay")) == 2


async def test_a_delivery_that_comes_again_beside_the_first_begins_nothing_more() -> None:
    blob = SlowBlob()

    begun = await asyncio.gather(*(log(blob).begin("pay", entry("one"), CAP, NOW) for _ in range(6)))

    assert sorted(set(begun)) == ["again", "begun"]
    assert len(await log(blob).entries("pay")) == 1


@pytest.mark.parametrize("before", [0, 1])
async def test_a_lost_answer_is_found_as_done(before: int) -> None:
    blob = SlowBlob()
    for number in range(before):
        await log(blob).begin("pay", entry(f"before-{number}"), CAP, NOW)
    blob.lose = 1

    assert await log(blob).begin("pay", entry("x"), CAP, NOW) == "again"
    assert len(await log(blob).entries("pay")) == before + 1


async def test_an_end_is_kept_with_its_reason() -> None:
    blob = SlowBlob()
    await log(blob).begin("pay", entry("x"), CAP, NOW)

    await log(blob).end("pay", "x", "failed", "run 7 failed", NOW + 1)

    (kept,) = json.loads(blob.blobs["actions/pay.json"])
    assert (kept["state"], kept["reason"], kept["ended_ms"]) == ("failed", "run 7 failed", NOW + 1)


async def test_a_storage_that_is_away_says_so() -> None:
    blob = SlowBlob()
    blob.away = True

    with pytest.raises(VendorUnavailable):
        await log(blob).begin("pay", entry("x"), CAP, NOW)
