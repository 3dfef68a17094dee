"""Warehouse over a connection that behaves as told; the real protocol is in tests/integration/warehouse."""

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.auth import AuthByKeyPair
from snowflake.connector.errors import DatabaseError, Error, HttpError, OperationalError, ProgrammingError

from shared.clients.snowflake import Warehouse, connect_arguments
from shared.clients.snowflake_errors import FileRefused
from shared.clients.snowflake_load import is_loadable
from shared.errors import ConfigurationError, OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable
from shared.settings import Secret


class Connection:
    """A connection and its cursor in one. `answers`: start of a statement -> rows, or an error to raise."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers or {}
        self.statements: list[str] = []
        self.bound: list[Any] = []
        self.description: list[tuple[str]] = []
        self.closed = False
        self._rows: list[tuple[Any, ...]] = []

    def cursor(self) -> "Connection":
        return self

    def execute(self, statement: str, params: Any = None) -> None:
        self.statements.append(statement)
        self.bound.append(params)
        found: Any = next((self.answers[start] for start in self.answers if statement.startswith(start)), [])
        if isinstance(found, Exception):
            raise found
        columns, *rows = found or [()]
        self.description, self._rows = [(name,) for name in columns], rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def close(self, retry: bool = True) -> None:
        self.closed = self.closed or not retry

    @property
    def verbs(self) -> list[str]:
        return [statement.split()[0] for statement in self.statements]


def copied(*files: tuple[str, int]) -> list[Any]:
    return [("file", "status", "rows_loaded"), *((name, "LOADED", rows) for name, rows in files)]


def connecting(*connections: Any) -> Callable[[], Any]:
    left = iter(connections)

    def connect() -> Any:
        found: Any = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return connect


def failing(error: Error) -> Warehouse:
    return Warehouse(lambda: Connection({"SELECT": error, "UPDATE": error}))


async def test_rows_are_dicts_by_column() -> None:
    connection = Connection({"SELECT": [("A", "B"), (1, "x"), (2, None)]})

    rows = await Warehouse(lambda: connection).query("SELECT A, B FROM T WHERE C = ?", ["c"])

    assert rows == [{"A": 1, "B": "x"}, {"A": 2, "B": None}]
    assert connection.bound == [["c"]]


async def test_one_connection_is_kept() -> None:
    warehouse = Warehouse(connecting(Connection()))
    await warehouse.ping()
    await warehouse.ping()


async def test_an_expired_session_is_renewed_and_the_statement_repeated() -> None:
    gone = ProgrammingError(msg="Session no longer exists.", errno=390111, sqlstate="08001")
    expired, fresh = Connection({"SELECT": gone}), Connection({"SELECT": [("A",), (1,)]})

    rows = await Warehouse(connecting(expired, fresh)).query("SELECT 1 AS A")

    assert rows == [{"A": 1}]
    assert expired.closed


async def test_a_session_that_expires_at_once_again_is_unavailable() -> None:
    gone = ProgrammingError(msg="gone", errno=390114, sqlstate="08001")
    with pytest.raises(VendorUnavailable):
        await failing(gone).ping()


async def test_a_connection_that_failed_is_not_used_again() -> None:
    lost = OperationalError(msg="no answer", errno=250003)
    broken, fresh = Connection({"SELECT": lost}), Connection()
    warehouse = Warehouse(connecting(broken, fresh))

    with pytest.raises(VendorUnavailable):
        await warehouse.ping()
    await warehouse.ping()

    assert broken.closed
    assert fresh.statements == ["SELECT 1"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OperationalError(msg="x", errno=250001, sqlstate="08001"), VendorUnavailable),
        (OperationalError(msg="x", errno=251011), VendorUnavailable),
        (ProgrammingError(msg="lock", errno=625, sqlstate="57014"), VendorUnavailable),
        (ProgrammingError(msg="time-out", errno=630, sqlstate="57014"), VendorUnavailable),
        (ProgrammingError(msg="internal", errno=603, sqlstate="XX000"), VendorUnavailable),
        (HttpError(msg="x", errno=290503, sqlstate="08001"), VendorUnavailable),
        (HttpError(msg="x", errno=290404, sqlstate="08001"), VendorRefused),
        (DatabaseError(msg="wrong password", errno=390100, sqlstate="28000"), VendorRefused),
        (DatabaseError(msg="bad token", errno=390144, sqlstate="28000"), VendorRefused),
        (DatabaseError(msg="role not granted", errno=390189, sqlstate="08001"), VendorRefused),
        (ProgrammingError(msg="no such table", errno=2003, sqlstate="42S02"), VendorRefused),
        (ProgrammingError(msg="no right", errno=3001, sqlstate="42501"), VendorRefused),
    ],
)
async def test_errors_are_told_apart_by_number(error: Error, kind: type[VendorError]) -> None:
    for warehouse in (failing(error), Warehouse(connecting(error))):
        with pytest.raises(VendorError) as raised:
            await warehouse.ping()
        assert type(raised.value) is kind
        assert raised.value.vendor == "snowflake"


async def test_a_load_without_an_answer_may_have_been_done() -> None:
    lost = OperationalError(msg="no answer", errno=250003)

    with pytest.raises(OutcomeUnknown):
        await failing(lost).load_events({"a.jsonl": b"{}"})
    with pytest.raises(VendorUnavailable) as raised:
        await failing(lost).ping()
    assert type(raised.value) is VendorUnavailable


async def test_what_does_not_fit_is_refused_without_being_quoted() -> None:
    error = ProgrammingError(msg="Error parsing JSON: 111.444.777-35", errno=100069, sqlstate="22P02")

    with pytest.raises(FileRefused) as raised:
        await failing(error).load_events({"a.jsonl": b"{}"})
    assert "111" not in str(raised.value).replace("100069", "")


async def test_a_load_is_one_transaction_under_one_lock() -> None:
    connection = Connection({"COPY": copied(("landing/2026/b.jsonl", 2), ("landing/2026/a.jsonl", 1))})
    files = {"2026/a.jsonl": b"{}\n", "2026/b.jsonl": b"{}\n{}\n", "2026/empty.jsonl": b"\n"}

    rows = await Warehouse(lambda: connection).load_events(files)

    assert rows == {"2026/a.jsonl": 1, "2026/b.jsonl": 2, "2026/empty.jsonl": 0}
    assert connection.verbs == ["PUT", "BEGIN", "UPDATE", "SELECT", "COPY", "INSERT", "COMMIT", "REMOVE"]
    assert "FILES = ('2026/a.jsonl', '2026/b.jsonl')" in connection.statements[4]
    bound = connection.bound[5]
    assert (bound[0::3], bound[2::3]) == (["2026/a.jsonl", "2026/b.jsonl"], [1, 2])
    assert connection.statements[5].count("(?, ?, ?)") == 2


async def test_a_file_is_loaded_before_when_name_and_content_are() -> None:
    known = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha-256 of {}
    recorded = [("FILE_NAME", "CONTENT_SHA256"), ("a.jsonl", known), ("b.jsonl", "of another content")]
    connection = Connection({"SELECT": recorded, "COPY": copied(("b.jsonl", 1))})

    rows = await Warehouse(lambda: connection).load_events({"a.jsonl": b"{}", "b.jsonl": b"{}"})

    assert rows == {"a.jsonl": 0, "b.jsonl": 1}
    assert "FILES = ('b.jsonl')" in connection.statements[4]


@pytest.mark.parametrize("statement", ["UPDATE", "SELECT", "COPY", "INSERT", "COMMIT"])
async def test_a_load_that_fails_is_rolled_back(statement: str) -> None:
    error = ProgrammingError(msg="no", errno=2003, sqlstate="42S02")
    connection = Connection({"COPY": copied(("a.jsonl", 1))} | {statement: error})

    with pytest.raises(VendorRefused):
        await Warehouse(lambda: connection).load_events({"a.jsonl": b"{}"})
    assert connection.verbs[-1] == "ROLLBACK"


@pytest.mark.parametrize("results", [[("a.jsonl", 1)], [("a.jsonl", 1), ("aa.jsonl", 0)]])
async def test_a_load_that_leaves_rows_out_is_rolled_back(results: list[tuple[str, int]]) -> None:
    connection = Connection({"COPY": copied(*results)})

    with pytest.raises(FileRefused, match=r"0 rows came of the 1 lines of aa\.jsonl"):
        await Warehouse(lambda: connection).load_events({"a.jsonl": b"{}", "aa.jsonl": b"{}"})
    assert "COMMIT" not in connection.verbs


async def test_nothing_to_load_asks_nothing() -> None:
    connection = Connection()
    assert await Warehouse(lambda: connection).load_events({"a.jsonl": b""}) == {"a.jsonl": 0}
    assert connection.statements == []


@pytest.mark.parametrize(
    "name",
    ["", "a", "/a.jsonl", "a//b.jsonl", "../a.jsonl", "a.b/c.jsonl", "a'.jsonl", "a b.jsonl", "ç.jsonl"],
)
def test_a_name_that_could_change_a_statement_is_not_loadable(name: str) -> None:
    assert not is_loadable(name)


async def test_a_name_that_is_not_loadable_reaches_no_statement() -> None:
    connection = Connection()
    with pytest.raises(FileRefused):
        await Warehouse(lambda: connection).load_events({"a'; DROP TABLE X.jsonl": b"{}"})
    assert connection.statements == []


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("line_break", ["\n", "\\n"])
def test_a_key_is_preferred_to_a_password(key: rsa.RSAPrivateKey, line_break: str) -> None:
    form, nothing = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, form, nothing).decode().replace("\n", line_break)

    arguments = connect_arguments(login(snowflake_private_key=Secret(pem), snowflake_password=Secret("p")))

    assert arguments["authenticator"] == "SNOWFLAKE_JWT"
    assert arguments["private_key"] == key.private_bytes(serialization.Encoding.DER, form, nothing)
    assert "password" not in arguments
    # The connector signs its login with it.
    token = AuthByKeyPair(arguments["private_key"]).prepare(account="org-account", user="VALUEFLOW")
    claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])
    assert claims["sub"] == "ORG-ACCOUNT.VALUEFLOW"


def test_a_key_that_cannot_be_read_is_named_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="SNOWFLAKE_PRIVATE_KEY") as raised:
        connect_arguments(login(snowflake_private_key=Secret("MIIEvQIBADANBg")))
    assert "MII" not in str(raised.value)


def test_time_outs_are_set_and_nothing_is_told_to_others() -> None:
    arguments = connect_arguments(login(), timeout_s=7)

    assert (arguments["network_timeout"], arguments["socket_timeout"], arguments["login_timeout"]) == (
        7,
        7,
        7,
    )
    assert arguments["session_parameters"]["CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED"] is False
    assert "host" not in arguments


def test_the_embedded_warehouse_is_found_by_address() -> None:
    arguments = connect_arguments(login(snowflake_host="127.0.0.1", snowflake_port=1234))

    assert (arguments["host"], arguments["port"], arguments["protocol"]) == ("127.0.0.1", 1234, "https")
    assert arguments["password"] == "p"


def test_the_connector_is_loaded_at_the_first_connection() -> None:
    code = "import sys, shared.clients.snowflake as s; s.warehouse(0); sys.exit('snowflake.connector' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def login(**changes: Any) -> Any:
    settings = {
        "snowflake_account": "org-account",
        "snowflake_user": "VALUEFLOW",
        "snowflake_private_key": Secret(""),
        "snowflake_password": Secret("p"),
        "snowflake_role": "VALUEFLOW_LOADER",
        "snowflake_warehouse": "VALUEFLOW",
        "snowflake_database": "VALUEFLOW",
        "snowflake_host": "",
        "snowflake_port": 443,
        "snowflake_protocol": "https",
    }
    return SimpleNamespace(**(settings | changes))
