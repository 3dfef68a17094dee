"""`make check`: what CI runs. Format, lint, types, imports, then all tests with coverage of the app.

Each check prints what it found; the end names those that failed. `--skip-tests` where the tests ran already and
left their coverage data.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
WORKERS = os.environ.get("WORKERS", "2")

STATIC: dict[str, list[str | Path]] = {
    "format": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "types": [BIN / "mypy"],
    "imports": [BIN / "lint-imports"],
    "backstage": [BIN / "python", "-m", "tools.backstage", "--check"],
}
TESTS: dict[str, list[str | Path]] = {
    "tests": [BIN / "python", "-m", "pytest", "-n", WORKERS, "--dist", "loadfile", "--cov", "--cov-report="]
}
COVERAGE: dict[str, list[str | Path]] = {"coverage": [BIN / "python", "-m", "coverage", "report"]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--skip-tests", action="store_true", help="the tests ran before, with coverage")
    checks = STATIC | ({} if parser.parse_args().skip_tests else TESTS) | COVERAGE
    failed = [name for name, command in checks.items() if not _passes(name, command)]
    if failed:
        sys.exit(f"check: failed: {', '.join(failed)}")
    print("check: all passed")


def _passes(name: str, command: list[str | Path]) -> bool:
    print(f"check: {name}", flush=True)
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    main()
