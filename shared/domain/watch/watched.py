"""The document of what watching a service came to: what is new in it, what goes on, what is over.

Pure. `watch/services/<service>.json` in Blob holds it: {"service", "tier", "changed_at_ms",
"signals": {indicator: SignalEntry}, "resources": {name: ResourceEntry}}. It is the truth that orchestrations look at:
an anomaly or a forecast has its id here before anything is started for it, so that two timers at once, or one that was
killed, tell nothing twice.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypedDict

from shared.domain.watch.anomalies import ANOMALOUS, Judgement
from shared.domain.watch.forecasts import NOT_ENOUGH_DATA, STEADY, TOLD, Forecast
from shared.domain.watch.resources import CERTIFICATE
from shared.domain.watch.signals import Signal
from shared.domain.watch.trends import DAY_MS, HOUR_MS

AGAIN_MS = 45 * 60_000
"""An anomaly that comes back within this time is the same one."""
OVER_MS = 12 * HOUR_MS
"""How long a forecast must not hold any more before it is over."""
RETRY_MS = DAY_MS
"""A forecast whose operation failed gets another one after this time."""

_MOST_MOVED = 0.25
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_VOLATILE = frozenset({"at_ms", "value", "expected", "score"})


class Excuse(TypedDict):
    """Why an anomaly is shown and not told. kind: maintenance, change or problem. until_ms: None while unknown."""

    kind: str
    reference: str
    until_ms: int | None


class SignalEntry(Judgement):
    """id: of the anomaly, once it is to be told, else "". last_id, last_ms: of the one before it, and when it ended."""

    unit: str
    excuse: Excuse | None
    id: str
    last_id: str
    last_ms: int


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


def signal_entry(
    service: str,
    signal: Signal,
    before: SignalEntry | None,
    judgement: Judgement,
    excuse: Excuse | None,
    now_ms: int,
) -> SignalEntry:
    """What is kept of a signal after this judgement."""
    entry: SignalEntry = {
        **judgement,
        "unit": signal.unit,
        "excuse": None,
        "id": "",
        "last_id": before["last_id"] if before else "",
        "last_ms": before["last_ms"] if before else 0,
    }
    was = before if before and before["state"] == ANOMALOUS else None
    if judgement["state"] != ANOMALOUS:
        if was and was["id"]:
            entry |= {"last_id": was["id"], "last_ms": now_ms}
        return entry
    since_ms = judgement["since_ms"] or now_ms
    if was:
        entry |= {"since_ms": was["since_ms"], "kind": was["kind"], "side": was["side"], "id": was["id"]}
        if excuse is None and was["excuse"] and was["excuse"]["kind"] == "problem":
            excuse = was["excuse"]
    elif entry["last_id"] and since_ms - entry["last_ms"] <= AGAIN_MS:
        entry["id"] = entry["last_id"]
    entry["excuse"] = excuse
    if not entry["id"] and excuse is None:
        entry["id"] = _identity("anomaly", service, signal.indicator, entry["since_ms"] or now_ms)
    return entry


def resource_entry(
    service: str, name: str, kind: str, before: ResourceEntry | None, forecast: Forecast, now_ms: int
) -> ResourceEntry:
    """What is kept of a resource after this forecast."""
    entry: ResourceEntry = {**before, "kind": kind, "forecast": forecast} if before else _new(kind, forecast)
    if not entry["id"]:
        if forecast["state"] in TOLD:
            identity = _identity("forecast", service, name, now_ms)
            entry |= {"id": identity, "run": identity, "runs": 1, "run_ms": now_ms, "told": forecast}
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


def differs(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> bool:
    """Whether the document is worth writing: values alone, which change all the time, are not."""
    return before is None or _lasting(before) != _lasting(after)


def _lasting(document: Mapping[str, Any]) -> Any:
    return {
        "tier": document.get("tier"),
        "signals": {
            name: {key: value for key, value in entry.items() if key not in _VOLATILE}
            for name, entry in document["signals"].items()
        },
        "resources": {
            name: {**entry, "forecast": [entry["forecast"]["state"], entry["forecast"]["reason"]]}
            for name, entry in document["resources"].items()
        },
    }


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


def _identity(what: str, service: str, name: str, at_ms: int) -> str:
    """The one name of everything that is done for it: fit for an instance id, an address and a correlation_id."""
    full = f"{service}-{name}"
    safe = _UNSAFE.sub("-", full)
    if safe != full or len(safe) > 60:
        safe = f"{safe[:48]}-{hashlib.sha256(full.encode()).hexdigest()[:10]}"
    return f"{what}-{safe}-{at_ms // 1000}"
