"""One platform for the stories of a worker, on a state folder of its own."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.demo.stage import Stage
from sandbox.platform.process import Child, Spec
from sandbox.platform.story import World, read_document, world

ROOT = Path(__file__).parents[3]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """The world of a platform that was started for these tests, with their module's SETTINGS."""
    import os

    settings = getattr(request.module, "SETTINGS", {})
    folder = tmp_path_factory.mktemp("platform")
    command = (
        sys.executable,
        "-m",
        "sandbox",
        "up",
        "--json",
        "--with-parent",
        "--state",
        str(folder / "state"),
        *(word for name, value in settings.items() for word in ("--setting", f"{name}={value}")),
    )
    child = Child(Spec("platform", command, environment={**os.environ, "PYTHONPATH": str(ROOT)}), folder)
    await child.start(within_s=110)
    try:
        async with world(read_document(folder / "state")) as made:
            await made.control("teams", "PUT", "config", {"requests_per_second": 1000})
            yield made
    finally:
        await child.stop(within_s=20)


@pytest_asyncio.fixture(loop_scope="module")
async def stage(there: World) -> AsyncIterator[Stage]:
    """A stage with a healthy service and without faults; those a story orders end with it."""
    await there.mend()
    await there.control("dynatrace", "POST", f"entities/{there.demo['entity_id']}/heal", {})
    made = Stage(there, say=lambda _: None)
    yield made
    for vendor in ("dynatrace", "servicenow", "azure_devops", "teams", "openai"):
        await there.control(vendor, "DELETE", "faults")
    failed = [check for check in made.checks if not check.holds]
    assert failed == []
