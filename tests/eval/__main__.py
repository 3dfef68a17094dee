"""`python -m tests.eval [--only NAME] [--data FILE] [--tuning]`: judge; write build/eval.json and docs/ai-quality.md.

--data judges a file of the documented format (JSON Lines) in place of the evaluation's own data; --tuning judges only
what is not held out, for work on the rules. Neither of them changes the page. Exit status 1 when a record is not of
the format.
"""

import argparse
import importlib
import pkgutil
import sys
import time
from pathlib import Path
from types import ModuleType

import tests.eval
from tests.eval import page, runs

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "eval.json"
PAGE = ROOT / "docs" / "ai-quality.md"


def evaluations() -> dict[str, ModuleType]:
    """The modules of this package that evaluate something, by name."""
    found = [
        importlib.import_module(f"tests.eval.{info.name}")
        for info in pkgutil.iter_modules(tests.eval.__path__)
        if info.name != "__main__"
    ]
    return {module.NAME: module for module in found if hasattr(module, "NAME")}


def main() -> None:
    known = evaluations()
    parser = argparse.ArgumentParser(description=__doc__, epilog=_formats(known))
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", choices=sorted(known), help="one evaluation")
    parser.add_argument("--data", type=Path, help="labelled data in place of its own; needs --only")
    parser.add_argument("--tuning", action="store_true", help="only what is not held out")
    given = parser.parse_args()
    if given.data and not given.only:
        parser.error("--data needs --only: a file is of one evaluation's format")
    try:
        for name in [given.only] if given.only else sorted(known):
            _judge(known[name], given.data, given.tuning)
    except runs.WrongData as wrong:
        sys.exit(f"eval: {wrong}")


def _judge(module: ModuleType, data: Path | None, tuning: bool) -> None:
    started = time.monotonic()
    figures = runs.judged(module, data, tuning)
    print(f"eval: {module.NAME} ({time.monotonic() - started:.1f} s)\n\n{page.tables(module, figures)}\n")
    if tuning:
        return
    runs.write(RESULTS, module.NAME, figures, data)
    if data is None:
        page.write(PAGE, module, figures)


def _formats(known: dict[str, ModuleType]) -> str:
    return "\n\n".join(f"{name}: {known[name].FORMAT.strip()}" for name in sorted(known))


if __name__ == "__main__":
    main()
