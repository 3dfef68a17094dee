"""How sharply a service is watched, by its tier: what counts as an anomaly, and how early a saturation is told.

Pure. The defaults stand here, once; the settings WATCH_TIER_1, WATCH_TIER_2 and WATCH_TIER_3 change single values:
`threshold=5,forecast_days=21`.
"""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """threshold: standard deviations from what was expected, held for `minutes`, that make an anomaly.

    least_change: the least departure that matters, as a share of what was expected (0.3: 30 %).
    forecast_days: a saturation likely within so many days is told. certificate_days: so is a certificate's end.
    tell: whether anomalies are told in Teams, beside being recorded.
    """

    threshold: float
    minutes: int
    least_change: float
    forecast_days: float
    certificate_days: float
    tell: bool


DEFAULTS = {
    1: Sensitivity(
        threshold=5.0, minutes=3, least_change=0.25, forecast_days=14, certificate_days=30, tell=True
    ),
    2: Sensitivity(
        threshold=6.0, minutes=5, least_change=0.35, forecast_days=10, certificate_days=21, tell=True
    ),
    3: Sensitivity(
        threshold=7.0, minutes=8, least_change=0.5, forecast_days=7, certificate_days=14, tell=False
    ),
}
"""Tier 1 is the most critical."""

_BOUNDS = {
    "threshold": (2, 50),
    "minutes": (1, 120),
    "least_change": (0, 10),
    "forecast_days": (0.1, 365),
    "certificate_days": (1, 365),
}
_SWITCH = {"yes": True, "no": False}


def changed(base: Sensitivity, text: str) -> Sensitivity:
    """`base` with what the text says: "threshold=5,minutes=4,tell=no".

    Raises: ValueError, whose message says what may be written.
    """
    values: dict[str, float | int | bool] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, raw = (piece.strip() for piece in part.partition("="))
        values[name] = _value(name, raw)
    return replace(base, **values)  # type: ignore[arg-type]


def _value(name: str, raw: str) -> float | int | bool:
    if name == "tell" and raw in _SWITCH:
        return _SWITCH[raw]
    if name in _BOUNDS:
        low, high = _BOUNDS[name]
        try:
            value = int(raw) if name == "minutes" else float(raw)
        except ValueError:
            value = float("nan")
        if low <= value <= high:
            return value
    known = ", ".join(field.name for field in fields(Sensitivity))
    raise ValueError(f"must be name=value, with commas between, of: {known} (tell: yes or no)")
