"""What collectors share: nobody waits for a source that hangs, and part of an answer is an answer."""

import asyncio
from typing import Any

import pytest

from orchestrations.activities import collecting, evidence_dynatrace, neighbourhood
from orchestrations.outcome import answers_outcome
from shared.clients.dynatrace import Node
from shared.errors import VendorRefused, VendorUnavailable
from shared.services import services
from tests.fakes.dynatrace import SERVICE
from tests.fakes.vendor import no_connection
from tests.fakes.vendors import Vendors, act, value

TIMEOUT_S = 0.1


async def never() -> None:
    await asyncio.Event().wait()


async def gives(what: str) -> str:
    return what


async def refuses() -> None:
    raise VendorRefused("dynatrace", "logs", "refused (403)")


@pytest.fixture(autouse=True)
def short_time(vendors: Vendors) -> None:
    object.__setattr__(vendors.services.settings, "evidence_timeout_s", TIMEOUT_S)


async def test_a_collector_that_hangs_is_unavailable_in_its_time() -> None:
    @answers_outcome
    @collecting.in_time("dynatrace")
    async def collect_logs(payload: dict[str, Any]) -> dict[str, Any]:
        await never()
        return {"items": []}

    async with asyncio.timeout(20 * TIMEOUT_S):
        outcome = await collect_logs({})

    assert outcome == {
        "status": "unavailable",
        "reason": "dynatrace collect_logs: no answer in 0.1 s",
        "retry_after_s": None,
    }


async def test_a_part_that_hangs_or_is_refused_is_missing_and_the_others_are_told() -> None:
    found, missing = await collecting.side_by_side({"a": gives("x"), "b": never(), "c": refuses()})

    assert found == {"a": "x"}
    assert missing == [
        {"source": "b", "reason": "b evidence: no answer in 0.07 s"},
        {"source": "c", "reason": "dynatrace logs: refused (403)"},
    ]


async def test_no_part_at_all_is_a_failure_that_is_tried_again() -> None:
    with pytest.raises(VendorUnavailable):
        await collecting.side_by_side({"a": never(), "b": refuses()})


async def test_collectors_that_ask_the_same_at_once_ask_once(vendors: Vendors) -> None:
    vendors.dynatrace.add_entity(SERVICE, "payments")

    both = await asyncio.gather(*(neighbourhood.neighbourhood([SERVICE], 1) for _ in range(2)))

    assert both[0] == both[1]
    assert len(vendors.dynatrace.sent("GET", "/entities")) == 1
    await neighbourhood.neighbourhood([SERVICE], 1)
    assert len(vendors.dynatrace.sent("GET", "/entities")) == 2


async def test_who_gives_up_waiting_takes_nobody_with_him(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def slowly(ids: Any) -> list[Node]:
        await gate.wait()
        return []

    monkeypatch.setattr(services().dynatrace.entities, "nodes", slowly)
    first, second = (asyncio.ensure_future(neighbourhood.neighbourhood(["HOST-1"], 1)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()

    assert await second == []
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_topology_goes_on_in_one_direction(vendors: Vendors) -> None:
    """Who else calls what an affected entity calls is no neighbour of it."""
    for name, calls in (
        ("DB", ()),
        ("STORE", ("DB",)),
        ("PAY", ("STORE",)),
        ("WEB", ("PAY",)),
        ("SHOP", ("STORE",)),
        ("APP", ("WEB",)),
    ):
        ids = tuple(f"SERVICE-{one}" for one in calls)
        vendors.dynatrace.add_entity(f"SERVICE-{name}", name.lower(), ids)
    problem = {"entities": [{"id": "SERVICE-PAY", "name": "pay"}], "start_ms": 1}

    found = await value(
        evidence_dynatrace.collect_topology, {"problem": problem, "service": None, "language": "en"}
    )

    assert [(item["facts"]["name"], item["facts"]["distance"]) for item in found["items"]] == [
        *(("pay", 0), ("store", 1), ("web", -1), ("db", 2), ("app", -2))
    ]
    assert found["items"][1]["text"] == "store (SERVICE): called by pay"


async def test_no_topology_is_an_outcome(vendors: Vendors) -> None:
    vendors.dynatrace.fail("GET", "/entities", *[no_connection] * 9)
    problem = {"entities": [{"id": SERVICE, "name": "pay"}], "start_ms": 1}

    outcome = await act(
        evidence_dynatrace.collect_topology, {"problem": problem, "service": None, "language": "en"}
    )

    assert outcome["status"] == "unavailable"


async def test_what_is_collected_has_lost_its_secrets_and_names_whom_it_named() -> None:
    @answers_outcome
    @collecting.in_time("dynatrace")
    async def collect_logs(payload: dict[str, Any]) -> dict[str, Any]:
        said = "Ana Souza: senha=Tr0c@r#1"
        link = "https://x.example/?token=abcdefghijklmnop"
        return {"items": [collecting.item("dynatrace", "log", None, said, {"pattern": said, "n": 3}, link)]}

    (item,) = (await collect_logs({}))["value"]["items"]
    assert item["text"] == item["facts"]["pattern"] == "Ana Souza: senha=«SECRET»"
    assert item["link"] == "https://x.example/?token=abcdefghijklmnop"
    assert item["facts"]["n"] == 3
