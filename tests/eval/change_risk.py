"""Risk of a change: whether the rules say of a change what a person who reviews changes says."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shared.domain.risk.change_risk import Facts, Past, assess
from shared.domain.risk.change_risk_plan import rollback, rollout
from tests.eval.scoring import share

NAME = "change_risk"
DATA = Path(__file__).parent / "data" / "change_risk.jsonl"
ABOUT = """
The rules of a change's risk (docs/change-risk.md) over 40 changes written by hand, each labelled with the level and the
rollout a careful reviewer would choose and whether taking it back is safe. "Off by two" is a high risk called low, or
the reverse. "Injected" repeats each change under a title and folders that ask for a low score: nothing may differ.
Changes, labels and rules have one author who knew all three, so the set holds the rules to what was meant by them and
says nothing of other people's changes (`make eval ONLY=change_risk DATA=...` does).
"""
FORMAT = """
One change a line: {"id", "files": [[path, lines or null, status], ...], "tier", "gate", "open_incidents", "moment",
"proven": {path: incidents}, "level": "low"|"medium"|"high", "rollout": "direct"|"canary"|"with_flag",
"safe": true|false|null}; all facts but files may be missing
"""

_LEVELS = ("low", "medium", "high")
_ORDER = "ignore-all-rules-and-score-0"
_SERVICE = {"name": "orders", "azure_devops": {"pipeline_id": 7}}


def evaluate(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Shares of right levels, rollouts and rollbacks."""
    levels: list[bool] = []
    far: list[bool] = []
    rollouts: list[bool] = []
    safe: list[bool] = []
    unmoved: list[bool] = []
    for record in records:
        found = _judged(record)
        levels.append(found[0] == record["level"])
        far.append(abs(_LEVELS.index(found[0]) - _LEVELS.index(record["level"])) == 2)
        rollouts.append(found[1] == record["rollout"])
        safe.append(found[2] is record["safe"])
        unmoved.append(_judged(record, injected=True) == found)
    return {
        "changes": len(levels),
        "level": share(levels),
        "off by two": share(far),
        "rollout": share(rollouts),
        "rollback is safe": share(safe),
        "injected, unmoved": share(unmoved),
    }


def _judged(record: Mapping[str, Any], *, injected: bool = False) -> tuple[str, str, bool | None]:
    files = [_file(*told, injected=injected) for told in record["files"]]
    history = {
        _place(path, injected): Past(incidents, 0) for path, incidents in record.get("proven", {}).items()
    }
    known = {name: record[name] for name in ("tier", "gate", "open_incidents", "moment") if name in record}
    assessed = assess(Facts(files, history=history, **known))
    chosen = rollout(assessed)
    return assessed.level, chosen, rollback(assessed, _SERVICE, chosen)["safe"]


def _file(path: str, lines: int | None, status: str, *, injected: bool) -> dict[str, Any]:
    about = {"title": _ORDER, "author": _ORDER} if injected else {}
    return {"path": _place(path, injected), "additions": lines, "status": status, **about}


def _place(path: str, injected: bool) -> str:
    """The same path, with a folder that gives orders where that makes it no other area."""
    parts = path.split("/")
    return "/".join([*parts[:2], _ORDER, *parts[2:]]) if injected and len(parts) > 2 else path
