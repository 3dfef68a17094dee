"""What a model is asked: problem, evidence and candidates as one bounded JSON document of data, redacted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.redaction import Redactor

MOST_ITEMS = 40
MOST_CHARACTERS = 40_000
"""Of all items together: about 10,000 tokens."""
_ABOUT = ("title", "impact", "severity", "tags")
_SHOWN = ("id", "source", "kind", "at", "text", "facts")
_CANDIDATE = ("component", "category", "confidence", "evidence_ids")


def question(
    problem: Mapping[str, Any],
    bundle: Mapping[str, Any],
    candidates: Sequence[Mapping[str, Any]],
    redactor: Redactor,
) -> tuple[str, set[str]]:
    """The document, and the ids of the items that are in it.

    What the candidates cite is always in it; of the rest, as much as there is room for, and how many were left out.
    Every text is redacted before it becomes part of the document, so that none of them can break its form.
    """
    cited = {item_id for one in candidates for item_id in one["evidence_ids"]}
    chosen: list[dict[str, Any]] = []
    room = MOST_CHARACTERS
    for item in sorted(bundle["items"], key=lambda item: item["id"] not in cited):
        shown = _hidden({name: item[name] for name in _SHOWN if name in item}, redactor)
        room -= len(json.dumps(shown, ensure_ascii=False))
        if room < 0 or len(chosen) == MOST_ITEMS:
            break
        chosen.append({**shown, "id": item["id"]})
    document = {
        "problem": _hidden({name: problem[name] for name in _ABOUT if name in problem}, redactor),
        "evidence": chosen,
        "candidates": [_hidden({name: one[name] for name in _CANDIDATE}, redactor) for one in candidates],
        "missing": _hidden(list(bundle["missing"]), redactor),
        "left_out": len(bundle["items"]) - len(chosen),
    }
    return json.dumps(document, ensure_ascii=False), {item["id"] for item in chosen}


def _hidden(value: Any, redactor: Redactor) -> Any:
    """The value with every text in it redacted, names of fields too where a source made them."""
    if isinstance(value, str):
        return redactor.hide(value)
    if isinstance(value, Mapping):
        return {str(name): _hidden(part, redactor) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(part, redactor) for part in value]
    return value
