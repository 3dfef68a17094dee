"""What the loads rely on Snowflake to do, over the wire with the unmodified connector.

Runs against the embedded warehouse. With VALUEFLOW_CONTRACT_SNOWFLAKE=1 it runs unchanged against the account of
the SNOWFLAKE_* settings, in a schema of its own that it drops afterwards.
"""

import contextlib
import datetime
import decimal
import json
import os
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import DatabaseError, ProgrammingError

from shared.clients.snowflake import connect
from tests.integration.warehouse.started import embedded_warehouse, login
from warehouse.login import read_login

REAL = os.environ.get("VALUEFLOW_CONTRACT_SNOWFLAKE") == "1"
embedded_only = pytest.mark.skipif(REAL, reason="of the embedded warehouse only")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if REAL:
        yield read_login(os.environ)
        return
    with embedded_warehouse(tmp_path_factory.mktemp("warehouse")) as running:
        yield login(running.port)


@pytest.fixture
def schema(settings: Any) -> Iterator[str]:
    name = f"CONTRACT_{uuid.uuid4().hex[:12].upper()}"
    with opened(settings) as cursor:
        cursor.execute(f"CREATE SCHEMA {name}")
        cursor.execute(f"CREATE TABLE {name}.T (V VARIANT, FILE VARCHAR, LINE NUMBER)")
        cursor.execute(f"CREATE TABLE {name}.LOCKED (N NUMBER)")
        cursor.execute(f"INSERT INTO {name}.LOCKED VALUES (0)")
        cursor.execute(f"CREATE STAGE {name}.LANDING")
        yield name
        cursor.execute(f"DROP SCHEMA {name}")


@pytest.fixture
def cursor(settings: Any, schema: str, tmp_path: Path) -> Iterator[Any]:
    """A cursor in the schema, with two files of two lines in the stage."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"n": "{name}1"}}\n{{"n": "{name}2"}}\n')
    with opened(settings) as found:
        found.execute(f"USE SCHEMA {schema}")
        found.execute(
            f"PUT 'file://{tmp_path.as_posix()}/*.*' @LANDING/2026/11 AUTO_COMPRESS = FALSE OVERWRITE = TRUE"
        )
        yield found


@contextlib.contextmanager
def opened(settings: Any) -> Iterator[Any]:
    connection = connect(settings, 30)
    try:
        yield connection.cursor()
    finally:
        connection.close()


def copy(*files: str) -> str:
    named = ", ".join(f"'2026/11/{file}.jsonl'" for file in files)
    return (
        "COPY INTO T (V, FILE, LINE) FROM "
        "(SELECT $1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @LANDING) "
        f"FILES = ({named}) FILE_FORMAT = (TYPE = JSON) FORCE = TRUE"
    )


def rows(cursor: Any, sql: str, *params: Any) -> list[Any]:
    cursor.execute(sql, params or None)
    return list(cursor.fetchall())


def test_copy_names_file_and_line(cursor: Any) -> None:
    cursor.execute(copy("b"))
    columns = [column[0].lower() for column in cursor.description]
    [result] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    assert (result["status"], int(result["rows_loaded"])) == ("LOADED", 2)
    assert f"/{result['file']}".endswith("/2026/11/b.jsonl")
    found = rows(cursor, "SELECT V:n::VARCHAR, FILE, LINE FROM T ORDER BY LINE")
    assert found == [("b1", "2026/11/b.jsonl", 1), ("b2", "2026/11/b.jsonl", 2)]


def test_copy_asks_no_load_history_when_forced(cursor: Any) -> None:
    cursor.execute(copy("a"))
    cursor.execute(copy("a"))
    assert rows(cursor, "SELECT COUNT(*) FROM T") == [(4,)]


def test_copy_belongs_to_the_transaction(cursor: Any) -> None:
    for statement in ("BEGIN", copy("a", "b"), "ROLLBACK"):
        cursor.execute(statement)
    assert rows(cursor, "SELECT COUNT(*) FROM T") == [(0,)]


def test_a_malformed_file_fails_as_data(cursor: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"n": \n')
    cursor.execute(f"PUT 'file://{tmp_path.as_posix()}/bad.jsonl' @LANDING/2026/11 AUTO_COMPRESS = FALSE")
    with pytest.raises(ProgrammingError) as error:
        cursor.execute(copy("a", "bad"))
    assert 100_000 <= error.value.errno < 101_000
    assert rows(cursor, "SELECT COUNT(*) FROM T") == [(0,)]


def test_remove_takes_what_its_pattern_matches(cursor: Any) -> None:
    cursor.execute("REMOVE @LANDING PATTERN = '.*(2026/11/a[.]jsonl|2026/11/c[.]jsonl)'")
    assert [row[0].rpartition("/")[2] for row in rows(cursor, "LIST @LANDING")] == ["b.jsonl"]


def test_an_updated_row_holds_others_back_until_the_commit(settings: Any, schema: str) -> None:
    with opened(settings) as first, opened(settings) as second:
        first.execute("BEGIN")
        first.execute(f"UPDATE {schema}.LOCKED SET N = N + 1")
        seen: list[Any] = []

        def follow() -> None:
            second.execute("BEGIN")
            second.execute(f"UPDATE {schema}.LOCKED SET N = N + 1")
            seen.extend(rows(second, f"SELECT N FROM {schema}.LOCKED"))
            second.execute("COMMIT")

        following = threading.Thread(target=follow)
        following.start()
        following.join(0.3)
        assert following.is_alive()
        assert rows(first, f"SELECT N FROM {schema}.LOCKED") == [(1,)]
        first.execute("COMMIT")
        following.join(20)
        assert seen == [(2,)]


def test_values_travel_unchanged(cursor: Any) -> None:
    at = datetime.datetime.fromisoformat("2026-11-20T10:00:00.123456")
    [row] = rows(
        cursor,
        "SELECT CAST(? AS NUMBER(10, 2)), ?, ?, CAST(? AS TIMESTAMP_NTZ)",
        decimal.Decimal("1.25"),
        7,
        "ção'?",
        at,
    )
    assert row == (decimal.Decimal("1.25"), 7, "ção'?", at)


def test_null_is_null_in_every_type(cursor: Any) -> None:
    types = ("NUMBER", "VARCHAR", "TIMESTAMP_TZ", "TIMESTAMP_NTZ", "DATE", "BOOLEAN", "VARIANT")
    assert rows(cursor, "SELECT " + ", ".join(f"NULL::{each}" for each in types)) == [(None,) * len(types)]


def test_what_does_not_exist_has_its_number(cursor: Any) -> None:
    with pytest.raises(ProgrammingError) as error:
        cursor.execute("SELECT * FROM NOWHERE")
    assert (error.value.errno, error.value.sqlstate) == (2003, "42S02")


@embedded_only
def test_a_wrong_password_is_refused(settings: Any) -> None:
    with pytest.raises(DatabaseError) as error:
        connect(login(settings.snowflake_port, password="wrong"), 5)
    assert (error.value.errno, error.value.sqlstate) == (390100, "28000")


@embedded_only
def test_the_page_can_count_the_rows(settings: Any, cursor: Any, schema: str) -> None:
    cursor.execute(copy("a"))
    with urllib.request.urlopen(f"http://127.0.0.1:{settings.snowflake_port}/_sandbox/tables") as response:
        told = json.load(response)["tables"]
    assert {"database": "VALUEFLOW", "schema": schema, "name": "T", "kind": "table", "rows": 2} in told


@embedded_only
def test_without_a_session_nothing_is_answered(settings: Any) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{settings.snowflake_port}/queries/v1/query-request",
        data=b'{"sqlText": "SELECT 1"}',
        headers={"Authorization": 'Snowflake Token="guessed"'},
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["code"] == "390111"


@embedded_only
def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    with embedded_warehouse(tmp_path) as running:
        running.process.stdin.close()
        assert running.process.wait(5) == 0
