"""How entities hang together: relationships are kept where they begin, and seen from both ends."""

from collections.abc import Iterable, Mapping
from typing import Any

type Related = dict[str, list[dict[str, str]]]
"""Ids of entities, as {"id", "type"}, by the name of the relationship."""


def outgoing(kind: str, body: Mapping[str, Any]) -> Related:
    """fromRelationships: what the entity calls, and the processes and hosts it runs on."""
    found: Related = {}
    for target in body.get("calls", []):
        found.setdefault("calls", []).append(_id(str(target)))
    for target in body.get("runs_on", []):
        on_host = "isProcessOf" if kind == "PROCESS_GROUP_INSTANCE" else "runsOnHost"
        name = on_host if str(target).startswith("HOST-") else "runsOnProcessGroupInstance"
        found.setdefault(name, []).append(_id(str(target)))
    return found


def _id(entity_id: str) -> dict[str, str]:
    return {"id": entity_id, "type": entity_id.rpartition("-")[0]}


def incoming(entities: Iterable[Mapping[str, Any]]) -> dict[str, Related]:
    """toRelationships of every entity: the same relationships, seen from where they lead."""
    found: dict[str, Related] = {}
    for entity in entities:
        for name, targets in entity["fromRelationships"].items():
            for target in targets:
                mine = found.setdefault(target["id"], {}).setdefault(name, [])
                mine.append({"id": entity["entityId"], "type": entity["type"]})
    return found
