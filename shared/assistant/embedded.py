"""The embedded assistant: a rule instead of a model, always marked as such.

The rule: most incidents follow a change (https://sre.google/workbook/postmortem-analysis/), so the run that ended
last before the problem is the probable cause, the surer the closer it ended; otherwise the cause is unknown.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.assistant.port import Diagnosis

SUSPECT_FOR_MINUTES = 120
SUREST, LEAST_SURE = 0.8, 0.4


class EmbeddedAssistant:
    """Answers at once, from the evidence alone."""

    async def diagnose(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
    ) -> Diagnosis:
        suspect = (runs or {}).get("suspect")
        minutes = _minutes_between(suspect, problem) if suspect else None
        if suspect is None or minutes is None or not 0 <= minutes <= SUSPECT_FOR_MINUTES:
            return _unknown()
        return Diagnosis(
            category="recent_deployment",
            confidence=round(SUREST - (SUREST - LEAST_SURE) * minutes / SUSPECT_FOR_MINUTES, 2),
            evidence_ids=[
                item["id"] for item in bundle["items"] if item["kind"] in ("run", "deployment", "metric")
            ],
            author="embedded",
            text_key="cause.recent_deployment",
            text_values={
                "run_id": suspect["run_id"],
                "commit": suspect["commit"][:8],
                "minutes": round(minutes),
            },
            refuted_by_key="cause.refuted_by_baseline",
        )

    async def ping(self) -> None:
        """It is always here."""


def _unknown() -> Diagnosis:
    return Diagnosis(
        category="unknown",
        confidence=0.0,
        evidence_ids=[],
        author="embedded",
        text_key="cause.unknown",
        refuted_by_key="cause.refuted_by_more_evidence",
    )


def _minutes_between(run: Mapping[str, Any], problem: Mapping[str, Any]) -> float | None:
    if not run.get("finished_at") or not problem.get("start_ms"):
        return None
    ended_s = datetime.fromisoformat(run["finished_at"]).timestamp()
    return float(problem["start_ms"] / 1000 - ended_s) / 60
