"""What an SLO must hold, and how it stands: the rules and the arithmetic behind /api/v2/slo."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.vendors.dynatrace.answers import violated
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.selectors import entity_conditions
from sandbox.vendors.dynatrace.windows import RAISED, Windows

_TIMEFRAME = re.compile(r"-(\d{1,4})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONGEST_NAME, _LONGEST_DESCRIPTION = 200, 1000


def check(body: Mapping[str, Any]) -> dict[str, Any]:
    """The objective as it is kept. Raises: Refusal, 400."""
    for name in ("name", "metricExpression", "timeframe"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise _wrong(name, "must not be null or empty")
    if len(body["name"]) > _LONGEST_NAME:
        raise _wrong("name", f"must have at most {_LONGEST_NAME} characters")
    description = body.get("description") or ""
    if not isinstance(description, str) or len(description) > _LONGEST_DESCRIPTION:
        raise _wrong("description", f"must be a text of at most {_LONGEST_DESCRIPTION} characters")
    if body.get("evaluationType") != "AGGREGATE":
        raise _wrong("evaluationType", "must be AGGREGATE")
    if not _TIMEFRAME.fullmatch(body["timeframe"]):
        raise _wrong("timeframe", "is not a timeframe")
    if not isinstance(body.get("enabled", False), bool):
        raise _wrong("enabled", "must be true or false")
    for name in ("target", "warning"):
        value = body.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 100:
            raise _wrong(name, "must be a percentage above 0")
    if body["warning"] < body["target"]:
        raise _wrong("warning", "must not be below the target")
    if selector := body.get("filter"):
        entity_conditions(selector, "filter")
    names = ("name", "metricExpression", "evaluationType", "target", "warning", "timeframe")
    kept = {name: body[name] for name in names}
    return kept | {
        "description": description,
        "filter": body.get("filter") or "",
        "enabled": body.get("enabled", False),
    }


def evaluated(slo: Mapping[str, Any], entities: Entities, windows: Windows, now_ms: int) -> dict[str, Any]:
    """{"evaluatedPercentage", "errorBudget", "status", "error"} over the objective's own time frame."""
    found = entities.select(entity_conditions(slo["filter"], "filter")) if slo["filter"] else []
    if not found:
        return {
            "evaluatedPercentage": -1.0,
            "errorBudget": -1.0,
            "status": "FAILURE",
            "error": "The filter matches no entity",
        }
    start = now_ms - _length_ms(slo["timeframe"])
    unwell = sum(
        max(0, min(until or now_ms, now_ms) - max(since, start))
        for entity in found
        for since, until in windows.of(entity["entityId"], RAISED)
    )
    percentage = round(100 * (1 - unwell / (now_ms - start) / len(found)), 4)
    states = ((slo["warning"], "SUCCESS"), (slo["target"], "WARNING"))
    return {
        "evaluatedPercentage": percentage,
        "errorBudget": round(percentage - slo["target"], 4),
        "status": next((state for bound, state in states if percentage >= bound), "FAILURE"),
        "error": "NONE",
    }


def _length_ms(timeframe: str) -> int:
    found = _TIMEFRAME.fullmatch(timeframe)
    assert found, "checked when it was kept"
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) // timedelta(milliseconds=1)


def _wrong(name: str, message: str) -> Exception:
    return violated(name, message, "PAYLOAD_BODY")
