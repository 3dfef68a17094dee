"""One run of an evaluation: its records, its parts, its figures in build/eval.json."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ALL, TUNING, HELD_OUT = "all", "tuning", "held out"


class WrongData(Exception):
    """The file is not of the format; the message names the line or what is missing."""


def judged(module: ModuleType, data: Path | None, tuning: bool = False) -> dict[str, Any]:
    """The figures of each part: {"all": ...}, or {"tuning": ..., "held out": ...} where records say which they are.

    Raises: WrongData.
    """
    records = list(_records(module, data))
    if not records:
        raise WrongData(f"{data or module.NAME} holds no record")
    parts = {ALL: records}
    if any("held_out" in record for record in records):
        parts = {
            TUNING: [record for record in records if not record.get("held_out")],
            HELD_OUT: [record for record in records if record.get("held_out") and not tuning],
        }
    try:
        return {part: module.evaluate(chosen) for part, chosen in parts.items() if chosen}
    except (KeyError, TypeError, ValueError) as error:
        if data is None:
            raise
        fault = f"{data} is not of the format ({type(error).__name__}: {error})."
        raise WrongData(f"{fault}\n{module.FORMAT.strip()}") from error


def write(results: Path, name: str, figures: Mapping[str, Any], data: Path | None) -> None:
    """Put the figures beside those of other evaluations; those of other data stand under a name of their own."""
    earlier = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    merged = {**earlier, f"{name}:{data.name}" if data else name: figures}
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(merged, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_lines(file: Path) -> Iterable[dict[str, Any]]:
    """JSON Lines; empty lines are nothing. Raises: WrongData."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise WrongData(f"{file} cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise WrongData(f"{file}, line {number}: not JSON ({error})") from None
        if not isinstance(record, dict):
            raise WrongData(f"{file}, line {number}: not an object")
        yield record


def _records(module: ModuleType, data: Path | None) -> Iterable[dict[str, Any]]:
    source = data or module.DATA
    return source() if callable(source) else read_lines(Path(source))
