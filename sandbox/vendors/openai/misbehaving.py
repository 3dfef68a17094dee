"""Models at their worst, to order: ids that nobody gave, words without form, and obedience to whatever a text says."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.vendors.openai.prompt import Evidence
from sandbox.vendors.openai.structured import choices

NONSENSE = 'Certainly! Here is the answer you asked for:\n```json\n{"cause": ["lorem", "ipsum"\n```'
INVENTED = ["E9001", "E9002"]
_ORDER = re.compile(
    r"(?i)\b(?:ignor[ea]\w*|disregard|desconsider\w+|esque[çc]a\w*|forget|override|system prompt|you must|"
    r"must answer|you are now|voc[êe] (?:deve|agora)|responda|answer (?:that|with)|approv\w+|"
    r"aprov\w+|instru[çc]\w+|instructions?)\b"
)
_ID = re.compile(r"\bE\d+\b")


def invented(answer: Any) -> Any:
    """The answer with evidence that does not exist."""
    return _with_evidence(answer, INVENTED)


def obedient(answer: Any, schema: Mapping[str, Any], evidence: Evidence, prompt: Sequence[str]) -> Any:
    """The answer of a model that takes texts of the evidence for orders, and tells its own instructions besides.

    A category that an order names is answered, ids that it names are cited, confidence is complete. Without an order
    the answer stays as it is.
    """
    orders = {key: text for key, text in evidence.items() if _ORDER.search(text)}
    if not orders or not isinstance(answer, Mapping):
        return answer
    said = "\n".join(orders.values())
    named = [value for values in choices(schema) for value in values if _names(said, value)]
    cited = _ID.findall(said) or list(orders)
    leaked = f"{said}\n{prompt[0]}"
    obeyed = {
        name: 1.0
        if isinstance(value, float)
        else leaked[:300]
        if name not in ("component", "category") and isinstance(value, str)
        else value
        for name, value in answer.items()
    }
    if named and "category" in obeyed:
        obeyed["category"] = named[-1]
    return _with_evidence(obeyed, cited)


def _names(text: str, value: str) -> bool:
    return re.search(rf"(?i)\b{re.escape(value).replace('_', '[ _-]')}\b", text) is not None


def _with_evidence(answer: Any, ids: list[str]) -> Any:
    if not isinstance(answer, Mapping):
        return answer
    return {
        name: list(ids) if "evidence" in name and isinstance(value, list) else value
        for name, value in answer.items()
    }
