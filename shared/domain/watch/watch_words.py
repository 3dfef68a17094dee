"""What watching found, in words: titles, facts and sentences of cards and incidents.

Pure. Everything from outside passes `plain` here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.domain.plain import plain
from shared.domain.watch.detector import SILENCE
from shared.domain.watch.forecasts import SATURATED
from shared.domain.watch.resources import CERTIFICATE
from shared.texts import say, say_or

type Facts = list[dict[str, str]]


def anomaly_title(language: str, found: Mapping[str, Any]) -> str:
    """found: {"service", "indicator", "entry": SignalEntry}."""
    key = "anomaly.title.silence" if found["entry"]["kind"] == SILENCE else "anomaly.title"
    return say(language, key, service=found["service"], signal=_signal(language, found["indicator"]))


def anomaly_facts(language: str, found: Mapping[str, Any]) -> Facts:
    """found: {"unit", "owner", "entry": SignalEntry}."""
    entry, unit = found["entry"], found["unit"]
    facts = {"anomaly.kind": say_or(entry["kind"], language, f"anomaly.kind.{entry['kind']}")}
    if entry["kind"] != SILENCE:
        facts["anomaly.value"] = measured(entry["value"], unit)
        facts["anomaly.expected"] = measured(entry["expected"], unit)
    facts["anomaly.since"] = moment(entry["since_ms"])
    facts["fact.owner"] = plain(str(found["owner"]))
    return [{"title": say(language, key), "value": value} for key, value in facts.items()]


def forecast_title(language: str, which: Mapping[str, Any]) -> str:
    """which: {"service", "resource", "kind"}."""
    return say(
        language,
        f"forecast.title.{which['kind']}",
        service=which["service"],
        resource=plain(which["resource"], 60),
    )


def forecast_text(language: str, which: Mapping[str, Any], forecast: Mapping[str, Any]) -> str:
    """The forecast in a sentence."""
    if which["kind"] == CERTIFICATE:
        return say(
            language,
            "forecast.text.certificate",
            at=moment(forecast["at_ms"]),
            value=number(forecast["value"]),
        )
    if forecast["state"] == SATURATED:
        return say(
            language,
            "forecast.text.saturated",
            limit=number(forecast["limit"]),
            value=number(forecast["value"]),
        )
    return say(
        language,
        "forecast.text.expected",
        limit=number(forecast["limit"]),
        at=moment(forecast["at_ms"]),
        early=moment(forecast["early_ms"]),
        late=moment(forecast["late_ms"]) or say(language, "forecast.never"),
        value=number(forecast["value"]),
        per_day=number(forecast["per_day"]),
    )


def forecast_facts(language: str, which: Mapping[str, Any], forecast: Mapping[str, Any]) -> Facts:
    """What the card shows."""
    facts = {"forecast.at": moment(forecast["at_ms"]), "forecast.value": number(forecast["value"])}
    if which["kind"] != CERTIFICATE:
        facts["forecast.limit"] = number(forecast["limit"])
    return [{"title": say(language, key), "value": value} for key, value in facts.items()]


def measured(value: float | None, unit: str) -> str:
    """A value as people write it: Dynatrace counts microseconds."""
    if value is None:
        return "-"
    if unit == "MicroSecond":
        return f"{number(value / 1000)} ms"
    return number(value) + {"Percent": " %", "Count": " /min"}.get(unit, "")


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def moment(at_ms: int | None) -> str:
    """UTC, to the minute; "" for none."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _signal(language: str, indicator: str) -> str:
    return say_or(indicator, language, f"signal.{indicator}")
