"""Applies the migrations with schemachange, over the connection the app would use.

`python -m warehouse migrate` calls it; the statements that refresh KEPT are stored last.
Versioned scripts run once, views again when their text has changed;
what was applied is recorded in <database>.SCHEMACHANGE.CHANGE_HISTORY. Scripts of snowflake_only/ run on
Snowflake alone: the embedded engine has no grants, policies or integrations.
"""

import contextlib
import logging
import sys
from pathlib import Path
from typing import Any

import structlog
from schemachange.config.ChangeHistoryTable import ChangeHistoryTable
from schemachange.config.DeployConfig import DeployConfig
from schemachange.deploy import deploy
from schemachange.session.SnowflakeSession import SnowflakeSession

from shared.clients.snowflake import Login, connect, connect_arguments
from warehouse import kept

EVERYWHERE, SNOWFLAKE_ONLY = kept.MIGRATIONS, Path(__file__).parent / "snowflake_only"


def migrate(login: Login) -> list[str]:
    """Bring the database up to date; names of the scripts applied now, in order.

    Raises: what snowflake.connector raises, and schemachange for scripts it cannot order.
    """
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    arguments = connect_arguments(login)
    history = ChangeHistoryTable.from_str(f"{login.snowflake_database}.SCHEMACHANGE.CHANGE_HISTORY")
    session = _Session(
        schemachange_version="4",
        logger=structlog.get_logger(),
        change_history_table=history,
        autocommit=True,
        application=arguments.pop("application"),
        session_parameters=arguments.pop("session_parameters"),
        # schemachange passes the rest on as it is. Its own bindings are in the connector's default style.
        additional_snowflake_params={k: v for k, v in arguments.items() if k != "paramstyle"},
    )
    folders = [EVERYWHERE] if login.snowflake_host else [EVERYWHERE, SNOWFLAKE_ONLY]
    try:
        for folder in folders:
            config = DeployConfig.factory(
                config_file_path=folder / "schemachange-config.yml",
                root_folder=folder,
                change_history_table=history.fully_qualified,
                create_change_history_table=True,
                autocommit=True,
                config_vars={"role": login.snowflake_role, "database": login.snowflake_database},
            )
            deploy(config, session)
    finally:
        session.con.close()
    with contextlib.closing(connect(login)) as connection:
        kept.store(connection)
    return session.applied


class _Session(SnowflakeSession):
    """schemachange's session, remembering what it applied."""

    def __init__(self, **options: Any) -> None:
        self.applied: list[str] = []
        super().__init__(**options)

    def record_change_history(self, *args: Any, **options: Any) -> None:
        super().record_change_history(*args, **options)
        script = options.get("script") or args[0]
        self.applied.append(str(script.name))
