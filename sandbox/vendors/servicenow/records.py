"""Rows in tables: made, changed, found, deleted, with the rules of their table and its journal."""

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from sandbox.vendors.clock import now_ms, plain
from sandbox.vendors.servicenow import rules
from sandbox.vendors.servicenow.answers import no_record, refuse
from sandbox.vendors.servicenow.queries import Query
from sandbox.vendors.servicenow.rules import Row
from sandbox.vendors.servicenow.tables import JOURNAL_FIELDS, LONGEST, SIZES, TABLES, Table
from sandbox.vendors.store import Collection, Store

_READ_ONLY = frozenset({"sys_id", "number", "sys_created_on", "sys_created_by", "sys_mod_count"})


class Records:
    """All tables. collection: of a table's name."""

    def __init__(self, store: Store, collection: Callable[[str], Collection], counters: Collection) -> None:
        self._store, self._counters = store, counters
        self._rows = {table.name: collection(table.name) for table in TABLES.values()}

    def find(self, table: Table, query: Query) -> list[Mapping[str, str]]:
        rows = self._rows[table.name].documents.values()
        return query.sorted(row for row in rows if query.holds(row))

    def get(self, table: Table, sys_id: str) -> Row:
        """Raises: Refusal, 404."""
        if (row := self._rows[table.name].get(sys_id)) is None:
            raise no_record()
        return row

    def create(self, table: Table, given: Mapping[str, Any], user: str) -> Row:
        """user: sys_id of who does it. Raises: Refusal, 403."""
        now = plain(now_ms())
        blank = dict(table.defaults)
        asked = _texts(table, given)
        sys_id = asked.pop("sys_id", "") or secrets.token_hex(16)
        if self._rows[table.name].get(sys_id):
            raise refuse(HTTPStatus.FORBIDDEN, "Operation Failed", "Error during insert of duplicate sys_id")
        changes = rules.apply(table.name, blank, asked, now, user)
        name = self._name_of(user)
        made = blank | changes | {"sys_id": sys_id, "sys_class_name": table.name}
        made |= {"sys_created_on": now, "sys_created_by": name, "sys_updated_on": now, "sys_updated_by": name}
        if "opened_at" in made:
            made |= {"opened_at": made["opened_at"] or now, "opened_by": made["opened_by"] or user}
        with self._store.transaction():
            if table.prefix and not made["number"]:
                number = self._counters.next_number(table.name, table.first)
                made["number"] = f"{table.prefix}{number:07d}"
            return self._save(table, made, now, name)

    def update(self, table: Table, sys_id: str, given: Mapping[str, Any], user: str) -> Row:
        """Raises: Refusal, 403 or 404."""
        before = self.get(table, sys_id)
        now, name = plain(now_ms()), self._name_of(user)
        asked = {field: value for field, value in _texts(table, given).items() if field not in _READ_ONLY}
        changes = rules.apply(table.name, before, asked, now, user)
        if all(before.get(field) == value for field, value in changes.items()):
            return before
        count = str(int(before["sys_mod_count"]) + 1)
        stamps = {"sys_updated_on": now, "sys_updated_by": name, "sys_mod_count": count}
        with self._store.transaction():
            return self._save(table, {**before, **changes, **stamps}, now, name)

    def delete(self, table: Table, sys_id: str) -> None:
        """Raises: Refusal, 404."""
        if not self._rows[table.name].delete(sys_id):
            raise no_record()

    def _save(self, table: Table, row: Row, now: str, name: str) -> Row:
        """Write the row; what its journal fields hold goes to the journal instead."""
        if table.journal:
            for element in JOURNAL_FIELDS:
                if text := row[element]:
                    self._note(table.name, row["sys_id"], element, text, now, name)
                    row = {**row, element: ""}
        return self._rows[table.name].put(row["sys_id"], row)

    def _note(self, table: str, sys_id: str, element: str, text: str, now: str, name: str) -> None:
        entry_id = secrets.token_hex(16)
        entry = TABLES["sys_journal_field"].defaults | {
            "sys_id": entry_id,
            "sys_created_on": now,
            "sys_created_by": name,
            "name": table,
            "element": element,
            "element_id": sys_id,
            "value": text,
        }
        self._rows["sys_journal_field"].put(entry_id, entry)

    def _name_of(self, user: str) -> str:
        found = self._rows["sys_user"].get(user)
        return found["user_name"] if found else "system"


def _texts(table: Table, given: Mapping[str, Any]) -> Row:
    """The fields the table has, as the texts it stores."""
    return {
        name: _text(value)[: SIZES.get(name, LONGEST)]
        for name, value in given.items()
        if name in table.defaults and name != "comments_and_work_notes"
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
