"""Work items of a board as facts (`work_item.changed`): the rules of category, plan and service. Pure.

Who hears of one change (a service hook) and who asks for many (the timer that pulls) tell the same by `from_fields`.
Fields are Azure Boards': https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.domain.delivery.deliveries import WorkItemChanged

AZURE_DEVOPS = "azure_devops"
UNKNOWN = "unknown"
"""The category of a state that neither its project nor a common process explains: no figure counts it."""
PROPOSED, IN_PROGRESS, RESOLVED, COMPLETED, REMOVED = (
    "proposed",
    "in_progress",
    "resolved",
    "completed",
    "removed",
)
_CATEGORIES = {
    "proposed": PROPOSED,
    "inprogress": IN_PROGRESS,
    "resolved": RESOLVED,
    "completed": COMPLETED,
    "removed": REMOVED,
}
_STATES = {
    **dict.fromkeys(("new", "proposed", "approved", "to do", "requested", "design"), PROPOSED),
    **dict.fromkeys(("active", "committed", "doing", "in progress", "accepted", "open"), IN_PROGRESS),
    "resolved": RESOLVED,
    **dict.fromkeys(("closed", "done", "completed"), COMPLETED),
    "removed": REMOVED,
}
"""Of the processes Agile, Basic, CMMI and Scrum."""
_PLANNED_TYPES = frozenset({"epic", "feature", "user story", "product backlog item", "requirement"})
_UNPLANNED_TYPES = frozenset({"bug"})
_UNPLANNED_TAGS = frozenset({"unplanned", "incident", "valueflow"})
"""valueflow: on what was made after an incident (shared/clients/azure_devops/boards.py)."""
_MOST_REVISIONS = 2**31 - 1
_LONGEST_TITLE = 255

FIELDS = (
    "System.AreaPath",
    "System.ChangedDate",
    "System.CreatedDate",
    "System.State",
    "System.Tags",
    "System.TeamProject",
    "System.Title",
    "System.WorkItemType",
    "Microsoft.VSTS.Common.ActivatedDate",
    "Microsoft.VSTS.Common.ClosedDate",
    "Microsoft.VSTS.Common.StateChangeDate",
)
"""What `from_fields` reads: nobody's name is among them."""


def from_fields(
    fields: Mapping[str, Any],
    work_item_id: int,
    revision: int,
    services: Sequence[Mapping[str, Any]],
    states: Mapping[tuple[str, str], str] | None = None,
) -> WorkItemChanged | None:
    """The fact of one revision; None where what makes one is missing: id, revision, type, state, dates.

    services: the registry's. states: the vendor's category by (type, state), where its project was asked.
    """
    kind, state = _word(fields, "System.WorkItemType"), _word(fields, "System.State")
    created, changed = _time(fields, "System.CreatedDate"), _time(fields, "System.ChangedDate")
    known = _number(work_item_id) and _number(revision)
    if not (known and kind and state and created and changed):
        return None
    category = category_of(kind, state, states or {})
    return {
        "work_item_id": f"{AZURE_DEVOPS}:{work_item_id}",
        "revision": revision,
        "service": service_of(fields, services),
        "project": _word(fields, "System.TeamProject"),
        "type": kind,
        "state": state,
        "category": category,
        "title": _word(fields, "System.Title")[:_LONGEST_TITLE],
        "planned": planned(kind, tags_of(fields)),
        "created_at": created,
        "started_at": _started(fields, category),
        "completed_at": _completed(fields, category),
        "changed_at": changed,
        "source": AZURE_DEVOPS,
    }


def identity(item: WorkItemChanged) -> tuple[str, str]:
    """What an event of it is named after: the same however it was heard of."""
    return item["work_item_id"], str(item["revision"])


def category_of(kind: str, state: str, states: Mapping[tuple[str, str], str]) -> str:
    """What the project says of this type's state, else what the common processes say, else UNKNOWN."""
    told = states.get((kind, state), "").replace(" ", "").casefold()
    return _CATEGORIES.get(told) or _STATES.get(state.casefold(), UNKNOWN)


def planned(kind: str, tags: Sequence[str]) -> bool | None:
    """Whether it was planned: what a tag says, else the type; None where neither tells (as of a task)."""
    said = {tag.casefold() for tag in tags}
    if said & _UNPLANNED_TAGS or kind.casefold() in _UNPLANNED_TYPES:
        return False
    return True if "planned" in said or kind.casefold() in _PLANNED_TYPES else None


def tags_of(fields: Mapping[str, Any]) -> list[str]:
    """Its tags, as they are written."""
    return [part.strip() for part in _word(fields, "System.Tags").split(";") if part.strip()]


def service_of(fields: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> str | None:
    """The service a tag `service:<name>` names, else the deepest part of the area path that bears a service's name.

    Only a service registered in the item's project is found; tags that name several name none.
    """
    project = _word(fields, "System.TeamProject").casefold()
    here = {
        one["name"].casefold(): str(one["name"])
        for one in services
        if str((one.get("azure_devops") or {}).get("project") or "").casefold() == project
    }
    split = [tag.casefold().partition(":") for tag in tags_of(fields)]
    tagged = {name.strip() for before, _, name in split if before.strip() == "service"}
    if tagged:
        return here.get(tagged.pop()) if len(tagged) == 1 else None
    _, *parts = _word(fields, "System.AreaPath").split("\\")
    return next((here[part.casefold()] for part in reversed(parts) if part.casefold() in here), None)


def _started(fields: Mapping[str, Any], category: str) -> str | None:
    """When it was activated; a process that does not write that tells at least since when it is in progress."""
    activated = _time(fields, "Microsoft.VSTS.Common.ActivatedDate")
    if activated or category != IN_PROGRESS:
        return activated
    return _time(fields, "Microsoft.VSTS.Common.StateChangeDate")


def _completed(fields: Mapping[str, Any], category: str) -> str | None:
    if category != COMPLETED:
        return None
    closed = _time(fields, "Microsoft.VSTS.Common.ClosedDate")
    return closed or _time(fields, "Microsoft.VSTS.Common.StateChangeDate")


def _word(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value.strip() if isinstance(value, str) else ""


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_REVISIONS


def _time(fields: Mapping[str, Any], name: str) -> str | None:
    """ISO 8601 in UTC; None for what is no time with a zone."""
    try:
        moment = datetime.fromisoformat(_word(fields, name))
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
