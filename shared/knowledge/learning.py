"""Learning from incidents that people resolved in ServiceNow. The timer learn_resolved_incidents calls `learn`.

Up to where was read is kept in Blob. Killed anywhere, late or doubled, a run reads some of it again and changes nothing
by that: the same incident, as it is, is remembered once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypedDict

from shared.domain.incident import incidents
from shared.knowledge.memory import SOLVED_BY_PEOPLE, Memory, memory_of

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.clients.servicenow.past import PastIncident
    from shared.knowledge.knowledge import Knowledge

MARK = "knowledge/servicenow.json"
PAGE, PAGES = 100, 20
OVERLAP = timedelta(minutes=5)
"""Read again once all was read: a row may become visible after a row of a later second."""
_SHORTEST_NOTES = 15
_TEACHES_NOTHING = ("not solved", "no resolution", "duplicate", "user error", "cancel")
"""In close codes, of all releases."""


class Source(Protocol):
    """shared.clients.servicenow.past.PastIncidents."""

    async def updated_since(self, at: datetime, offset: int, limit: int) -> list[PastIncident]: ...


class Learnt(TypedDict):
    read: int
    remembered: int


async def learn(blob: BlobStore, source: Source, knowledge: Knowledge, first: datetime) -> Learnt:
    """Remember what was resolved since the last run; the first run begins at `first` (UTC).

    Raises: VendorUnavailable, VendorRefused; the next run goes on where this one was.
    """
    mark = json.loads(await blob.get(MARK) or b"{}")
    since, offset = datetime.fromisoformat(mark.get("since", first.isoformat())), mark.get("offset", 0)
    learnt = Learnt(read=0, remembered=0)
    for _ in range(PAGES):
        rows = await source.updated_since(since, offset, PAGE)
        learnt["read"] += len(rows)
        learnt["remembered"] += await knowledge.remember_many(await _memories(rows, knowledge))
        since, offset = _after(rows, since, offset)
        await blob.put(MARK, json.dumps({"since": since.isoformat(), "offset": offset}), "application/json")
        if len(rows) < PAGE:
            break
    return learnt


def _after(rows: Sequence[PastIncident], since: datetime, offset: int) -> tuple[datetime, int]:
    """Where to go on. Of rows that all changed in one second the number read says where."""
    if not rows:
        return since, 0
    last = datetime.fromisoformat(rows[-1]["updated_at"])
    if len(rows) < PAGE:
        return last - OVERLAP, 0
    return (last, 0) if last > since else (since, offset + len(rows))


async def _memories(rows: Sequence[PastIncident], knowledge: Knowledge) -> list[Memory]:
    ours = await knowledge.get_many([row["correlation_id"] for row in rows if row["opened_by_us"]])
    made = [memory_of_past(row, ours.get(row["correlation_id"])) for row in rows]
    return [memory for memory in made if memory]


def memory_of_past(row: PastIncident, known: Memory | None) -> Memory | None:
    """What the incident teaches, None when nothing. known: what we remember of it, where we opened it.

    One that ValueFlow resolved itself is remembered better already; one that it left to people gains what they did.
    """
    code = row["close_code"].lower()
    if any(word in code for word in _TEACHES_NOTHING) or len(row["close_notes"]) < _SHORTEST_NOTES:
        return None
    if "[valueflow:" in row["close_notes"] or (known and known["outcome"] in incidents.CLOSING):
        return None
    solved = {
        "outcome": SOLVED_BY_PEOPLE,
        "helped": row["close_notes"],
        "ended_at": row["resolved_at"] or row["updated_at"],
        "revised_at": row["updated_at"],
    }
    told = {"title": row["title"], "service": row["service"], "cause": row["description"]}
    own = known or {"number": row["number"], "link": row["url"], **told}
    id_ = row["correlation_id"] if row["opened_by_us"] else f"servicenow-{row['sys_id']}"
    return memory_of({**own, **solved, "id": id_}, known_names=row["people"])
