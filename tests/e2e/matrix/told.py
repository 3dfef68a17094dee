"""Whether each end was told once: the events of all operations, as the archive keeps them."""

import json
from collections import defaultdict
from typing import Any

from azure.storage.blob.aio import ContainerClient

from sandbox.platform.story import World, world
from sandbox.platform.waiting import until
from shared.domain import event_types
from shared.loading import LANDING, LOADED
from tests.e2e.matrix.platform import Place
from tests.e2e.matrix.snapshot import CONTAINER

ENDS = frozenset(
    {
        event_types.SERVICE_PROVISIONED,
        event_types.SERVICE_NOT_PROVISIONED,
        event_types.SERVICE_DECOMMISSIONED,
        event_types.SERVICE_NOT_DECOMMISSIONED,
    }
)
_DRAINED_WITHIN_S = 180.0
"""What a killed worker had taken stays locked for a minute, some of it several times."""


async def not_told_once(place: Place) -> dict[str, list[str]]:
    """Operations whose end was told never, or more than once, with the types of what was told.

    The archive may keep one event twice, which its id tells; two events are two.
    """
    async with world(place.document) as stands_on:
        await until(
            "the archive is empty",
            lambda: stands_on.messages_waiting("archive"),
            lambda count: count == 0,
            _DRAINED_WITHIN_S,
            every_s=1,
        )
        told: dict[str, dict[str, str]] = defaultdict(dict)
        for event in await _archived(stands_on):
            if event.get("type") in ENDS:
                told[event["subject"]][event["id"]] = event["type"]
    ends = {operation: list(told[operation].values()) for operation in place.ended}
    return {operation: types for operation, types in ends.items() if len(types) != 1}


async def _archived(stands_on: World) -> list[dict[str, Any]]:
    connection = stands_on.document["blob"]["connection_string"]
    events: list[dict[str, Any]] = []
    async with ContainerClient.from_connection_string(connection, CONTAINER) as container:
        for prefix in (LANDING, LOADED):
            async for blob in container.list_blobs(name_starts_with=prefix):
                content = await (await container.download_blob(blob.name)).readall()
                events += [json.loads(line) for line in content.splitlines()]
    return events
