"""WIQL as far as work items are asked for here: by all of several tags, by what changed since. All else is refused."""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from sandbox.vendors.azure_devops.answers import refuse
from sandbox.vendors.clock import from_iso
from sandbox.vendors.store import Document

_WORD = r"'((?:[^']|'')*)'"
_ORDER = r"\[System\.(?:ChangedDate|Id)\](?:\s+(?:ASC|DESC))?"
_QUERY = re.compile(
    r"\s*SELECT\s+\[System\.Id\](?:\s*,\s*\[[\w.]+\])*\s+FROM\s+WorkItems\s+WHERE\s+(?P<where>.+?)"
    rf"(?:\s+ORDER\s+BY\s+(?P<order>{_ORDER}(?:\s*,\s*{_ORDER})*))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_TAGGED = re.compile(rf"\[System\.Tags\]\s+CONTAINS\s+{_WORD}", re.IGNORECASE)
_HERE = re.compile(r"\[System\.TeamProject\]\s*=\s*@project", re.IGNORECASE)
_SINCE = re.compile(rf"\[System\.ChangedDate\]\s*>=\s*{_WORD}", re.IGNORECASE)
_BEHIND = re.compile(
    rf"\(\s*\[System\.ChangedDate\]\s*>\s*{_WORD}\s+OR\s+\[System\.Id\]\s*>\s*(\d+)\s*\)", re.IGNORECASE
)


def chosen(query: str, items: Sequence[Document]) -> list[Document]:
    """Those of the project's items that the query asks for, in its order. Raises: Refusal."""
    asked = _QUERY.fullmatch(query)
    if not asked:
        raise _unread("TF51005: The query is not understood here.")
    conditions = [
        _condition(clause.strip()) for clause in re.split(r"\s+AND\s+", asked["where"], flags=re.IGNORECASE)
    ]
    found = [one for one in items if all(holds(one) for holds in conditions)]
    for part in reversed((asked["order"] or "[System.Id]").split(",")):
        name, _, direction = part.strip().partition(" ")
        by_id = "ChangedDate".casefold() not in name.casefold()
        found.sort(
            key=lambda one: one["id"] if by_id else _changed_ms(one), reverse="DESC" in direction.upper()
        )
    return found


def tags_of(fields: dict[str, Any]) -> list[str]:
    """Its tags, each once, in order."""
    parts = re.split(r"[;,]", str(fields.get("System.Tags") or ""))
    return sorted({part.strip() for part in parts if part.strip()}, key=str.casefold)


def _condition(clause: str) -> Callable[[Document], bool]:
    if tagged := _TAGGED.fullmatch(clause):
        tag = tagged[1].replace("''", "'").casefold()
        return lambda item: tag in {one.casefold() for one in tags_of(item["fields"])}
    if since := _SINCE.fullmatch(clause):
        at_ms = _ms(since[1])
        return lambda item: _changed_ms(item) >= at_ms
    if behind := _BEHIND.fullmatch(clause):
        last_ms, last_id = _ms(behind[1]), int(behind[2])
        return lambda item: _changed_ms(item) > last_ms or item["id"] > last_id
    if _HERE.fullmatch(clause):
        return lambda item: True
    raise _unread(f"TF51005: The query references a condition that is not known here: {clause}")


def _changed_ms(item: Document) -> int:
    return from_iso(item["fields"]["System.ChangedDate"])


def _ms(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError:
        raise _unread("TF51006: The query statement has a date that cannot be read.") from None


def _unread(message: str) -> Exception:
    return refuse(HTTPStatus.BAD_REQUEST, message, "WorkItemTrackingQueryException")
