"""What hooks missed, pulled since a mark: the shape that vendors' modules share.

reconciling_deliveries.py, the timer, calls each vendor's module; that one says what there is to read. Up to
where each list was read is kept in Blob; killed anywhere, late or doubled, a look reads some of it again, and what it
reports has the events' ids that hooks would have given.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.delivery.delivery_reports import Report
from shared.services import services

log = logging.getLogger(__name__)

FIRST = timedelta(days=1)
"""How far the first look goes back."""
OVERLAP = timedelta(minutes=5)
"""Something may be listed after what happened later."""

type Parts = tuple[Report, tuple[str, ...]]


class Found(NamedTuple):
    """reports: oldest first. upto: how far was read, None where nothing newer is left."""

    reports: Sequence[Parts]
    upto: datetime | None = None


class Source(NamedTuple):
    """One list of a vendor. name: of its mark."""

    name: str
    since: Callable[[datetime], Awaitable[Found]]


async def marks_of(blob_name: str) -> dict[str, str]:
    """Up to when each source was read. Raises: VendorUnavailable of blob."""
    marks: dict[str, str] = json.loads(await services().blob.get(blob_name) or b"{}")
    return marks


async def pull(source: Source, blob_name: str, marks: dict[str, str], now: datetime) -> int:
    """Report what happened since the source's mark, which moves on as far as was read; how many were reported.

    Raises: VendorUnavailable, VendorRefused of the vendor, and the mark stays; VendorUnavailable of blob, servicebus.
    """
    from shared.delivery.reporting import reported

    since = datetime.fromisoformat(marks[source.name]) if source.name in marks else now - FIRST
    # A clock that ran ahead when the mark was made must not hide what happens now.
    since = min(since, now - OVERLAP)
    found = await source.since(since)
    for told in found.reports:
        await services().publisher.publish(reported(*told))
    marks[source.name] = (found.upto or max(since, now - OVERLAP)).isoformat()
    await services().blob.put(blob_name, _document(marks), "application/json")
    return len(found.reports)


def warn_of_more(place: str) -> None:
    """Tell that one look does not take all that happened."""
    log.error("%s had more than one look takes: the oldest may be missing", place)


def _document(marks: Mapping[str, str]) -> bytes:
    return json.dumps(marks, sort_keys=True).encode()
