"""The verdict on recovery in words: why, and how each indicator stands. For notes, cards and postmortems.

Pure. A look is a Recovery of shared.domain.incident.verification, as JSON.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.incident.verification import FEW_SAMPLES, LATE, NOT_JUDGED, RECOVERED, STATE_UNKNOWN
from shared.domain.watch.watch_words import measured
from shared.texts import say, say_or


def proof(language: str, look: Mapping[str, Any] | None) -> str:
    """One sentence, and in brackets each indicator. look: None when Dynatrace never answered."""
    if look is None:
        return say(language, f"proof.{STATE_UNKNOWN}")
    why = say(language, f"proof.{look['reason'] or RECOVERED}", **look)
    lines = indicators(language, look)
    return f"{why} ({'; '.join(lines)})" if lines else why


def indicators(language: str, look: Mapping[str, Any]) -> list[str]:
    """A line for each indicator: how many samples lie within which bounds, and what was usual."""
    return [
        say(language, "proof.of", name=_name(language, one), found=_found(language, one))
        for one in look.get("indicators", [])
    ]


def _found(language: str, one: Mapping[str, Any]) -> str:
    if one["reason"] == NOT_JUDGED:
        return say(language, "proof.of.not_judged")
    told = say(
        language,
        "proof.of.samples",
        within=one["within"],
        samples=one["samples"],
        bounds=_bounds(language, one),
    )
    if one["reason"] in (FEW_SAMPLES, LATE):
        told += say(language, f"proof.of.{one['reason']}", needed=one["needed"])
    if one["baseline"] is not None:
        told += say(language, "proof.of.usual", usual=measured(one["baseline"], one["unit"]))
    return told


def _bounds(language: str, one: Mapping[str, Any]) -> str:
    low, high = (measured(one[side], one["unit"]) for side in ("low", "high"))
    if one["low"] is None:
        return say(language, "proof.up_to", high=high)
    if one["high"] is None:
        return say(language, "proof.from", low=low)
    return say(language, "proof.between", low=low, high=high)


def _name(language: str, one: Mapping[str, Any]) -> str:
    signal = say_or(one["indicator"], language, f"signal.{one['indicator']}")
    return say_or(signal, language, f"proof.on.{one['entity_type']}", signal=signal)
