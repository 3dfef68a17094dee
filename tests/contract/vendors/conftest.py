"""Running vendors for the contract tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.sandbox.vendors.rig import Rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.http.aclose()
    await rig.stop()
