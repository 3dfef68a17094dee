"""Which builds a request asks for, and in which order. Pure but for the time."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from sandbox.vendors.azure_devops.answers import refuse
from sandbox.vendors.azure_devops.runs import is_finished
from sandbox.vendors.clock import from_iso
from sandbox.vendors.store import Document

_ORDERS = {
    "finishTimeAscending": ("finish_ms", False),
    "finishTimeDescending": ("finish_ms", True),
    "queueTimeAscending": ("created_ms", False),
    "queueTimeDescending": ("created_ms", True),
    "startTimeAscending": ("created_ms", False),
    "startTimeDescending": ("created_ms", True),
}
_DEFAULT_ORDER = ("id", True)


def wanted_builds(runs: Sequence[Document], query: Mapping[str, str]) -> list[Document]:
    """Those that pass every filter of the query, as it orders them. Raises: Refusal, 400."""
    order = query.get("queryOrder")
    if order and order not in _ORDERS:
        raise refuse(HTTPStatus.BAD_REQUEST, f"queryOrder {order} is not known")
    name, descending = _ORDERS.get(order or "", _DEFAULT_ORDER)
    found = [run for run in runs if _fits(run, query)]
    return sorted(found, key=lambda run: run[name], reverse=descending)


def _fits(run: Document, query: Mapping[str, str]) -> bool:
    """Whether the run passes every filter of the request."""
    status = "completed" if is_finished(run) else "inProgress"
    finished_ms = run["finish_ms"] if status == "completed" else run["created_ms"]
    result = run["result"] if status == "completed" else "none"
    return all(
        (
            _one_of(query, "definitions", str(run["pipeline_id"])),
            _one_of(query, "buildIds", str(run["id"])),
            _one_of(query, "statusFilter", status) or "all" in query.get("statusFilter", ""),
            _one_of(query, "resultFilter", result),
            _one_of(query, "reasonFilter", run["reason"]) or "all" in query.get("reasonFilter", ""),
            _one_of(query, "branchName", run["ref_name"]),
            _one_of(query, "repositoryId", run["repository_id"]),
            _one_of(query, "buildNumber", run["name"]),
            {tag for tag in query.get("tagFilters", "").split(",") if tag} <= set(run["tags"]),
            finished_ms >= _time(query, "minTime", 0),
            finished_ms <= _time(query, "maxTime", 2**62),
        )
    )


def _one_of(query: Mapping[str, str], name: str, value: str) -> bool:
    wanted = query.get(name, "")
    return not wanted or value.casefold() in {part.strip().casefold() for part in wanted.split(",")}


def _time(query: Mapping[str, str], name: str, default: int) -> int:
    if not query.get(name):
        return default
    try:
        return from_iso(query[name].replace("Z", "+00:00"))
    except ValueError:
        raise refuse(HTTPStatus.BAD_REQUEST, f"{name} is not a time") from None
