"""The document of what watching a service came to: what is new in it, what goes on, what is over.

Pure. `watch/services/<service>.json` in Blob holds it: {"service", "tier", "changed_at_ms",
"signals": {indicator: SignalEntry}, "resources": {name: ResourceEntry of shared.domain.watch.watched_resources}}. It is
the truth that orchestrations look at: an anomaly or a forecast has its id here before anything is started for it, so
that two timers at once, or one that was killed, tell nothing twice.
"""

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.domain.watch.anomalies import ANOMALOUS, Judgement
from shared.domain.watch.identities import identity
from shared.domain.watch.signals import Signal

AGAIN_MS = 45 * 60_000
"""An anomaly that comes back within this time is the same one."""
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
        entry["id"] = identity("anomaly", service, signal.indicator, entry["since_ms"] or now_ms)
    return entry


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
