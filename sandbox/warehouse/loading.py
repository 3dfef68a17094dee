"""How this process loads fakesnow: with nothing made outside the state folder.

__main__.py stands on this, and imports the engine only then.
"""

import tempfile
from pathlib import Path

TEMPORARY = "tmp"
"""In the state folder: the folder of what is temporary."""


def keep_temporary_files_in(folder: Path) -> None:
    """Have whatever is temporary in this process made there: fakesnow makes a folder when it is imported."""
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder.resolve())
