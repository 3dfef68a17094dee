"""A service's scorecard: how it delivers and runs, in five sections, each with its level and why. Pure.

Level: good, fair, poor; None where there is no data, which is never good and never a zero. The whole is as good as the
worst section that has data. Reasons name sentences of shared.texts (scorecard.<key>) with their values.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from shared.domain.delivery.deliveries import PRODUCTION
from shared.texts import LANGUAGES, say

Level = Literal["good", "fair", "poor"]
_ORDER: tuple[Level, ...] = ("poor", "fair", "good")
SECTIONS = ("dora", "gates", "incidents", "slo", "cost")
MANY_INCIDENTS = 5
"""In thirty days: more than one a week is no quiet service."""
MOST_GATES = 5
_BANDS: Mapping[str, Level] = {"elite": "good", "high": "good", "medium": "fair", "low": "poor"}
_VERDICTS: Mapping[str, Level] = {"pass": "good", "warn": "fair", "fail": "poor"}
_STATES: Mapping[str, Level] = {"SUCCESS": "good", "WARNING": "fair", "FAILURE": "poor"}

type Section = dict[str, Any]


class Reason(TypedDict):
    """text: by language."""

    rule: str
    text: dict[str, str]


def build(service: Mapping[str, Any], facts: Mapping[str, Any], computed_at: str) -> dict[str, Any]:
    """The scorecard's document.

    facts: "dora" (shared.scorecard_rows.DoraRow), "gates" (verdicts, newest first), "open" (how many), "incidents" (of
    the last thirty days), "slo" (objectives); each None where it could not be had. computed_at: ISO 8601.
    """
    sections = {
        "dora": dora(facts.get("dora")),
        "gates": gates(facts.get("gates")),
        "incidents": incidents(facts.get("open"), facts.get("incidents")),
        "slo": slo(facts.get("slo")),
        "cost": cost(),
    }
    level = worst([section["level"] for section in sections.values()])
    return {
        "service": service["name"],
        "product": service.get("product"),
        "owner": service.get("owner"),
        "tier": service.get("tier"),
        "computed_at": computed_at,
        "level": level,
        "reasons": [
            reason
            for section in sections.values()
            if level and section["level"] == level
            for reason in section["reasons"]
        ],
        "known": sum(section["level"] is not None for section in sections.values()),
        "sections": sections,
    }


def dora(row: Mapping[str, Any] | None) -> Section:
    """The five metrics of production, of the newest month that has any. Bands are dora.dev's (docs/dora.md)."""
    if row is None:
        return _section(None, [_reason("dora.unknown")], month=None, metrics={}, bands={})
    known = {name: band for name, band in row["bands"].items() if band in _BANDS}
    if not known:
        reasons = [_reason("dora.no_bands", month=row["month"])]
        return _section(None, reasons, month=row["month"], metrics=dict(row["metrics"]), bands={})
    level = worst([_BANDS[band] for band in known.values()])
    decisive = [name for name, band in known.items() if _BANDS[band] == level]
    reasons = [
        _reason("dora.band", metric=_named("metric", name), band=_named("band", known[name]))
        for name in decisive
    ]
    return _section(level, reasons, month=row["month"], metrics=dict(row["metrics"]), bands=known)


def gates(verdicts: Sequence[Mapping[str, Any]] | None) -> Section:
    """The last verdict in production decides; what could not be judged is no level."""
    shown = [
        {name: gate.get(name) for name in ("gate_id", "environment", "version", "verdict", "decided_at")}
        for gate in verdicts or []
    ][:MOST_GATES]
    last = next((gate for gate in verdicts or [] if gate["environment"] == PRODUCTION), None)
    if last is None:
        return _section(None, [_reason("gates.unknown" if verdicts is None else "gates.none")], last=shown)
    verdict = str(last["verdict"])
    known = verdict if verdict in _VERDICTS else "inconclusive"
    return _section(_VERDICTS.get(verdict), [_reason(f"gates.{known}", version=last["version"])], last=shown)


def incidents(open_now: int | None, row: Mapping[str, Any] | None) -> Section:
    """What is open now, and what there was in thirty days."""
    month = (
        dict(row)
        if row
        else {"incidents": None, "ended": None, "fixed_by_runbook": None, "mtta_mean_s": None}
    )
    figures = {"open": open_now, "last_30_days": month}
    many = month["incidents"] is not None and month["incidents"] >= MANY_INCIDENTS
    if open_now:
        return _section("poor", [_reason("incidents.open", count=open_now)], **figures)
    if many:
        return _section("fair", [_reason("incidents.many", count=month["incidents"])], **figures)
    if open_now is None:
        return _section(None, [_reason("incidents.unknown")], **figures)
    if month["incidents"] is None:
        return _section("good", [_reason("incidents.none_open")], **figures)
    return _section("good", [_reason("incidents.few", count=month["incidents"])], **figures)


def slo(objectives: Sequence[Mapping[str, Any]] | None) -> Section:
    """The worst objective that Dynatrace could evaluate; one without data is no success."""
    if not objectives:
        key = "slo.unknown" if objectives is None else "slo.none"
        return _section(None, [_reason(key)], objectives=[])
    states = {
        one["name"]: _STATES.get(one["status"]) if one["value"] is not None else None for one in objectives
    }
    level = worst(list(states.values()))
    if level is None:
        return _section(None, [_reason("slo.no_data")], objectives=[dict(one) for one in objectives])
    decisive = next(one for one in objectives if states[one["name"]] == level)
    reason = _reason(
        f"slo.{level}", name=decisive["name"], value=round(decisive["value"], 3), target=decisive["target"]
    )
    return _section(level, [reason], objectives=[dict(one) for one in objectives])


def cost() -> Section:
    """Nothing is loaded yet, and it says so."""
    return _section(None, [_reason("cost.unknown")], BilledCost=None, EffectiveCost=None)


def worst(levels: Sequence[Level | None]) -> Level | None:
    """The worst of those that are known, None where none is."""
    known = [level for level in levels if level is not None]
    return min(known, key=_ORDER.index) if known else None


def _section(level: Level | None, reasons: list[Reason], **figures: Any) -> Section:
    return {"level": level, "reasons": reasons, **figures}


def _reason(rule: str, **values: Any) -> Reason:
    def said(language: str) -> str:
        here = {name: one[language] if isinstance(one, Mapping) else one for name, one in values.items()}
        return say(language, f"scorecard.{rule}", **here)

    return Reason(rule=rule, text={language: said(language) for language in LANGUAGES})


def _named(kind: str, name: str) -> dict[str, str]:
    """What a metric or a band is called, by language."""
    return {language: say(language, f"scorecard.{kind}.{name}") for language in LANGUAGES}
