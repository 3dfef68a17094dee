"""The parts of the page: what each reads, and under which name it is refreshed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sandbox.console import timeline, views
from sandbox.console.sources import NoAnswer, Sources
from sandbox.vendors.names import NAMES as VENDORS

type View = dict[str, Any]
type Load = Callable[[Sources], Awaitable[View]]


async def flow(sources: Sources) -> View:
    """The strip at the top: every system in the order of the flow, with one number each."""
    nodes = await asyncio.gather(
        _node("dynatrace", "problems", _count_problems(sources)),
        _node("servicebus", "queues", _count_messages(sources)),
        _node("functions", "operations", _count_operations(sources)),
        _node("servicenow", "incidents", _count_incidents(sources)),
        _node("teams", "channel", _count_cards(sources)),
        _node("azure_devops", "pipelines", _count_runs(sources)),
        _node("snowflake", "warehouse", _count_rows(sources)),
    )
    return {"nodes": nodes, "faults": await _faults(sources)}


async def operations(sources: Sources) -> View:
    found = await sources.operations()
    app = sources.document["app"]["url"]
    for raw in found:
        raw["links"] = {**(raw.get("links") or {}), "operation": f"{app}/api/operations/{raw['id']}"}
    return {"operations": [timeline.operation(raw, link=sources.links.of) for raw in found]}


async def incidents(sources: Sources) -> View:
    return {"incidents": views.incidents(await sources.state("servicenow"))}


async def problems(sources: Sources) -> View:
    return {"problems": views.problems(await sources.state("dynatrace"))}


async def channel(sources: Sources) -> View:
    cards = (await sources.state("teams")).get("card", [])
    return {"cards": list(reversed(cards))[:6], "link": sources.links.of}


async def pipelines(sources: Sources) -> View:
    state = await sources.state("azure_devops")
    return {"pipelines": views.pipelines(state, time.time() * 1000)}


async def services(sources: Sources) -> View:
    return {"services": views.services(await sources.services())}


async def queues(sources: Sources) -> View:
    """Dead letters are asked for only where there are some, and their absence does not hide the queues."""
    found = views.queues(await sources.queues())
    letters: list[View] | None = []
    if any(queue["dead_letter"] for queue in found):
        try:
            letters = await sources.dead_letters()
        except NoAnswer:
            letters = None
    return {"queues": found, "letters": letters}


async def warehouse(sources: Sources) -> View:
    return {"tables": views.tables(await sources.tables())}


async def health(sources: Sources) -> View:
    told = await sources.health()
    return {"state": told["state"], "probes": told["probes"]}


PANELS: dict[str, Load] = {
    "flow": flow,
    "operations": operations,
    "incidents": incidents,
    "channel": channel,
    "problems": problems,
    "pipelines": pipelines,
    "services": services,
    "queues": queues,
    "warehouse": warehouse,
    "health": health,
}


async def load(name: str, sources: Sources) -> View | None:
    """What the panel shows; None where its system does not answer, or not in a form that can be shown."""
    try:
        return await PANELS[name](sources)
    except (NoAnswer, KeyError, TypeError, ValueError):
        return None


type Count = Coroutine[Any, Any, tuple[int, str]]


async def _node(system: str, panel: str, count: Count) -> View:
    try:
        number, unit = await count
    except (NoAnswer, KeyError, TypeError):
        return {"system": system, "panel": panel, "up": False, "number": "", "unit": ""}
    return {"system": system, "panel": panel, "up": True, "number": number, "unit": unit}


async def _count_problems(sources: Sources) -> tuple[int, str]:
    found = (await sources.state("dynatrace")).get("problem", [])
    return sum(problem["status"] == "OPEN" for problem in found), "unit.open"


async def _count_messages(sources: Sources) -> tuple[int, str]:
    return sum(queue["active"] for queue in await sources.queues()), "unit.queued"


async def _count_operations(sources: Sources) -> tuple[int, str]:
    return sum(operation["state"] == "running" for operation in await sources.operations()), "unit.running"


async def _count_incidents(sources: Sources) -> tuple[int, str]:
    return sum(each["open"] for each in views.incidents(await sources.state("servicenow"))), "unit.open"


async def _count_cards(sources: Sources) -> tuple[int, str]:
    return len((await sources.state("teams")).get("card", [])), "unit.posted"


async def _count_runs(sources: Sources) -> tuple[int, str]:
    return len((await sources.state("azure_devops")).get("run", [])), "unit.run"


async def _count_rows(sources: Sources) -> tuple[int, str]:
    found = await sources.tables()
    events = [table["rows"] for table in found if (table["schema"], table["name"]) == ("RAW", "EVENTS")]
    return sum(events), "unit.loaded"


async def _faults(sources: Sources) -> list[View]:
    async def of(vendor: str) -> list[View]:
        try:
            return [views.fault(vendor, raw) for raw in await sources.faults(vendor)]
        except (NoAnswer, KeyError):
            return []

    return [fault for found in await asyncio.gather(*map(of, VENDORS)) for fault in found]
