"""The load scripts and the data dictionary of Qlik are held to the views they are about."""

import csv
import re
from collections import defaultdict

from shared.clients.snowflake import Warehouse
from shared.marts import refresh_now
from tests.integration.warehouse.started import ROOT

QLIK = ROOT / "qlik"
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(QLIK.glob("*.qvs"))}
SELECTS = re.compile(r"\bSQL (SELECT\b.*?);", re.DOTALL)
WITHOUT_SCRIPT = {"DORA_PERIODS"}
"""What the daily, weekly and monthly views are made of."""
_COLUMNS = """SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS
WHERE TABLE_SCHEMA = 'MART' ORDER BY TABLE_NAME, ORDINAL_POSITION"""


async def columns(loader: Warehouse) -> list[tuple[str, str, str]]:
    rows = await loader.query(_COLUMNS)
    return [(row["TABLE_NAME"], row["COLUMN_NAME"], row["DATA_TYPE"]) for row in rows]


def dictionary() -> list[dict[str, str]]:
    with (QLIK / "data_dictionary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_by_scripts() -> dict[str, list[str]]:
    """The columns that the scripts' statements read, by view."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in SCRIPTS.values():
        for statement in SELECTS.findall(text):
            view = re.search(r'FROM "\$\(vDatabase\)"\.(?:MART|\$\(vDora\))\.(\w+)', statement)
            assert view, statement
            found[view[1]] += re.findall(r'^\s+(\w+) AS "', statement, re.MULTILINE)
    return found


async def test_the_dictionary_has_every_column_of_every_view_and_no_other(loader: Warehouse) -> None:
    described = [(row["view"], row["column"], row["type"]) for row in dictionary()]

    assert described == await columns(loader)
    assert all(row["meaning"].strip() for row in dictionary())


async def test_the_scripts_read_every_column_of_every_view(loader: Warehouse) -> None:
    there: dict[str, list[str]] = defaultdict(list)
    for view, column, _ in await columns(loader):
        there[view].append(column)

    assert read_by_scripts() == {view: of for view, of in there.items() if view not in WITHOUT_SCRIPT}


async def test_every_statement_of_the_scripts_runs(loader: Warehouse) -> None:
    assert await refresh_now(loader)
    statements = [one for text in SCRIPTS.values() for one in SELECTS.findall(text)]
    assert statements
    for statement in statements:
        filled = statement.replace("$(vDatabase)", "VALUEFLOW").replace("$(vReloadFrom)", "2025-01-01")
        for schema in {"KEPT", "MART"} if "$(vDora)" in filled else {""}:
            await loader.query(f"{filled.replace('$(vDora)', schema)} LIMIT 1")


def test_fields_of_different_tables_meet_in_the_keys_alone() -> None:
    fields: dict[str, list[str]] = defaultdict(list)
    for text in SCRIPTS.values():
        for statement in SELECTS.findall(text):
            for field in re.findall(r' AS "([\w.]+)"', statement):
                fields[field].append(statement)

    assert {field for field, of in fields.items() if len(of) > 1} == {"Day", "Service"}


def test_no_script_holds_a_credential() -> None:
    for name, text in SCRIPTS.items():
        code = re.sub(r"//.*", "", text)
        assert not re.search(
            r"password|pwd|secret|token|private|userid|xuser|xpassword", code, re.IGNORECASE
        ), name


def test_every_included_file_is_there() -> None:
    included = {
        name for text in SCRIPTS.values() for name in re.findall(r"lib://ValueFlow/([\w.]+)\]\);", text)
    }
    assert {name for name in included if not (QLIK / name).is_file()} == set()
    assert included | {"valueflow.qvs"} == set(SCRIPTS)
