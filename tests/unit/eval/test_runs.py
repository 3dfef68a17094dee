"""An evaluation's run: records of a file or of its own, parts apart, figures kept, the page's section replaced."""

import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.eval import page, runs


def counting(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found = list(records)
    return {"records": len(found), "share": sum(record["right"] for record in found) / len(found)}


@pytest.fixture
def module() -> ModuleType:
    made: Any = ModuleType("counts")
    made.NAME, made.ABOUT, made.FORMAT = "counts", "Counts what is right.", '{"right": 0 or 1}'
    made.DATA = lambda: [{"right": 1, "held_out": False}, {"right": 0, "held_out": True}]
    made.evaluate = counting
    return made  # type: ignore[no-any-return]


def file_of(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "given.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_what_is_held_out_is_judged_apart(module: ModuleType) -> None:
    assert runs.judged(module, None) == {
        "tuning": {"records": 1, "share": 1.0},
        "held out": {"records": 1, "share": 0.0},
    }


def test_work_on_the_rules_never_sees_what_is_held_out(module: ModuleType) -> None:
    assert runs.judged(module, None, tuning=True).keys() == {"tuning"}


def test_a_file_of_the_format_is_judged_whole(module: ModuleType, tmp_path: Path) -> None:
    file = file_of(tmp_path, '{"right": 1}', "", '{"right": 1}')

    assert runs.judged(module, file) == {"all": {"records": 2, "share": 1.0}}


@pytest.mark.parametrize(
    ("line", "said"),
    [("{", "line 1: not JSON"), ("[]", "line 1: not an object"), ('{"left": 1}', '{"right": 0 or 1}')],
)
def test_a_file_of_another_format_is_refused_with_what_is_wrong(
    module: ModuleType, tmp_path: Path, line: str, said: str
) -> None:
    with pytest.raises(runs.WrongData, match=said.replace("{", r"\{")):
        runs.judged(module, file_of(tmp_path, line))


def test_an_empty_file_is_no_result(module: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(runs.WrongData, match="holds no record"):
        runs.judged(module, file_of(tmp_path, ""))


def test_figures_of_other_evaluations_and_other_data_stay(tmp_path: Path) -> None:
    results = tmp_path / "build" / "eval.json"
    runs.write(results, "counts", {"all": 1}, None)
    runs.write(results, "other", {"all": 2}, None)
    runs.write(results, "counts", {"all": 3}, tmp_path / "given.jsonl")

    kept = json.loads(results.read_text(encoding="utf-8"))
    assert kept == {"counts": {"all": 1}, "other": {"all": 2}, "counts:given.jsonl": {"all": 3}}


def test_a_section_is_made_once_and_then_replaced_between_its_markers(
    module: ModuleType, tmp_path: Path
) -> None:
    file = tmp_path / "page.md"
    file.write_text("# Title\n\nWords of people.\n", encoding="utf-8")

    page.write(file, module, {"all": {"share": 0.25}})
    page.write(file, module, {"all": {"share": 0.75}})

    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Title\n\nWords of people.\n\n## counts\n")
    assert text.count("<!-- eval:counts -->") == text.count("<!-- /eval:counts -->") == 1
    assert "| share | 0.750 |" in text
    assert "0.250" not in text
    assert "Counts what is right." in text
