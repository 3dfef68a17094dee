"""Evidence: what we know about a problem, each item with an id that a cause can cite.

Collectors give items without id; `bundle` numbers them and keeps them within bounds. What could not be had, and
what was left out, is part of the bundle, with its reason: missing is said, not hidden.

An item's `facts` are what rules read of it, by kind; its text is what people and models read:

problem {} · finding {entity_id, type, root_cause} · entity {entity_id, name, type, distance, relation, via} ·
metric {indicator, entity_id, baseline_median, baseline_mad, baseline_samples, during_median, samples, robust_z,
onset_ms, trend_per_hour} · log {entity_id, count, before_count, per_minute, before_per_minute, level, pattern,
first_ms} · deployment {entity_id, at_ms, run_id, commit, result, deployment_id} · run {service, deployment_id, at_ms,
run_id, commit, result, role, commits, files, configuration, migration, infrastructure} ·
configuration {entity_id, at_ms, what} · change {number, state, start_ms, end_ms, service, planned} ·
maintenance {start_ms, end_ms, entity_ids} · certificate {entity_id, expires_at_ms} ·
quota {entity_id, used, limit, what} · cost {} ·
similar {operation_id, number, similarity, category, action_type, outcome}
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

MOST_ITEMS = 40
MOST_CHARACTERS = 300
MOST_FACTS = 16
MOST_FACT_CHARACTERS = 160
MOST_LISTED = 10
"""Of a list among the facts."""


class Item(TypedDict):
    """One piece of evidence. at: ISO 8601 or "" when it has no moment; link: "" when there is none."""

    id: str
    source: str
    kind: str
    at: str
    text: str
    link: str
    facts: dict[str, Any]


class Missing(TypedDict):
    source: str
    reason: str


class Bundle(TypedDict):
    items: list[Item]
    missing: list[Missing]


def bundle(found: Sequence[Sequence[Mapping[str, Any]]], missing: Sequence[Missing]) -> Bundle:
    """Number the items of all collectors, in the order given: E1, E2, ...

    Each collector gives its most telling items first. Where there are more than MOST_ITEMS, each keeps its first
    ones, turn by turn, so that none crowds out another; how many of a kind were left out is said.
    """
    kept = _kept([len(collected) for collected in found])
    items = [item for collected, count in zip(found, kept, strict=True) for item in collected[:count]]
    left_out = Counter(
        str(item["kind"]) for collected, count in zip(found, kept, strict=True) for item in collected[count:]
    )
    reason = "left out: a bundle holds at most {most} items, {count} more were found"
    return Bundle(
        items=[_item(number, item) for number, item in enumerate(items, start=1)],
        missing=[
            *missing,
            *(
                Missing(source=kind, reason=reason.format(most=MOST_ITEMS, count=count))
                for kind, count in sorted(left_out.items())
            ),
        ],
    )


def _kept(counts: Sequence[int]) -> list[int]:
    """How many of each collector are kept, turn by turn until MOST_ITEMS are."""
    kept, left = [0] * len(counts), MOST_ITEMS
    while left and any(have < count for have, count in zip(kept, counts, strict=True)):
        for index, count in enumerate(counts):
            if left and kept[index] < count:
                kept[index] += 1
                left -= 1
    return kept


def _item(number: int, item: Mapping[str, Any]) -> Item:
    return Item(
        id=f"E{number}",
        source=item["source"],
        kind=item["kind"],
        at=item.get("at", ""),
        text=cut(item["text"], MOST_CHARACTERS),
        link=item.get("link", ""),
        facts={str(name): _fact(value) for name, value in list(item.get("facts", {}).items())[:MOST_FACTS]},
    )


def cut(text: str, most: int) -> str:
    """The text, visibly shortened when it is too long."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _fact(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:MOST_LISTED]]
    return _plain(value)


def _plain(value: Any) -> str | int | float | bool | None:
    """What JSON can say of one value: no number is infinite, nothing is nested."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int):
        return value
    return cut(str(value), MOST_FACT_CHARACTERS)
