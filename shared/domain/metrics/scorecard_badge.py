"""A scorecard as a badge: one line of SVG that reads well aloud, in both themes, and without colour."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from shared.texts import say

_HEIGHT, _PADDING, _PER_CHARACTER = 20, 6, 6.6
_LABEL_COLOUR = "#24292f"
COLOURS: Mapping[str | None, str] = {
    "good": "#1a7f37",
    "fair": "#8a5a00",
    "poor": "#b42318",
    None: "#57606a",
}
"""White text on each has a contrast of at least 4.5 (WCAG 2.2, 1.4.3)."""
_SIGNS: Mapping[str | None, str] = {"good": "✓", "fair": "!", "poor": "✗", None: "?"}


def badge(card: Mapping[str, Any], language: str) -> str:
    """The badge of a scorecard's document (domain.scorecard.build). The sign says what the colour says."""
    level = card["level"]
    label = say(language, "scorecard.badge")
    value = f"{_SIGNS[level]} {say(language, f'scorecard.level.{level or "unknown"}')}"
    title = escape(f"{card['service']}: {label}: {say(language, f'scorecard.level.{level or "unknown"}')}")
    why = "; ".join(reason["text"][language] for reason in card["reasons"])
    about = escape(why or say(language, "scorecard.nothing_known"))
    left, right = (round(len(text) * _PER_CHARACTER + 2 * _PADDING) for text in (label, value))
    width = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" '
        f'viewBox="0 0 {width} {_HEIGHT}" role="img" aria-labelledby="t d" lang="{language}">'
        f'<title id="t">{title}</title><desc id="d">{about}</desc>'
        f'<rect width="{width}" height="{_HEIGHT}" rx="3" fill="{_LABEL_COLOUR}"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{COLOURS[level]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f"{_text(label, left / 2, left)}{_text(value, left + right / 2, right)}</g></svg>"
    )


def _text(text: str, x: float, width: int) -> str:
    room = width - 2 * _PADDING
    return f'<text x="{x:g}" y="14" textLength="{room}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
