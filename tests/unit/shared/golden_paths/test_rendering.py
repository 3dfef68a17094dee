"""Skeletons become files; what is wrong with one is said before anything is created."""

import sys
from pathlib import Path

import pytest

from shared.errors import RenderFailed
from shared.golden_paths import rendering
from shared.golden_paths.rendering import render
from tests.unit.shared.golden_paths.conftest import GIVEN, Write


def test_templates_are_rendered_and_everything_else_is_copied_byte_for_byte(write: Write) -> None:
    path = write({"skeleton/a.txt.j2": "{{ name }}\n", "skeleton/b.txt": b"{{ name }}\r\n\xff\x00"})

    assert render(path, GIVEN) == {"a.txt": b"orders\n", "b.txt": b"{{ name }}\r\n\xff\x00"}


def test_layers_lie_under_the_skeleton(write: Write) -> None:
    path = write({"base/README.md.j2": "layer", "base/only.txt": "layer", "skeleton/README.md": "skeleton"})

    assert render(path, GIVEN) == {"README.md": b"skeleton", "only.txt": b"layer"}


def test_paths_are_rendered_too(write: Write) -> None:
    path = write({"skeleton/{{ python_package }}/{{ java_class }}.txt": "x"})

    assert list(render(path, {**GIVEN, "name": "plant-sensors"})) == ["plant_sensors/PlantSensors.txt"]


def test_a_template_sees_parameters_with_their_defaults_and_what_is_derived(write: Write) -> None:
    template = (
        "{{ size }} {{ environment }} {{ tier }} {{ adopt_existing }} {{ lifetime_hours is none }} "
        "{{ path_name }} {{ path_version }} {{ product_slug }} {{ service_title }} {{ dynatrace_tag }}"
    )
    path = write({"skeleton/a.j2": template})

    assert render(path, GIVEN)["a"].decode() == (
        "s development 3 False True small 1.0.0 order-to-cash Orders service:orders"
    )


def test_the_tags_are_those_cost_is_allocated_by(write: Write) -> None:
    path = write({"skeleton/a.j2": "{{ service_tags | json }}"})

    assert render(path, GIVEN)["a"] == (
        b'{"service": "orders", "product": "Order to Cash", "cost-center": "BR-1", "owner": "team-orders", '
        b'"environment": "development", "data-classification": "internal"}'
    )


@pytest.mark.parametrize(
    "template",
    [
        "{{ description }}",
        "{{ greeting }}",
        "{{ service_tags }}",
        "{{ service_tags['product'] }}",
        "{{ project }}",
    ],
)
def test_free_text_does_not_render_without_a_filter(write: Write, template: str) -> None:
    path = write({"skeleton/a.j2": template})
    with pytest.raises(RenderFailed, match="through a filter"):
        render(path, GIVEN)


def test_a_value_is_never_a_template(write: Write) -> None:
    path = write({"skeleton/{{ name }}.j2": "{{ description | json }}"})

    files = render(path, {**GIVEN, "description": "{{ 7 * 7 }}{% raw %}"})

    assert files == {"orders": b'"{{ 7 * 7 }}{% raw %}"'}


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ lifetime_hours }}", "was not given"),
        ("{% if %}", "line 1"),
        ("a\n{{ name | rot13 }}", "line 2: TemplateAssertionError: No filter named 'rot13'"),
        ("{{ name.__class__.__mro__ }}", "unsafe"),
        ("{{ ''.__class__ }}", "unsafe"),
        ("{{ service_tags.update({}) }}", "unsafe"),
        ("{{ path_tags.append('x') }}", "unsafe"),
        ("{% include 'a.j2' %}", "no loader"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ cycler }}", "undefined"),
        ("{{ 'x' * 2000000 }}", "larger than"),
    ],
)
def test_a_template_that_fails_is_named_with_its_reason(write: Write, template: str, reason: str) -> None:
    path = write({"skeleton/docs/a.md.j2": template})
    with pytest.raises(RenderFailed) as failed:
        render(path, GIVEN)
    assert (failed.value.path, failed.value.file) == ("small", "skeleton/docs/a.md.j2")
    assert reason in failed.value.reason


def test_a_template_that_is_not_utf8_is_named(write: Write) -> None:
    path = write({"skeleton/a.j2": b"\xff{{ name }}"})
    with pytest.raises(RenderFailed, match=r"skeleton/a\.j2: .*not UTF-8"):
        render(path, GIVEN)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ name }}/x", ".."),
        ("a/{{ name }}/b", "../../x"),
        ("{{ name }}", "/etc/passwd"),
        ("{{ name }}", "a\\b"),
        ("{{ name }}", "C:x"),
        ("{{ name }}/config", ".git"),
        ("{{ name }}/hooks", ".GIT"),
        ("{{ name }}.txt", "nul"),
        ("{{ name }}", "a\nb"),
        ("{{ name }}", "a\u202eb"),
        ("{{ name }}/x", ""),
        ("{{ name }}", "."),
        ("{{ name }}", "a."),
        ("{{ name }}", "a" * 201),
    ],
)
def test_no_path_leaves_the_repository_whatever_the_name(write: Write, source: str, name: str) -> None:
    """Validation refuses such names; rendering does not rely on it."""
    path = write({f"skeleton/{source}": "x"})
    with pytest.raises(RenderFailed, match="path"):
        render(path, {**GIVEN, "name": name})


def test_a_path_made_of_free_text_does_not_render(write: Write) -> None:
    path = write({"skeleton/{{ description }}": "x"})
    with pytest.raises(RenderFailed, match="through a filter"):
        render(path, GIVEN)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"skeleton/{{ name }}": "x", "skeleton/orders.j2": "y"}, "two files"),
        ({"skeleton/Readme": "x", "base/README": "y"}, "only by case"),
        ({"skeleton/docs": "x", "base/docs/a": "y"}, "name of its folder"),
    ],
)
def test_files_that_cannot_lie_beside_each_other_are_refused(
    write: Write, files: dict[str, str | bytes], reason: str
) -> None:
    path = write(files)
    with pytest.raises(RenderFailed, match=reason):
        render(path, GIVEN)


def test_a_repository_has_a_largest_size(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write({f"skeleton/{number}": "x" for number in range(4)})
    monkeypatch.setattr(rendering, "MAX_FILES", 3)
    with pytest.raises(RenderFailed, match="more than 3 files"):
        render(path, GIVEN)


def test_links_and_caches_are_no_part_of_a_skeleton(write: Write, folder: Path) -> None:
    path = write({"skeleton/a": "x", "skeleton/__pycache__/a.pyc": b"\x00"})
    (folder / "small" / "skeleton" / "link").symlink_to("/etc/hostname")

    assert list(render(path, GIVEN)) == ["a"]


def test_blocks_leave_no_blank_lines(write: Write) -> None:
    path = write({"skeleton/a.j2": "a\n  {% if tier == 3 %}\nb\n  {% endif %}\nc\n"})

    assert render(path, GIVEN)["a"] == b"a\nb\nc\n"


def test_nothing_heavy_is_imported_until_something_is_rendered() -> None:
    import subprocess

    program = (
        "import sys, shared.golden_paths.rendering, shared.golden_paths.estimate;"
        "print(sorted({'jinja2', 'yaml', 'jsonschema'} & sys.modules.keys()))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
