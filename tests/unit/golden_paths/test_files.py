"""Every path becomes files that parse, whatever was asked for, and that say what was asked for.

New paths are picked up by themselves.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.golden_paths.catalogue import GoldenPath, all_paths
from shared.golden_paths.rendering import render
from tests.unit.golden_paths import formats
from tests.unit.golden_paths.parameters import ORDINARY, parameters_of

MARK = "zqxj"
each_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)
many = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@each_path
@many
@given(data=st.data())
def test_every_rendered_file_parses_and_values_survive(path: GoldenPath, data: st.DataObject) -> None:
    parameters = data.draw(parameters_of(path))
    described = f"{MARK} {parameters['description']} {MARK}"
    files = render(path, {**parameters, "description": described})
    copied = _copied(path)

    found = []
    for name, content in files.items():
        if copied.get(name) == content:
            continue
        texts = formats.texts(name, content)
        if texts is not None and MARK in "".join(texts):
            assert described in texts, f"{name} does not hold the description as it was given"
            found.append(name)
    assert "catalog-info.yaml" in found
    assert "mkdocs.yml" in found


@each_path
def test_every_copied_file_parses(path: GoldenPath) -> None:
    for name, content in render(path, ORDINARY).items():
        formats.texts(name, content)


@each_path
@settings(many, max_examples=8)
@given(data=st.data())
def test_nothing_but_letters_of_the_service_s_name_is_in_its_paths(
    path: GoldenPath, data: st.DataObject
) -> None:
    for name in render(path, data.draw(parameters_of(path))):
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", name), name


@each_path
def test_no_template_is_left_over(path: GoldenPath) -> None:
    files = render(path, ORDINARY)
    for folder in path.folders:
        for source in folder.rglob("*.j2"):
            rendered = files.get(_plain_name(path, source.relative_to(folder).as_posix()))
            if rendered is None:
                continue  # a later folder's file of the same name won
            meant = re.findall(r"{%-? raw -?%}(.*?){%-? endraw -?%}", source.read_text(), re.DOTALL)
            text = rendered.decode()
            for raw in meant:
                text = text.replace(raw.removeprefix("\n"), "")
            assert not re.search(r"(?<!\$)\{\{|\{%|\{#", text), f"{source}: a delimiter is left"


@each_path
def test_the_same_request_gives_the_same_files(path: GoldenPath) -> None:
    assert render(path, ORDINARY) == render(path, dict(reversed(ORDINARY.items())))


@each_path
def test_nobody_s_secret_or_machine_is_in_a_skeleton(path: GoldenPath) -> None:
    for name, content in render(path, ORDINARY).items():
        text = content.decode()
        assert not re.search(
            r"(?<![\w.])/(?:home|Users|root)/\w|BEGIN [A-Z ]*PRIVATE KEY|AccountKey=[A-Za-z0-9+/]", text
        ), name


@each_path
def test_lines_end_as_git_ends_them(path: GoldenPath) -> None:
    for name, content in render(path, ORDINARY).items():
        assert b"\r" not in content, name


@each_path
def test_every_path_brings_what_people_look_for(path: GoldenPath) -> None:
    files = render(path, ORDINARY)
    assert {
        "README.md", ".gitignore", ".editorconfig", "azure-pipelines.yml", "catalog-info.yaml", "mkdocs.yml",
        "docs/index.md", "docs/development.md", "docs/runbook.md", "terraform/main.tf", "terraform/outputs.tf",
    } <= files.keys()  # fmt: skip
    assert any("test" in name for name in files)


@each_path
def test_terraform_is_in_its_form(path: GoldenPath, tmp_path: Path) -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not on PATH: the form of *.tf was not checked")
    for size, name in enumerate(("abc", "a" * 32)):
        _write(render(path, {**ORDINARY, "name": name, "product": "P" * (1 + size * 60)}), tmp_path)
        checked = subprocess.run(
            [terraform, "fmt", "-check", "-diff", "-recursive", str(tmp_path / "terraform")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout


@each_path
def test_terraform_tags_everything_that_can_be_tagged(path: GoldenPath) -> None:
    """The tags of local.tags: cost is allocated by them."""
    files = {
        name: content.decode() for name, content in render(path, ORDINARY).items() if name.endswith(".tf")
    }
    tags = formats.texts("names.tf", files["terraform/names.tf"].encode()) or frozenset[str]()
    assert {"service", "product", "owner", "environment", "plant-sensors", "Order to Cash"} <= {
        each.strip('"') for each in tags
    }
    untagged = [
        f"{name}: {block.splitlines()[0]}"
        for name, text in files.items()
        for block in re.findall(r'^resource ".*?^}', text, re.DOTALL | re.MULTILINE)
        if re.search(r"^  location +=", block, re.MULTILINE)
        and not re.search(r"^  tags +=", block, re.MULTILINE)
    ]
    assert untagged == []


def test_all_of_it_is_deployed_with_the_app() -> None:
    """.funcignore reads like .gitignore: a folder named without a slash before it is left out at any depth."""
    root = Path(__file__).parents[3]
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        pytest.skip("no git checkout: what .funcignore leaves out was not looked at")
    listed = [git, "ls-files", "--cached", "--ignored", "--exclude-from=.funcignore", "golden_paths"]
    left_out = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True)
    assert left_out.stdout == ""


def _copied(path: GoldenPath) -> dict[str, bytes]:
    """Files that are not rendered, by their path; later folders win."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for folder in path.folders
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".j2"
    }


def _plain_name(path: GoldenPath, template: str) -> str:
    """The path a template's path becomes for ORDINARY."""
    from shared.golden_paths.validation import complete
    from shared.golden_paths.values import template_values

    values: dict[str, Any] = template_values(path, complete(path, ORDINARY))
    return re.sub(r"{{ (\w+) }}", lambda found: str(values[found[1]]), template.removesuffix(".j2"))


def _write(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
