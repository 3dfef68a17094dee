"""A row as the Table API shows it: strings, references as {link, value}, display values where asked for."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.vendors.servicenow.rules import STATES
from sandbox.vendors.servicenow.tables import Table

_LEVELS = {"1": "1 - High", "2": "2 - Medium", "3": "3 - Low"}
_PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}


def shown(
    table: Table,
    row: Mapping[str, str],
    query: Mapping[str, str],
    url: str,
    name_of: Callable[[str, str], str],
) -> dict[str, Any]:
    """query: of the request. url: the instance's. name_of: (table, sys_id) -> what people read."""
    wanted = [name.strip() for name in query.get("sysparm_fields", "").split(",") if name.strip()]
    display = query.get("sysparm_display_value", "false")
    plain = query.get("sysparm_exclude_reference_link") == "true"
    return {
        name: _field(table, name, row[name], display, plain, url, name_of)
        for name in (wanted or sorted(row))
        if name in row
    }


def _field(
    table: Table,
    name: str,
    value: str,
    display: str,
    plain: bool,
    url: str,
    name_of: Callable[[str, str], str],
) -> object:
    target = table.references.get(name)
    link = f"{url}/api/now/table/{target}/{value}"
    if display == "all":
        both = {"display_value": _display(table, name, value, name_of), "value": value}
        return both | ({"link": link} if target and value and not plain else {})
    if display == "true":
        text = _display(table, name, value, name_of)
        return {"display_value": text, "link": link} if target and value and not plain else text
    return {"link": link, "value": value} if target and value and not plain else value


def _display(table: Table, name: str, value: str, name_of: Callable[[str, str], str]) -> str:
    if name in ("state", "incident_state"):
        return STATES.get(table.name, {}).get(value, value)
    if name in ("impact", "urgency"):
        return _LEVELS.get(value, value)
    if name == "priority":
        return _PRIORITIES.get(value, value)
    target = table.references.get(name)
    return name_of(target, value) if target and value else value
