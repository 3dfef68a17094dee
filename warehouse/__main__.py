"""`python -m warehouse migrate`: bring the warehouse up to date. `refresh`: compute the tables of KEPT anew.

Reads the app's SNOWFLAKE_* settings.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping

from shared.errors import ConfigurationError, VendorError
from warehouse.login import read_login


def main(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run one command; its exit status: 0 done, 1 the warehouse did not take it, 2 settings are missing."""
    parser = argparse.ArgumentParser(prog="python -m warehouse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="apply every migration that is missing")
    commands.add_parser("refresh", help="compute the tables of the schema KEPT anew")
    command = parser.parse_args(arguments).command
    try:
        login = read_login(environment)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2

    from snowflake.connector.errors import Error

    from warehouse.kept import refresh
    from warehouse.migrate import migrate

    try:
        if command == "refresh":
            made = asyncio.run(refresh(login))
            sys.stdout.write(
                f"{made} table(s) computed anew\n" if made else "another refresh is at it: nothing done\n"
            )
            return 0
        applied = migrate(login)
    except (Error, VendorError) as error:
        sys.stderr.write(f"The warehouse did not take it: {getattr(error, 'msg', error)}\n")
        return 1
    for name in applied:
        sys.stdout.write(f"applied {name}\n")
    sys.stdout.write(f"{len(applied)} migration(s) applied, the warehouse is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
