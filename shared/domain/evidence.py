"""Evidence: what we know about a problem, each item with an id that a cause can cite.

What could not be had is part of the bundle, with its reason: missing is said, not hidden.
"""

from collections.abc import Sequence
from typing import Any, TypedDict


class Item(TypedDict):
    """One piece of evidence. at: ISO 8601 or "" when it has no moment; link: "" when there is none."""

    id: str
    source: str
    kind: str
    at: str
    text: str
    link: str


class Missing(TypedDict):
    source: str
    reason: str


class Bundle(TypedDict):
    items: list[Item]
    missing: list[Missing]


def bundle(found: Sequence[Sequence[dict[str, Any]]], missing: Sequence[Missing]) -> Bundle:
    """Number the items of all collectors, in the order given: E1, E2, ..."""
    items = [item for collected in found for item in collected]
    numbered = [
        Item(
            id=f"E{number}",
            source=item["source"],
            kind=item["kind"],
            at=item.get("at", ""),
            text=item["text"],
            link=item.get("link", ""),
        )
        for number, item in enumerate(items, start=1)
    ]
    return Bundle(items=numbered, missing=list(missing))
