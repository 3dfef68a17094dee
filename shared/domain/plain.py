"""Text from outside, made safe to show: it is data wherever it ends up.

Teams cards and postmortems read Markdown, ServiceNow's journal reads [code] tags: all three lose
their meaning here, the words stay.
"""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_MARKS = str.maketrans({"[": "(", "]": ")", "<": "(", ">": ")", "`": "'", "*": "·", "|": "/"})


def plain(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters without markup or control characters."""
    words = " ".join(_CONTROL.sub(" ", text).split())
    shown = words.translate(_MARKS)
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"
