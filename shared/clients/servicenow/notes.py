"""Work notes of a record, each once per key: ServiceNow keeps them in a table of their own, sys_journal_field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.clients.idempotency import Result, find_or_create, marker
from shared.clients.servicenow.tables import Table


async def note_once(
    table: Table[Any], operation: str, sys_id: str, key: str, text: str, changes: Mapping[str, str]
) -> Result:
    """Write the note, which ends with the key's marker, and the changes with it, unless it is there."""
    mark = marker(key)
    table.path_of(operation, sys_id)

    async def look() -> bool | None:
        rows = await table.api.call(
            operation,
            "GET",
            "/api/now/table/sys_journal_field",
            params={
                "sysparm_query": f"element_id={sys_id}^element=work_notes^valueLIKE{mark}",
                "sysparm_fields": "sys_id,element_id,value",
                "sysparm_limit": 100,
            },
            parse=lambda body: [row for row in body["result"] if row["element_id"] == sys_id],
        )
        # An instance drops a condition it does not understand and answers with every row.
        return any(mark in row["value"] for row in rows) or None

    async def write() -> bool:
        await table.update(operation, sys_id, {**changes, "work_notes": f"{text}\n{mark}"})
        return True

    return (await find_or_create(look, write))[1]
