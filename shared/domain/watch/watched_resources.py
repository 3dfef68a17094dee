"""What watching keeps of a service's resources: what is told of a forecast, and when it is over.

Pure. shared.domain.watch.watched has the rest of the document.
"""

from typing import TypedDict

from shared.domain.watch.forecasts import NOT_ENOUGH_DATA, STEADY, TOLD, Forecast
from shared.domain.watch.identities import identity
from shared.domain.watch.resources import CERTIFICATE
from shared.domain.watch.trends import DAY_MS, HOUR_MS

OVER_MS = 12 * HOUR_MS
"""How long a forecast must not hold any more before it is over."""
RETRY_MS = DAY_MS
"""A forecast whose operation failed gets another one after this time."""

_MOST_MOVED = 0.25


class ResourceEntry(TypedDict):
    """id: of the forecast that is told, else "". run: the operation that tends it; runs: how many there were.

    told: the forecast as people know it; over_since_ms: since when it does not hold; over: why it is over, else "".
    """

    kind: str
    forecast: Forecast
    id: str
    run: str
    runs: int
    run_ms: int
    told: Forecast | None
    over_since_ms: int | None
    over: str


def resource_entry(
    service: str, name: str, kind: str, before: ResourceEntry | None, forecast: Forecast, now_ms: int
) -> ResourceEntry:
    """What is kept of a resource after this forecast."""
    entry: ResourceEntry = {**before, "kind": kind, "forecast": forecast} if before else _new(kind, forecast)
    if not entry["id"]:
        if forecast["state"] in TOLD:
            id_ = identity("forecast", service, name, now_ms)
            entry |= {"id": id_, "run": id_, "runs": 1, "run_ms": now_ms, "told": forecast}
        return entry
    if entry["over"]:
        return entry
    if forecast["state"] in TOLD:
        entry["over_since_ms"] = None
        if entry["told"] is None or _moved(entry["told"], forecast, now_ms):
            entry["told"] = forecast
    elif forecast["state"] == STEADY:
        since_ms = entry["over_since_ms"] or now_ms
        entry["over_since_ms"] = since_ms
        reason = "extended" if _is_extended(entry["told"], forecast, kind) else forecast["reason"]
        if reason in ("extended", "freed") or now_ms - since_ms >= OVER_MS:
            entry["over"] = reason
    elif forecast["state"] != NOT_ENOUGH_DATA:
        raise ValueError(f"there is no forecast of state {forecast['state']}")
    return entry


def unwatched(entry: ResourceEntry) -> ResourceEntry:
    """The entry of a resource that is not watched any more."""
    return {**entry, "over": "unwatched"} if entry["id"] and not entry["over"] else entry


def is_news(before: ResourceEntry | None, after: ResourceEntry) -> bool:
    """Whether the operation that tends the forecast should look again."""
    if before is None or not before["id"]:
        return False
    return (before["told"], before["over"]) != (after["told"], after["over"])


def again(entry: ResourceEntry, now_ms: int) -> ResourceEntry:
    """The entry with another operation in place of one that failed, if that was long enough ago."""
    if now_ms - entry["run_ms"] < RETRY_MS:
        return entry
    runs = entry["runs"] + 1
    return {**entry, "runs": runs, "run": f"{entry['id']}-{runs}", "run_ms": now_ms}


def finished(entry: ResourceEntry) -> ResourceEntry:
    """The entry after its forecast is over and told so."""
    return _new(entry["kind"], entry["forecast"])


def _new(kind: str, forecast: Forecast) -> ResourceEntry:
    return {
        "kind": kind,
        "forecast": forecast,
        "id": "",
        "run": "",
        "runs": 0,
        "run_ms": 0,
        "told": None,
        "over_since_ms": None,
        "over": "",
    }


def _moved(told: Forecast, now: Forecast, now_ms: int) -> bool:
    """Whether the day moved so far that people should know."""
    if told["state"] != now["state"]:
        return True
    if told["at_ms"] is None or now["at_ms"] is None:
        return False
    moved = abs(now["at_ms"] - told["at_ms"])
    return moved > max(DAY_MS, _MOST_MOVED * max(0, told["at_ms"] - now_ms))


def _is_extended(told: Forecast | None, now: Forecast, kind: str) -> bool:
    """A certificate that is good again was renewed; what else is not expected any more may have a higher limit."""
    return kind == CERTIFICATE or (told is not None and now["limit"] > told["limit"])
