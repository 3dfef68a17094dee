"""Running vendors and a webhook receiver for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.sandbox.vendors.rig import Receiver, Rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    await rig.start()
    yield rig
    await rig.http.aclose()
    await rig.stop()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()
