"""The app's own YAML files say what is wrong with them, and where."""

from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from shared.yaml_files import check, check_parameters, faults_of, read_yaml

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}


def test_a_mapping_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("título: ação", encoding="utf-8")

    assert read_yaml(tmp_path / "own.yaml") == {"título": "ação"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"- a", "must be a YAML mapping"),
        (b"", "must be a YAML mapping"),
        (b"a: [", "cannot be read"),
        (b"a: \xff", "cannot be read"),
        (b"a: !!python/name:os.system", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigurationError, match=rf"own\.yaml: {told}"):
        read_yaml(file)


def test_every_fault_has_its_place_and_the_first_place_comes_first() -> None:
    assert faults_of(SCHEMA, {"a": 1}) == []
    assert faults_of(SCHEMA, {"b": "x", "a": "y"}) == [
        "a: 'y' is not of type 'integer'",
        "b: 'x' is not of type 'integer'",
    ]


def test_a_file_that_breaks_its_schema_is_named_with_its_first_fault() -> None:
    check(Path("own.yaml"), SCHEMA, {"a": 1, "b": 2})

    with pytest.raises(ConfigurationError, match=r"own\.yaml: a: 'y' is not"):
        check(Path("own.yaml"), SCHEMA, {"b": "x", "a": "y"})


def test_parameters_that_are_no_schema_are_named() -> None:
    check_parameters(Path("own.yaml"), SCHEMA)

    with pytest.raises(ConfigurationError, match=r"own\.yaml: parameters: "):
        check_parameters(Path("own.yaml"), {"type": "nothing"})
