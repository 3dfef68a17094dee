"""Snowflake: events are loaded into RAW, and views of CORE and MART are read.

Callers are activities and shared.loading. The connector is imported at the first connection; its blocking
calls run in a thread, one at a time, over one connection that is kept and renewed when it has expired.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.clients import snowflake_load, snowflake_typing
from shared.clients.snowflake_errors import session_is_gone, vendor_error
from shared.errors import ConfigurationError, VendorUnavailable
from shared.settings import Secret

TIMEOUT_S = 60
LOGIN_TIMEOUT_S = 15
LOCK_TIMEOUT_S = 30
APPLICATION = "ValueFlow"
WRITES = frozenset({"load_events", "type_events"})


class Login(Protocol):
    """The settings this client needs; shared.settings.Settings is one."""

    @property
    def snowflake_account(self) -> str: ...
    @property
    def snowflake_user(self) -> str: ...
    @property
    def snowflake_private_key(self) -> Secret: ...
    @property
    def snowflake_password(self) -> Secret: ...
    @property
    def snowflake_role(self) -> str: ...
    @property
    def snowflake_warehouse(self) -> str: ...
    @property
    def snowflake_database(self) -> str: ...
    @property
    def snowflake_host(self) -> str: ...
    @property
    def snowflake_port(self) -> int: ...
    @property
    def snowflake_protocol(self) -> str: ...


def warehouse(login: Login, timeout_s: int = TIMEOUT_S) -> "Warehouse":
    """The warehouse that `login` names. timeout_s: how long one statement may take, retries included."""
    return Warehouse(lambda: connect(login, timeout_s))


def connect_arguments(login: Login, timeout_s: int = TIMEOUT_S) -> dict[str, Any]:
    """What snowflake.connector.connect takes: key-pair where there is a key, else a password.

    Raises: ConfigurationError for a key that cannot be read.
    """
    arguments: dict[str, Any] = {
        "account": login.snowflake_account,
        "user": login.snowflake_user,
        "role": login.snowflake_role,
        "warehouse": login.snowflake_warehouse,
        "database": login.snowflake_database,
        "application": APPLICATION,
        "paramstyle": "qmark",
        "login_timeout": min(LOGIN_TIMEOUT_S, timeout_s),
        "network_timeout": timeout_s,
        "socket_timeout": timeout_s,
        "platform_detection_timeout_seconds": 0,
        "session_parameters": {
            "CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False,
            "LOCK_TIMEOUT": LOCK_TIMEOUT_S,
            "QUERY_TAG": APPLICATION,
            "TIMEZONE": "UTC",
        },
    }
    if login.snowflake_host:
        arguments |= {
            "host": login.snowflake_host,
            "port": login.snowflake_port,
            "protocol": login.snowflake_protocol,
        }
    if login.snowflake_private_key:
        arguments |= {"authenticator": "SNOWFLAKE_JWT", "private_key": _der(login.snowflake_private_key)}
    else:
        arguments["password"] = login.snowflake_password.get_secret_value()
    return arguments


def connect(login: Login, timeout_s: int = TIMEOUT_S) -> Any:
    """A connection of snowflake.connector. Raises what the connector raises."""
    from snowflake.connector import SnowflakeConnection
    from snowflake.connector.errors import Error

    class Connection(SnowflakeConnection):
        """A connection that stays silent when it cannot even cancel a statement at a server that is gone."""

        def _cancel_query(self, *args: Any) -> Any:
            with contextlib.suppress(Error):
                return super()._cancel_query(*args)
            return {"success": False}

    # The connector logs requests and stack traces of what it raises anyway.
    logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL)
    return Connection(**connect_arguments(login, timeout_s))


def _der(private_key: Secret) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    # App settings are one line: line breaks arrive as \n.
    pem = private_key.get_secret_value().replace("\\n", "\n").encode()
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise ConfigurationError("SNOWFLAKE_PRIVATE_KEY: not a PKCS#8 PEM key without passphrase") from None
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class Warehouse:
    """One Snowflake database.

    connect: gives a DB-API connection of snowflake.connector; called again when a session has ended.
    Every method raises VendorUnavailable (try later) or VendorRefused (do not).
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._turn = threading.Lock()

    async def ping(self) -> None:
        """Return when the warehouse lets us in and answers."""
        await self.query("SELECT 1")

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of one statement, as dicts by column name. params: values of the `?` in it."""

        def read(connection: Any) -> list[dict[str, Any]]:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(sql, params or None)
                columns = [column[0] for column in cursor.description or []]
                return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

        return await asyncio.to_thread(self._run, "query", read)

    async def load_events(self, files: Mapping[str, bytes]) -> dict[str, int]:
        """Load JSON Lines files into RAW.EVENTS in one transaction; a file loaded before is left out.

        files: name (its path below the stage) -> content, one JSON object a line. Returns rows loaded by
        file, 0 for a file that was in the table already.
        Raises: snowflake_load.FileRefused when the content of a file is at fault, so that the same call
        without that file would succeed; OutcomeUnknown when no answer came (calling again is safe).
        """
        return await asyncio.to_thread(
            self._run, "load_events", lambda connection: snowflake_load.load(connection, files)
        )

    async def type_events(self) -> None:
        """Type what was loaded since the last time: rows of RAW.EVENTS become rows of FACT.

        Raises: OutcomeUnknown when no answer came (calling again is safe). What is not typed yet is read all the same,
        more slowly.
        """
        await asyncio.to_thread(self._run, "type_events", snowflake_typing.type_events)

    async def close(self) -> None:
        """End the session."""
        await asyncio.to_thread(self._drop)

    def _run[T](self, operation: str, work: Callable[[Any], T]) -> T:
        from snowflake.connector.errors import Error

        with self._turn:
            renewed = False
            while True:
                sent = False
                try:
                    if self._connection is None:
                        self._connection = self._connect()
                    sent = operation in WRITES
                    return work(self._connection)
                except (Error, OSError) as error:
                    # Nothing ran in a session that was no longer there: a new one may do it, once.
                    if session_is_gone(error) and not renewed:
                        renewed = True
                        self._drop()
                        continue
                    failure = vendor_error(operation, error, sent)
                    if isinstance(failure, VendorUnavailable):
                        self._drop()
                    raise failure from None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close(retry=False)
