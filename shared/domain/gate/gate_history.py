"""What earlier gates measured, and what of it is a baseline. Pure.

An entry: {"gate_id", "version", "commit", "deployment_id", "verdict", "from_ms", "decided_at", "taken_back",
"values": {measure: value}}, oldest first; read back, it tells too what became of the deployment since ("blamed", see
gate_marks). A baseline is the median of the newest good deployments: what failed, was taken back, was blamed later or
could not be judged is no example of what is usual.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from shared.domain.gate.gates import FAIL, GOOD

Entry = dict[str, Any]

KEPT = 50


class Baseline(NamedTuple):
    """value: None where there is none. of: how many deployments it is the median of."""

    value: float | None
    of: int


def measure_of(objective: Mapping[str, Any]) -> str:
    """What is measured, whatever the objective is called: a baseline of another metric would say nothing."""
    return f"{objective['indicator']}|{objective.get('selector', '')}|{objective['aggregate']}"


def with_entry(entries: Sequence[Entry], entry: Entry) -> list[Entry]:
    """The entries with this one, in place of an earlier one of the same gate; the oldest beyond KEPT fall out."""
    others = [one for one in entries if one["gate_id"] != entry["gate_id"]]
    return sorted([*others, entry], key=lambda one: (one["decided_at"], one["gate_id"]))[-KEPT:]


def good(entries: Iterable[Entry], version: str) -> list[Entry]:
    """Of good deployments of other versions, oldest first: the newest gate of a version speaks for it."""
    newest: dict[str, Entry] = {}
    for one in sorted(entries, key=lambda one: (one["decided_at"], one["gate_id"])):
        newest.pop(one["version"], None)
        newest[one["version"]] = one
    return [
        one
        for one in newest.values()
        if one["version"] != version and one["verdict"] in GOOD and not _is_bad(one)
    ]


def baseline(entries: Sequence[Entry], version: str, measure: str, deployments: int, least: int) -> Baseline:
    """The median of the newest good ones that measured this."""
    values = [one["values"][measure] for one in good(entries, version) if measure in one["values"]]
    newest = values[-deployments:]
    return Baseline(median(newest), len(newest)) if len(newest) >= max(1, least) else Baseline(None, 0)


def ran_well_before(entries: Sequence[Entry], version: str) -> bool:
    """Whether what ran before this version may stand for what is usual: not where its own gate failed."""
    others = [one for one in entries if one["version"] != version]
    return not others or not (_is_bad(others[-1]) and not others[-1]["taken_back"])


def failed_commits(entries: Iterable[Entry]) -> set[str]:
    """Commits whose newest gate failed, that were taken back or blamed: nowhere to go back to."""
    newest = {one["commit"]: one for one in entries if one["commit"]}
    return {commit for commit, one in newest.items() if _is_bad(one)}


def _is_bad(entry: Mapping[str, Any]) -> bool:
    return bool(entry["verdict"] == FAIL or entry["taken_back"] or entry.get("blamed"))
