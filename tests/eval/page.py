"""docs/ai-quality.md: one section an evaluation, written by the run between its two markers; the rest is people's."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_SECTION = "## {name}\n\n<!-- eval:{name} -->\n<!-- /eval:{name} -->\n"


def write(file: Path, module: ModuleType, figures: Mapping[str, Any]) -> None:
    """Put the section in place of the one that is there; a new one goes to the end."""
    opening, closing = f"<!-- eval:{module.NAME} -->\n", f"<!-- /eval:{module.NAME} -->"
    text = file.read_text(encoding="utf-8") if file.exists() else "# How well the assistant judges\n"
    if opening not in text:
        text = f"{text.rstrip()}\n\n{_SECTION.format(name=module.NAME)}"
    before, _, rest = text.partition(opening)
    _, _, after = rest.partition(closing)
    section = f"\n{module.ABOUT.strip()}\n\n{tables(module, figures)}\n\n"
    file.write_text(f"{before}{opening}{section}{closing}{after}", encoding="utf-8")


def tables(module: ModuleType, figures: Mapping[str, Any]) -> str:
    """The figures in Markdown: as the module shows them, else one table with a column for each part."""
    if hasattr(module, "table"):
        return str(module.table(figures)).strip()
    flat = {part: dict(_flat(of_part)) for part, of_part in figures.items()}
    names = list(dict.fromkeys(name for of_part in flat.values() for name in of_part))
    return table(("figure", *flat), [(name, *(flat[part].get(name, "") for part in flat)) for name in names])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; numbers that are not whole get three places."""
    lines = [list(head), ["---"] * len(head), *([_shown(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _flat(figures: Any, name: str = "") -> Iterable[tuple[str, object]]:
    if isinstance(figures, Mapping):
        for key, value in figures.items():
            yield from _flat(value, f"{name} · {key}" if name else str(key))
    elif not isinstance(figures, list):
        yield name, figures


def _shown(cell: object) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)
