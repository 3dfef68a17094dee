"""Resolve pyproject.toml into requirements.txt (what Azure installs) and requirements-dev.txt (everything).

The second is constrained by the first, so that what is tested is what is deployed.
"""

import subprocess
import sys
from pathlib import Path

UV = str(Path(sys.executable).parent / "uv")
COMMON = [
    UV,
    "pip",
    "compile",
    "pyproject.toml",
    "--universal",
    "--python-version",
    "3.13",
    "--generate-hashes",
    "--quiet",
]
HEADER = ["--custom-compile-command", "make lock"]


def main() -> None:
    subprocess.run([*COMMON, *HEADER, "-o", "requirements.txt"], check=True)
    dev = ["--group", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt"]
    subprocess.run([*COMMON, *HEADER, *dev], check=True)


if __name__ == "__main__":
    main()
