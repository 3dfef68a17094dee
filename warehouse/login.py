"""The SNOWFLAKE_* settings alone: migrations run where the rest of the app is not configured."""

from collections.abc import Mapping
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

from shared.clients.snowflake import Login
from shared.errors import ConfigurationError
from shared.settings import Settings, setting_name


def read_login(environment: Mapping[str, str]) -> Login:
    """The SNOWFLAKE_* settings of `environment`, with the app's names, defaults and checks.

    Raises: ConfigurationError that lists what is missing or wrong.
    """
    values: dict[str, Any] = {}
    faults: list[str] = []
    for each in fields(Settings):
        if not each.name.startswith("snowflake_"):
            continue
        raw = environment.get(setting_name(each), "").strip()
        try:
            values[each.name] = each.metadata["parse"](raw) if raw else each.default
        except ValueError as error:
            faults.append(f"{setting_name(each)}: {error}")
    if not values.get("snowflake_account"):
        faults.append("SNOWFLAKE_ACCOUNT: missing")
    if not (values.get("snowflake_private_key") or values.get("snowflake_password")):
        faults.append("SNOWFLAKE_PRIVATE_KEY: missing (SNOWFLAKE_PASSWORD for the embedded warehouse)")
    if faults:
        raise ConfigurationError(
            "The warehouse cannot be migrated:\n" + "\n".join(f"  - {f}" for f in faults)
        )
    return SimpleNamespace(**values)
