"""What can be asked for is what the files say; a file that says it wrongly stops the app with its name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError, NotFound
from shared.golden_paths.catalogue import FOLDER, GoldenPath, all_paths, golden_path, read_paths
from tests.unit.shared.golden_paths.conftest import Write

Change = Callable[[dict[str, Any]], object]


def test_every_folder_with_a_path_is_a_golden_path() -> None:
    assert [path.name for path in all_paths()] == sorted(
        each.name for each in FOLDER.iterdir() if (each / "path.yaml").exists()
    )
    assert "python-function" in [path.name for path in all_paths()]


def test_a_path_is_found_by_its_name() -> None:
    assert golden_path("python-function").runtime == "functions"


@pytest.mark.parametrize(
    "name", ["", "cobol", "../python-function", "layers", "python-function/skeleton", "PYTHON-FUNCTION"]
)
def test_a_name_that_is_not_listed_is_not_found_whatever_lies_on_disk(name: str) -> None:
    with pytest.raises(NotFound):
        golden_path(name)


def test_files_are_read_once() -> None:
    assert all_paths() is all_paths()


def test_a_path_has_its_own_parameters_and_those_of_all_paths(write: Write) -> None:
    schema = write().schema

    assert schema["additionalProperties"] is False
    assert {"name", "tier", "greeting", "size"} <= schema["properties"].keys()
    assert {"name", "greeting"} <= set(schema["required"])


@pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
def test_every_parameter_speaks_both_languages(path: GoldenPath) -> None:
    for name, schema in path.schema["properties"].items():
        for key in ("title", "x-title-pt", "description", "x-description-pt"):
            assert schema.get(key), f"{name} has no {key}"
        assert "default" in schema or "examples" in schema, f"{name} shows no example"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d.pop("owner"), "'owner' is a required property"),
        (lambda d: d.update(name="other"), "name of its folder"),
        (lambda d: d.update(surprise=1), "surprise"),
        (lambda d: d.update(runtime="mainframe"), "runtime: 'mainframe'"),
        (lambda d: d.update(steps=["pipeline"]), "steps"),
        (lambda d: d.update(layers=["nowhere"]), "no folder"),
        (lambda d: d["policies"]["approval"].pop("risk"), "policies.approval: 'risk'"),
        (
            lambda d: d["parameters"]["properties"].update(tier={"type": "string"}),
            "every path has it already",
        ),
        (
            lambda d: d["parameters"].update(required=["colour"]),
            "parameters.colour: is required and not described",
        ),
        (lambda d: d["parameters"]["properties"].update(size={"type": "colour"}), "parameters: "),
    ],
)
def test_a_broken_path_is_named_with_its_fault(
    write: Write, document: dict[str, Any], change: Change, fault: str
) -> None:
    change(document)
    with pytest.raises(ConfigurationError) as broken:
        write()
    assert "small/path.yaml" in str(broken.value)
    assert fault in str(broken.value)


@pytest.mark.parametrize("content", [b"a: [", b"- a", b"\xff", b"!!python/object/apply:os.getcwd []"])
def test_a_file_that_is_no_mapping_is_named(write: Write, folder: Path, content: bytes) -> None:
    write()
    (folder / "small" / "path.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"small/path\.yaml"):
        read_paths(folder)
