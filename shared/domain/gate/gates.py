"""Quality gates: objectives judged and scored as Keptn's lighthouse scored, with a fourth verdict. Pure.

An objective that passes gives its weight, a warning half of it, a failure nothing; the percentage of what could be had
decides between pass, warn and fail, and a key objective that fails decides alone. What was not measured is unknown and
is never a pass: the gate fails where it would fail whatever the unknown came to, and is inconclusive else.
(https://github.com/keptn/spec, Service Level Objectives.)
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, TypedDict

from shared.domain.gate.gate_criteria import any_set_holds

Verdict = Literal["pass", "warn", "fail", "inconclusive"]
Status = Literal["pass", "warn", "fail", "unknown", "informative"]
Decision = Literal["proceed", "hold", "stop"]
PASS: Verdict = "pass"  # noqa: S105
WARN: Verdict = "warn"
FAIL: Verdict = "fail"
INCONCLUSIVE: Verdict = "inconclusive"
GOOD = (PASS, WARN)

NO_DATA, FEW_SAMPLES, LATE, VENDOR, NOT_MEASURED, NO_BASELINE, TOO_SOON = (
    "no_data",
    "few_samples",
    "late",
    "vendor",
    "not_measured",
    "no_baseline",
    "too_soon",
)
"""Why an objective is unknown: keys of shared.texts ("gate.reason.<reason>")."""


class Measured(TypedDict):
    """value: of the window, None where reason says why not. samples: in it. points: [[ms, value], ...] to show.

    baseline: what is usual, by `baseline_from`: "history" (earlier good deployments, `baseline_of` of them), "before"
    (the window before this deployment) or "".
    """

    value: float | None
    reason: str
    samples: int
    unit: str
    baseline: float | None
    baseline_from: str
    baseline_of: int
    points: list[list[float]]


class Judged(Measured):
    """One objective with what it came to."""

    name: str
    indicator: str
    status: Status
    weight: int
    key: bool
    min_samples: int
    criteria: dict[str, Any]


class Evaluation(TypedDict):
    """score: 0 to 100, what is certain of it; None where nothing could be judged. best: if all unknown passed."""

    verdict: Verdict
    decision: Decision
    score: float | None
    best: float | None
    pass_percent: float
    warn_percent: float
    objectives: list[Judged]


def unmeasured(reason: str) -> Measured:
    """What is said of an objective that nobody could measure."""
    return Measured(
        value=None,
        reason=reason,
        samples=0,
        unit="",
        baseline=None,
        baseline_from="",
        baseline_of=0,
        points=[],
    )


def evaluate(rules: Mapping[str, Any], measured: Mapping[str, Measured]) -> Evaluation:
    """The gate's verdict. rules: as shared.gates reads them. measured: by the objective's name; missing is unknown."""
    judged = [judge(one, measured.get(one["name"]) or unmeasured(NO_DATA)) for one in rules["objectives"]]
    verdict = verdict_of(judged, rules["pass_percent"], rules["warn_percent"])
    nothing = all(one["status"] in ("unknown", "informative") for one in judged)
    return Evaluation(
        verdict=verdict,
        decision=decision_of(verdict, rules["inconclusive"]),
        score=None if nothing else _shown(score(judged)),
        best=None if nothing else _shown(score(judged, unknown=1)),
        pass_percent=rules["pass_percent"],
        warn_percent=rules["warn_percent"],
        objectives=judged,
    )


def judge(objective: Mapping[str, Any], measured: Measured) -> Judged:
    """Hold one value against its criteria."""
    status, reason = _status(objective, measured)
    told: Judged = {
        **measured,
        "reason": reason,
        "name": objective["name"],
        "indicator": objective["indicator"],
        "status": status,
        "weight": objective["weight"],
        "key": objective["key"],
        "min_samples": objective["min_samples"],
        "criteria": {"pass": list(objective["pass"]), "warn": list(objective["warn"])},
    }
    return told


def score(judged: Sequence[Judged], *, unknown: int = 0) -> Fraction:
    """Percent of the weights. unknown: what part of its weight an unknown one gives, 0 or 1."""
    parts = {"pass": Fraction(1), "warn": Fraction(1, 2), "fail": Fraction(0), "unknown": Fraction(unknown)}
    counted = [one for one in judged if one["status"] != "informative"]
    whole = sum(one["weight"] for one in counted)
    return 100 * sum((one["weight"] * parts[one["status"]] for one in counted), Fraction(0)) / (whole or 1)


def verdict_of(judged: Sequence[Judged], pass_percent: float, warn_percent: float) -> Verdict:
    """Of objectives in any order."""
    counted = [one for one in judged if one["status"] != "informative" and (one["weight"] or one["key"])]
    weighs = any(one["weight"] for one in counted)
    if any(one["key"] and one["status"] == "fail" for one in counted):
        return FAIL
    if not weighs:
        return INCONCLUSIVE
    if score(counted, unknown=1) < Fraction(str(warn_percent)):
        return FAIL
    if any(one["status"] == "unknown" for one in counted):
        return INCONCLUSIVE
    certain = score(counted)
    return PASS if certain >= Fraction(str(pass_percent)) else WARN


def decision_of(verdict: Verdict, inconclusive: str) -> Decision:
    """What a pipeline does. inconclusive: the policy, "hold" or "warn"."""
    if verdict == FAIL:
        return "stop"
    return "hold" if verdict == INCONCLUSIVE and inconclusive != "warn" else "proceed"


def _status(objective: Mapping[str, Any], measured: Measured) -> tuple[Status, str]:
    if not objective["pass"]:
        return "informative", measured["reason"]
    value, baseline = measured["value"], measured["baseline"]
    if value is None:
        return "unknown", measured["reason"] or NO_DATA
    passes = any_set_holds(objective["pass"], value, baseline)
    if passes:
        return "pass", ""
    warns = any_set_holds(objective["warn"], value, baseline)
    if passes is None or warns is None:
        return "unknown", NO_BASELINE
    return ("warn" if warns else "fail"), ""


def _shown(percent: Fraction) -> float:
    return round(float(percent), 1)
