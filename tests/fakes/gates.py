"""A gate's result as evaluate_gate keeps it, for pages."""

from collections.abc import Mapping
from typing import Any

START_MS = 1_795_262_400_000
_VALUES = {"pass": 0.2, "warn": 104.0, "fail": 300.0, "unknown": None, "informative": 5.0}


def a_gate(gate_id: str, objectives: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """objectives: status by name; one that is unknown has no samples."""
    return {
        "id": gate_id,
        "service": "checkout",
        "environment": "production",
        "version": "1.4.2",
        "commit": None,
        "deployment_id": None,
        "run_id": 104,
        "change_number": None,
        "dry_run": False,
        "from_ms": START_MS,
        "until_ms": START_MS + 600_000,
        "verdict": "fail",
        "decision": "stop",
        "score": 40.0,
        "best": 60.0,
        "pass_percent": 90,
        "warn_percent": 75,
        "decided_at": "2026-11-21T12:12:00Z",
        "objectives": [_objective(name, status) for name, status in objectives.items()],
        "rules": {},
        "rollback": None,
        **changes,
    }


def _objective(name: str, status: str) -> dict[str, Any]:
    value = _VALUES[status]
    known = value is not None
    return {
        "name": name,
        "indicator": name,
        "status": status,
        "reason": "" if known else "few_samples",
        "value": value,
        "unit": "ms",
        "baseline": 100.0 if known else None,
        "baseline_from": "history" if known else "",
        "baseline_of": 5 if known else 0,
        "samples": 10 if known else 0,
        "min_samples": 5,
        "criteria": {"pass": [{"criteria": ["<=+10%", "<=800"]}, {"criteria": ["<=50"]}], "warn": []},
        "weight": 2,
        "key": status == "fail",
        "points": [[START_MS + 60_000 * at, (value or 0.0) + at % 3] for at in range(10)] if known else [],
    }
