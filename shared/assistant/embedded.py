"""The embedded assistant: the ranking's own answer (domain.ranking) instead of a model's, always marked as such."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.assistant.port import MOST_CANDIDATES, Diagnosis
from shared.domain.diagnosis.ranking import Candidate, rank


class EmbeddedAssistant:
    """Answers at once, from the evidence alone."""

    async def diagnose(
        self, problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
    ) -> Diagnosis:
        return answer(candidates(problem, bundle, runs))

    async def ping(self) -> None:
        """It is always here."""


def candidates(
    problem: Mapping[str, Any], bundle: Mapping[str, Any], runs: Mapping[str, Any] | None
) -> list[Candidate]:
    """The ranking of the bundle. runs: {"suspect", "last_good"}, for run items that carry no facts of their own."""
    return rank(problem, _with_runs(bundle["items"], runs))


def answer(ranked: Sequence[Candidate]) -> Diagnosis:
    """The best candidate as a diagnosis."""
    best = ranked[0]
    return Diagnosis(
        category=best["category"],
        component=best["component"],
        confidence=best["confidence"],
        evidence_ids=best["evidence_ids"],
        author="embedded",
        text_key=best["text_key"],
        text_values=best["text_values"],
        refuted_by_key=best["refuted_by_key"],
        candidates=[dict(one) for one in ranked[:MOST_CANDIDATES]],
    )


def _with_runs(items: Sequence[Mapping[str, Any]], runs: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """Items of runs without facts get those of the runs, in whose order they were made."""
    known = [run for name in ("suspect", "last_good") if (run := (runs or {}).get(name))]
    bare = [item for item in items if item["kind"] == "run" and not item.get("facts")]
    given = {item["id"]: _facts(run) for item, run in zip(bare, known, strict=False)}
    return [{**item, "facts": given[item["id"]]} if item["id"] in given else item for item in items]


def _facts(run: Mapping[str, Any]) -> dict[str, Any]:
    ended = run.get("finished_at")
    return {
        "run_id": run["run_id"],
        "commit": run["commit"],
        "at_ms": int(datetime.fromisoformat(ended).timestamp() * 1000) if ended else None,
    }
