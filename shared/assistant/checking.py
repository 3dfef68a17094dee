"""What of a model's answer is believed: evidence that exists, and a cause that the facts bear out.

A model reads the free text of logs, tickets and commit messages, which anybody may have written. So it may choose
among the candidates that structured facts make likely, and word the choice; it cannot bring in another cause, however
a text asks for one.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.assistant.port import Cause

LEAST_BACKED = 0.1
"""The confidence of the ranking from which a candidate may be chosen."""
COPIED = 40
"""Characters of the instructions in a row that are no coincidence."""
_ADDRESS = re.compile(r"(?i)\b(?:https?|ftp)://|\bwww\.|\bdata:\w+/")


def backing(cause: Cause, candidates: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The candidate that the answer chose; None where it chose none, or one that the facts hardly speak for."""
    for one in candidates:
        named = not cause.component or one["component"].casefold() == cause.component.strip().casefold()
        if one["category"] == cause.category and named and one["confidence"] >= LEAST_BACKED:
            return one
    return None


def fault(
    cause: Cause, known: set[str], candidates: Sequence[Mapping[str, Any]], instructions: str = ""
) -> str:
    """What is wrong with the answer, in words for the model; "" for nothing.

    known: ids of the evidence it was given. instructions: what it was told to do, which is for no reader.
    """
    invented = [item_id for item_id in cause.evidence_ids if item_id not in known]
    if invented:
        return f"there is no evidence with the id {', '.join(invented)}"
    if not cause.evidence_ids and cause.category != "unknown":
        return "a cause must cite the evidence it rests on"
    if backing(cause, candidates) is None:
        return "component and category must be those of one candidate with a confidence of at least 0.1"
    said = f"{cause.hypothesis} {cause.refuted_by}"
    if holds_address(said):
        return "hypothesis and refuted_by must not hold addresses: people follow them"
    if repeats(said, instructions):
        return "hypothesis and refuted_by are about the problem, not about these instructions"
    return ""


def holds_address(said: str) -> bool:
    """Whether it holds an address that people might follow."""
    return bool(_ADDRESS.search(said))


def repeats(said: str, instructions: str) -> bool:
    """Whether COPIED characters or more of it are the instructions' own."""
    words, told = " ".join(said.split()), " ".join(instructions.split())
    return any(words[at : at + COPIED] in told for at in range(len(words) - COPIED + 1))
