"""How this process loads fakesnow: fast, and with nothing made outside the state folder.

__main__.py stands on this, and imports the engine only then.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = "tmp"
"""In the state folder: the folder of what is temporary."""

CLOUD_SDKS = ("azure.identity", "boto3", "botocore")


@contextlib.contextmanager
def without_cloud_sdks() -> Iterator[None]:
    """Whoever imports a cloud SDK meanwhile is told that it is not installed.

    snowflake.connector.options tries to import them all, for logins and stages in clouds this process never
    sees, and does without those that are missing. They would take a quarter of its start.
    https://docs.python.org/3/reference/import.html#the-module-cache
    """
    hidden = [name for name in CLOUD_SDKS if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def keep_temporary_files_in(folder: Path) -> None:
    """Have whatever is temporary in this process made there: fakesnow makes a folder when it is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder.resolve())
