"""An alert that would have told earlier: a Dynatrace metric event, made of what deviated first in an incident.

Pure. Values follow the schema `builtin:anomaly-detection.metric-events` (Settings 2.0):
https://docs.dynatrace.com/docs/dynatrace-api/environment-api/settings/schemas/builtin-anomaly-detection-metric-events
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypedDict

from shared.domain.diagnosis.baseline import DEVIATES
from shared.domain.diagnosis.scene import SYMPTOMS, number
from shared.domain.plain import plain
from shared.domain.watch import signals
from shared.domain.watch.watch_words import measured
from shared.texts import say, say_or

METRIC_EVENTS = "builtin:anomaly-detection.metric-events"
EXPIRY_DAYS = 21
"""A certificate that ends sooner is told."""
QUOTA_SHARE = 0.8
QUARTER = 0.25
"""The threshold lies at least this part of the way from the usual to what the incident reached."""
FULLEST_PERCENT = 95.0
MOST_TITLE = 140

Condition = Literal["ABOVE", "BELOW"]

_SATURATING = ("cpu", "memory", "disk", "connections", "threads")
_OF_CATEGORY: Mapping[str, Sequence[str]] = {"memory_leak": ("memory",), "saturation": _SATURATING}
"""Indicators that warn of these causes; of all others, whatever deviated first does."""
_RESOURCE_OF = {"certificate": "certificate", "quota": "quota"}
_DISK = signals.Signal("disk", "builtin:host.disk.usedPct", "dt.entity.host", "up", "Percent", None, 1)
_MICROSECONDS = 1000.0
_METRIC = r"(?:[a-z]+:)?[A-Za-z_][A-Za-z0-9_.-]*"
_CALLS = r"(?::[A-Za-z]+(?:\((?:[^()]|\([^()]*\))*\))?)*"
_SELECTOR = re.compile(rf"({_METRIC})({_CALLS})")
_ENTITY = re.compile(r"[A-Z_]+-[A-Z0-9]+")
_PLACEHOLDERS = str.maketrans("{}", "()")


class Alert(TypedDict):
    """title: in words. about: what makes it this alert and no other. evidence_ids: what it was made of.

    value: of the settings object.
    """

    title: str
    about: list[str]
    evidence_ids: list[str]
    value: dict[str, Any]


class _Watched(NamedTuple):
    """What is to be watched, in the metric's own unit."""

    name: str
    key: str
    selector: str
    entity_id: str
    unit: str
    condition: Condition
    threshold: float
    evidence_ids: list[str]


def alert_of(
    language: str, service: Mapping[str, Any], category: str, items: Iterable[Mapping[str, Any]]
) -> Alert | None:
    """The alert, or None where nothing that was measured warns of this cause.

    service: the registry's document. items: of the evidence, with their facts.
    """
    kind = _RESOURCE_OF.get(category)
    watched = _of_resource(service, kind, items) if kind else _of_metric(service, category, items)
    if watched is None:
        return None
    shown = measured(watched.threshold, watched.unit)
    signal = plain(say_or(watched.name, language, f"signal.{watched.name}"), 60)
    words = f"alert.title.{watched.condition.lower()}"
    title = say(language, words, service=service["name"], signal=signal, threshold=shown)
    title = plain(title, MOST_TITLE).translate(_PLACEHOLDERS)
    about = [service["name"], watched.key or watched.selector, watched.entity_id, watched.condition]
    return Alert(
        title=title, about=about, evidence_ids=watched.evidence_ids, value=_value(language, title, watched)
    )


def first_deviation(
    items: Iterable[Mapping[str, Any]], names: Sequence[str] = ()
) -> Mapping[str, Any] | None:
    """The metric item that left the usual first, for the worse; of these indicators, where names are given."""
    found = [
        item for item in items if item.get("kind") == "metric" and _is_worse(item.get("facts") or {}, names)
    ]
    return min(
        found, key=lambda item: (_onset(item), item["facts"]["indicator"] == signals.OWN), default=None
    )


def _is_worse(facts: Mapping[str, Any], names: Sequence[str]) -> bool:
    z, name = number(facts.get("robust_z")), str(facts.get("indicator") or "")
    known = name in names if names else bool(name)
    return known and z is not None and z * SYMPTOMS.get(name, 1) >= DEVIATES and _onset_ms(facts) is not None


def _onset_ms(facts: Mapping[str, Any]) -> float | None:
    return number(facts.get("onset_ms"))


def _onset(item: Mapping[str, Any]) -> float:
    return _onset_ms(item["facts"]) or 0.0


def _of_metric(
    service: Mapping[str, Any], category: str, items: Iterable[Mapping[str, Any]]
) -> _Watched | None:
    item = first_deviation(items, _OF_CATEGORY.get(category, ()))
    if item is None:
        return None
    facts = item["facts"]
    entity_id, name = str(facts.get("entity_id") or ""), str(facts["indicator"])
    usual, now = number(facts.get("baseline_median")), number(facts.get("during_median"))
    if usual is None or now is None or usual == now or not _ENTITY.fullmatch(entity_id):
        return None
    threshold = number(_threshold(usual, now, number(facts.get("robust_z")) or DEVIATES))
    if threshold is None:
        return None
    condition: Condition = "ABOVE" if now > usual else "BELOW"
    evidence_ids = [str(item["id"])]
    if name == signals.OWN:
        selector = _scoped((service.get("dynatrace") or {}).get("metric_selector") or "", entity_id)
        if not selector:
            return None
        return _Watched(name, "", selector, entity_id, "", condition, threshold, evidence_ids)
    signal = _signal(entity_id, name)
    if signal is None:
        return None
    if signal.unit == "MicroSecond":
        threshold *= _MICROSECONDS
    if signal.unit == "Percent":
        threshold = min(threshold, FULLEST_PERCENT)
    return _Watched(
        name, signal.key, "", entity_id, signal.unit, condition, _rounded(threshold), evidence_ids
    )


def _threshold(usual: float, now: float, z: float) -> float:
    """As far from the usual as no chance explains, and at least a quarter of the way to what the incident reached."""
    part = max(DEVIATES / max(abs(z), DEVIATES), QUARTER)
    return _rounded(usual + part * (now - usual))


def _of_resource(
    service: Mapping[str, Any], kind: str, items: Iterable[Mapping[str, Any]]
) -> _Watched | None:
    """What the service's owner has measured of its certificates and quotas; without a metric there is no alert."""
    watched = (service.get("watch") or {}).get("resources") or []
    evidence_ids = [str(item["id"]) for item in items if item.get("kind") == kind][:3]
    for one in watched:
        own = (service.get("dynatrace") or {}).get("entity_id") or ""
        entity_id = one.get("entity_id") or own
        if one.get("kind") != kind or not _ENTITY.fullmatch(entity_id):
            continue
        selector = _scoped(one.get("metric_selector") or "", entity_id)
        if not selector:
            continue
        if kind == "certificate":
            return _Watched(
                one["name"], "", selector, entity_id, "", "BELOW", float(EXPIRY_DAYS), evidence_ids
            )
        limit = float(one.get("limit") or FULLEST_PERCENT)
        threshold = _rounded(QUOTA_SHARE * limit)
        return _Watched(one["name"], "", selector, entity_id, "", "ABOVE", threshold, evidence_ids)
    return None


def _signal(entity_id: str, name: str) -> signals.Signal | None:
    kind = entity_id.rpartition("-")[0]
    known = [*signals.GOLDEN.get(kind, ()), *([_DISK] if kind == "HOST" else [])]
    return next((signal for signal in known if signal.indicator == name), None)


def _scoped(selector: str, entity_id: str) -> str:
    """The selector for this entity alone; "" where it reads more than one metric, which a filter cannot follow."""
    found = _SELECTOR.fullmatch(selector)
    if not found:
        return ""
    return f'{found[1]}:filter(eq("{_dimension(entity_id)}","{entity_id}")){found[2]}'


def _dimension(entity_id: str) -> str:
    return f"dt.entity.{entity_id.rpartition('-')[0].lower()}"


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _value(language: str, title: str, watched: _Watched) -> dict[str, Any]:
    dimension = _dimension(watched.entity_id)
    query: dict[str, Any] = {"type": "METRIC_SELECTOR", "metricSelector": watched.selector}
    if watched.key:
        query = {
            "type": "METRIC_KEY",
            "metricKey": watched.key,
            "aggregation": "VALUE" if watched.unit == "Count" else "AVG",
            "entityFilter": {
                "dimensionKey": dimension,
                "conditions": [{"type": "ENTITY_ID", "operator": "EQUALS", "value": watched.entity_id}],
            },
            "dimensionFilter": [],
        }
    return {
        "enabled": True,
        "summary": title,
        "queryDefinition": query,
        "modelProperties": {
            "type": "STATIC_THRESHOLD",
            "threshold": watched.threshold,
            "alertOnNoData": False,
            "alertCondition": watched.condition,
            "violatingSamples": 3,
            "samples": 5,
            "dealertingSamples": 5,
        },
        "eventTemplate": {
            "title": title,
            "description": say(language, "alert.description").translate(_PLACEHOLDERS),
            "eventType": "CUSTOM_ALERT",
            "davisMerge": True,
            "metadata": [],
        },
        "eventEntityDimensionKey": dimension,
    }
