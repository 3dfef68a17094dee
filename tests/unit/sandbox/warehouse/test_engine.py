"""The embedded warehouse's engine: what it keeps, and where it does as Snowflake does."""

import decimal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

from sandbox.warehouse import statements
from sandbox.warehouse.engine import Engine
from sandbox.warehouse.sessions import Session

pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")


@pytest.fixture(autouse=True, scope="module")
def corrected() -> None:
    statements.install()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    built = Engine(tmp_path, idle_transaction_s=0.2)
    yield built
    built.close()


@pytest.fixture
def session(engine: Engine) -> Session:
    opened = engine.open_session("DB", "S")
    engine.sessions["first"] = opened
    return opened


def run(session: Session, sql: str, *params: Any) -> list[Any]:
    cursor = session.cursor()
    cursor.execute(sql, binding_params=list(params), server=True)
    return list(cursor.fetchall())


def staged(tmp_path: Path, name: str, content: str) -> Path:
    path = tmp_path / "stages" / "DB" / "S" / "LANDING" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def stage(session: Session, tmp_path: Path) -> Path:
    """A stage with two files of two lines, and a table to load them into."""
    run(session, "CREATE STAGE LANDING")
    run(session, "CREATE TABLE T (V VARIANT, FILE VARCHAR, LINE NUMBER)")
    for name in ("a", "b"):
        staged(tmp_path, f"x/{name}.jsonl", f'{{"n": "{name}1"}}\n{{"n": "{name}2"}}\n')
    return tmp_path / "stages" / "DB" / "S" / "LANDING"


COPY = """COPY INTO T (V, FILE, LINE) FROM (SELECT $1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @LANDING)
FILES = ('x/b.jsonl') FILE_FORMAT = (TYPE = JSON) FORCE = TRUE"""


def test_tables_views_and_stages_survive(
    engine: Engine, session: Session, stage: Path, tmp_path: Path
) -> None:
    run(session, COPY)
    run(session, "CREATE VIEW W AS SELECT COUNT(*) AS N FROM T")
    engine.close()

    again = Engine(tmp_path)
    reopened = again.open_session("DB", "S")
    assert run(reopened, "SELECT N FROM W") == [(2,)]
    assert [row[0] for row in run(reopened, "LIST @LANDING")] == ["landing/x/a.jsonl", "landing/x/b.jsonl"]
    again.close()


def test_copy_loads_the_named_files_with_their_name_and_line(session: Session, stage: Path) -> None:
    [result] = run(session, COPY)

    assert result[:4] == ("landing/x/b.jsonl", "LOADED", 2, 2)
    rows = run(session, "SELECT V:n::VARCHAR, FILE, LINE FROM T ORDER BY LINE")
    assert rows == [("b1", "x/b.jsonl", 1), ("b2", "x/b.jsonl", 2)]


def test_copy_of_a_file_that_is_not_there_fails(session: Session, stage: Path) -> None:
    with pytest.raises(ProgrammingError) as error:
        run(session, COPY.replace("b.jsonl", "nowhere.jsonl"))
    assert error.value.errno == 91016


def test_copy_of_what_is_no_json_fails_by_number(session: Session, stage: Path) -> None:
    (stage / "x" / "b.jsonl").write_text('{"n": \n')
    with pytest.raises(ProgrammingError) as error:
        run(session, COPY)
    assert (error.value.errno, error.value.sqlstate) == (100069, "22P02")


@pytest.mark.parametrize(("purge", "left"), [("", True), ("PURGE = FALSE", True), ("PURGE = TRUE", False)])
def test_a_file_is_purged_only_when_asked(session: Session, stage: Path, purge: str, left: bool) -> None:
    run(session, f"{COPY} {purge}")
    assert (stage / "x" / "b.jsonl").exists() is left


def test_remove_takes_the_files_of_a_path_or_a_pattern(session: Session, stage: Path) -> None:
    staged(stage.parents[3], "y/c.jsonl", "")

    assert run(session, "REMOVE @LANDING/y") == [("landing/y/c.jsonl", "removed")]
    assert run(session, "REMOVE @LANDING PATTERN = '.*x/a[.]jsonl'") == [("landing/x/a.jsonl", "removed")]
    assert run(session, "REMOVE @LANDING PATTERN = '.*nothing'") == []
    assert [row[0] for row in run(session, "LIST @LANDING")] == ["landing/x/b.jsonl"]


def test_a_staged_file_is_whole_while_it_is_replaced(stage: Path) -> None:
    with (stage / "x" / "a.jsonl").open() as reader:
        assert statements.server._write_bucket_file("DB/S/LANDING/x/a.jsonl", b"new")
        assert reader.read().startswith('{"n": "a1"}')
    assert (stage / "x" / "a.jsonl").read_text() == "new"


def test_nothing_is_written_outside_the_stages(stage: Path) -> None:
    assert statements.server._write_bucket_file("../DB.db", b"") is None


def test_a_copy_loads_all_files_or_none(session: Session, stage: Path) -> None:
    (stage / "x" / "bad.jsonl").write_text('{"n": \n')
    with pytest.raises(ProgrammingError):
        run(session, COPY.replace("'x/b.jsonl'", "'x/b.jsonl', 'x/bad.jsonl'"))
    assert run(session, "SELECT COUNT(*) FROM T") == [(0,)]


def test_a_transaction_that_is_rolled_back_leaves_nothing(session: Session, stage: Path) -> None:
    for statement in ("BEGIN", COPY, "ROLLBACK"):
        run(session, statement)
    assert run(session, "SELECT COUNT(*) FROM T") == [(0,)]


def test_a_second_writer_waits_for_the_first_and_sees_its_work(engine: Engine, session: Session) -> None:
    run(session, "CREATE TABLE LOCKED (N NUMBER)")
    run(session, "INSERT INTO LOCKED VALUES (0)")
    second = engine.open_session("DB", "S")
    run(session, "BEGIN")
    run(session, "UPDATE LOCKED SET N = N + 1")
    seen: list[Any] = []

    def wait_and_add() -> None:
        run(second, "BEGIN")
        run(second, "UPDATE LOCKED SET N = N + 1")
        seen.extend(run(second, "SELECT N FROM LOCKED"))
        run(second, "COMMIT")

    waiting = threading.Thread(target=wait_and_add)
    waiting.start()
    deadline = time.monotonic() + 5
    while not second.waiting and time.monotonic() < deadline:
        run(session, "SELECT 1")  # a client at work, however long it takes
        time.sleep(0.01)
    assert second.waiting
    run(session, "COMMIT")
    waiting.join(5)

    assert seen == [(2,)]


def test_a_silent_transaction_in_the_way_is_ended(engine: Engine, session: Session) -> None:
    run(session, "CREATE TABLE LOCKED (N NUMBER)")
    run(session, "INSERT INTO LOCKED VALUES (0)")
    run(session, "BEGIN")
    run(session, "UPDATE LOCKED SET N = 1")
    second = engine.open_session("DB", "S")

    run(second, "UPDATE LOCKED SET N = N + 10")

    assert run(second, "SELECT N FROM LOCKED") == [(10,)]
    assert "first" not in engine.sessions


def test_a_session_that_leaves_is_rolled_back(engine: Engine, session: Session) -> None:
    run(session, "CREATE TABLE T (N NUMBER)")
    run(session, "BEGIN")
    run(session, "INSERT INTO T VALUES (1)")
    del engine.sessions["first"]

    assert run(engine.open_session("DB", "S"), "SELECT COUNT(*) FROM T") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    ["GRANT SELECT ON ALL TABLES IN SCHEMA S TO ROLE R", "USE ROLE R", "USE WAREHOUSE W", "CREATE ROLE R"],
)
def test_what_has_no_meaning_on_one_machine_is_accepted(session: Session, statement: str) -> None:
    assert run(session, statement) == [("Statement executed successfully.",)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TASK T1 SCHEDULE = '1 MINUTE' AS SELECT 1",
        "CREATE MASKING POLICY P AS (V VARCHAR) RETURNS VARCHAR -> V",
        "CREATE STREAM S1 ON TABLE T",
        "CREATE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE",
    ],
)
def test_what_the_engine_cannot_do_is_refused(session: Session, statement: str) -> None:
    with pytest.raises(ProgrammingError) as error:
        run(session, statement)
    assert error.value.errno in (2, 1003, 9999)


@pytest.mark.parametrize(
    ("statement", "errno", "sqlstate"),
    [
        ("SELECT * FROM NOWHERE", 2003, "42S02"),
        ("SELEC 1", 1003, "42000"),
        ("INSERT INTO N VALUES (NULL)", 100072, "22000"),
    ],
)
def test_errors_have_snowflakes_numbers(session: Session, statement: str, errno: int, sqlstate: str) -> None:
    run(session, "CREATE TABLE N (A NUMBER NOT NULL)")
    with pytest.raises(ProgrammingError) as error:
        run(session, statement)
    assert (error.value.errno, error.value.sqlstate) == (errno, sqlstate)


@pytest.mark.parametrize(
    ("binding", "value"),
    [
        ({"type": "FIXED", "value": "7"}, 7),
        ({"type": "FIXED", "value": "-1.50"}, decimal.Decimal("-1.50")),
        ({"type": "REAL", "value": "1.5"}, 1.5),
        ({"type": "TEXT", "value": "7"}, "7"),
        ({"type": "ANY", "value": None}, None),
    ],
)
def test_bound_values_keep_their_type(binding: dict[str, Any], value: Any) -> None:
    bound = statements.server.from_binding(binding)
    assert (bound, type(bound)) == (value, type(value))


def test_tables_are_told_with_their_rows(engine: Engine, session: Session, stage: Path) -> None:
    run(session, COPY)
    run(session, "CREATE VIEW W AS SELECT * FROM T WHERE LINE = 1")
    run(session, "CREATE TABLE GONE (A NUMBER)")
    run(session, "CREATE VIEW BROKEN AS SELECT * FROM GONE")
    run(session, "DROP TABLE GONE")

    told = [(table["name"], table["kind"], table["rows"]) for table in engine.tables()]
    assert told == [("BROKEN", "view", None), ("T", "table", 2), ("W", "view", 1)]
