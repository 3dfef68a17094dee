"""What the page's buttons do."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from sandbox.console.sources import Sources
from sandbox.platform import story, versions


class ActionFailed(Exception):
    """The systems the action needs did not do their part."""


async def open_problem(sources: Sources) -> None:
    """Deploy a bad version of the demo's service and let its problem begin."""
    await _with(sources, lambda world: world.break_service())


async def request_service(sources: Sources) -> None:
    """Ask for a service as Backstage does."""
    await _with(sources, lambda world: world.request_service())


async def request_failing_service(sources: Sources) -> None:
    """Ask for a service whose first run fails while it deploys."""
    await _with(sources, lambda world: world.request_service(failing_at="deploy"))


async def put_version_out(sources: Sources) -> None:
    """A good version goes out and is judged."""
    await _with(sources, lambda world: versions.put_out(world, good=True))


async def put_bad_version_out(sources: Sources) -> None:
    """A version goes out that makes the service sick, and is judged."""
    await _with(sources, lambda world: versions.put_out(world, good=False))


async def servicenow_away(sources: Sources) -> None:
    """ServiceNow answers 503 for 20 seconds."""
    await _with(sources, lambda world: world.make_away("servicenow", 20))


async def load_warehouse(sources: Sources) -> None:
    """Run the timer that loads the archive into the warehouse, now."""
    await _with(sources, lambda world: world.run_timer("load_warehouse"))


ACTIONS: dict[str, Callable[[Sources], Awaitable[None]]] = {
    "request_service": request_service,
    "request_failing_service": request_failing_service,
    "put_version_out": put_version_out,
    "put_bad_version_out": put_bad_version_out,
    "open_problem": open_problem,
    "servicenow_away": servicenow_away,
    "load_warehouse": load_warehouse,
}


async def _with(sources: Sources, act: Callable[[story.World], Awaitable[object]]) -> None:
    document = story.read_document(Path(sources.document["state"]))
    if not document.get("demo"):
        raise ActionFailed("the platform is still starting")
    try:
        async with story.world(document) as world:
            await act(world)
    except httpx.HTTPError as error:
        raise ActionFailed(type(error).__name__) from None
