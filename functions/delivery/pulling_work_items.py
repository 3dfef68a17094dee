"""A timer that pulls work items that changed, from the boards of every project with a registered service.

A service hook may tell of the same revisions sooner: an event is named after item and revision, so saying it twice is
saying it once. Up to where a project was read is kept in Blob; killed anywhere, late or doubled, a run reads some of it
again and changes nothing by that.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

import azure.durable_functions as df
import azure.functions as func

from shared.at_once import for_each
from shared.domain.delivery import work_items
from shared.domain.delivery.deliveries import WorkItemChanged
from shared.domain.event_types import WORK_ITEM_CHANGED
from shared.errors import VendorRefused, VendorUnavailable
from shared.services import services

bp = df.Blueprint()
log = logging.getLogger(__name__)

MARK = "delivery/work_items.json"
MOST = 2000
"""Work items a run reads of one project; the next run goes on."""
OVERLAP = timedelta(minutes=5)
"""An item may become visible after one that changed later."""


class Mark(TypedDict):
    """Up to where a project was read. since: ISO 8601. after: the last id of those that changed at that moment."""

    since: str
    after: int


class Pulled(TypedDict):
    read: int
    told: int


@bp.timer_trigger(schedule="0 3/10 * * * *", arg_name="timer", run_on_startup=False)
async def pull_work_items(timer: func.TimerRequest) -> None:
    await pull()


async def pull(now: datetime | None = None) -> dict[str, Pulled]:
    """What was read and told, by project. A project that does not answer is left to the next run.

    Raises: VendorUnavailable of blob or servicebus.
    """
    days = services().settings.work_items_days
    if not days:
        return {}
    first: Mark = {"since": ((now or datetime.now(UTC)) - timedelta(days=days)).isoformat(), "after": 0}
    registered = await services().registry.all()
    projects = {str((one.get("azure_devops") or {}).get("project") or "") for one in registered}
    marks: dict[str, Mark] = json.loads(await services().blob.get(MARK) or b"{}")
    pulled = {}
    for project in sorted(projects - {""}):
        try:
            pulled[project] = await _pull_project(project, registered, marks, first)
        except (VendorUnavailable, VendorRefused) as error:
            if error.vendor != "azure_devops":
                raise
            log.warning("work items of project %s are left to the next run: %s", project, error)
    if any(one["told"] for one in pulled.values()):
        log.info("work items: %s", pulled)
    return pulled


async def _pull_project(
    project: str, registered: Sequence[Mapping[str, Any]], marks: dict[str, Mark], first: Mark
) -> Pulled:
    from shared.clients.azure_devops.changed_work_items import BATCH

    changed, mark = services().azure_devops.boards.changed, marks.get(project, first)
    found = await changed.since(project, datetime.fromisoformat(mark["since"]), mark["after"], MOST)
    states = await changed.states(project) if found["ids"] else {}
    pulled = Pulled(read=0, told=0)
    for begin in range(0, len(found["ids"]), BATCH):
        ids = found["ids"][begin : begin + BATCH]
        items = await changed.read(project, ids, work_items.FIELDS)
        facts = [
            fact
            for one in items
            if (fact := work_items.from_fields(one["fields"], one["id"], one["revision"], registered, states))
        ]
        await _publish(facts)
        pulled["read"] += len(items)
        pulled["told"] += len(facts)
        mark = marks[project] = _further(mark, facts, found["as_of"])
        await _keep(marks)
    if len(found["ids"]) < MOST:
        marks[project] = _all_read(mark, found["as_of"])
        await _keep(marks)
    return pulled


def _further(mark: Mark, facts: Sequence[WorkItemChanged], as_of: datetime) -> Mark:
    """The mark after a batch. What changed again since the search comes again: it says nothing of how far this went."""
    seen = [
        (changed_at, int(fact["work_item_id"].rpartition(":")[2]))
        for fact in facts
        if (changed_at := datetime.fromisoformat(fact["changed_at"])) <= as_of
    ]
    at, after = max([(datetime.fromisoformat(mark["since"]), mark["after"]), *seen])
    return {"since": at.isoformat(), "after": after}


def _all_read(mark: Mark, as_of: datetime) -> Mark:
    """The mark once everything until `as_of` was read; what was read within OVERLAP before it is read once more."""
    behind = as_of - OVERLAP
    return (
        mark if behind < datetime.fromisoformat(mark["since"]) else {"since": behind.isoformat(), "after": 0}
    )


async def _publish(facts: Sequence[WorkItemChanged]) -> None:
    from shared.events import new_event

    async def publish(fact: WorkItemChanged) -> None:
        event = new_event(
            WORK_ITEM_CHANGED,
            "/azure_devops",
            work_items.identity(fact),
            dict(fact),
            subject=fact["work_item_id"],
            time=datetime.fromisoformat(fact["changed_at"]),
        )
        await services().publisher.publish(event)

    await for_each(publish, facts)


async def _keep(marks: Mapping[str, Mark]) -> None:
    await services().blob.put(MARK, json.dumps(marks, sort_keys=True), "application/json")
