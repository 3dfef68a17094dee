"""The scaffolder's templates are what the golden paths say."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from shared.golden_paths.catalogue import GoldenPath, all_paths, read_paths
from shared.golden_paths.validation import faults
from tools.backstage import FOLDER, files, stale, write
from tools.backstage_form import TOGGLE, body, pages
from tools.backstage_template import location, template

ROOT = Path(__file__).parents[3]
every_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)

GIVEN: dict[str, Any] = {
    "name": "orders",
    "description": "Takes orders",
    "project": "Manufacturing",
    "product": "Order to Cash",
    "owner": "team-orders",
    "cost_center": "BR-4711",
    "tier": 3,
    "data_classification": "internal",
    "environment": "development",
    "adopt_existing": False,
}
"""What a person types at least; the form fills in the defaults."""
HOURS = {"time_zone": "America/Sao_Paulo", "days": ["mon"], "start": "07:00", "end": "19:00", "holidays": []}


def names_in(schema: Any) -> Iterator[str]:
    """Every property the form can show, wherever it stands, but none inside another."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for branch in schema.get("dependencies", {}).values():
            for each in branch["oneOf"]:
                yield from names_in(each)


def accepts(path: GoldenPath, values: dict[str, Any]) -> bool:
    """As Backstage's backend does it: every page's schema over all values."""
    return all(jsonschema.Draft7Validator(page).is_valid(values) for page in pages(path))


def values_of(path: GoldenPath, **changes: Any) -> dict[str, Any]:
    own = {
        name: schema.get("default", next(iter(schema.get("examples", [])), None))
        for name, schema in path.schema["properties"].items()
        if name in path.schema["required"] or "default" in schema
    }
    return {**own, **GIVEN, **changes}


@every_path
def test_the_form_shows_every_parameter_and_no_other(path: GoldenPath) -> None:
    shown = [name for page in pages(path) for name in set(names_in(page))]

    assert sorted(shown) == sorted([*path.schema["properties"], TOGGLE])


@every_path
def test_what_the_form_sends_is_every_parameter_and_no_other(path: GoldenPath) -> None:
    sent = body(path)

    assert list(sent) == list(path.schema["properties"])
    for name, value in sent.items():
        assert re.search(rf"\bparameters\.{name}\b", value)


@every_path
def test_no_parameter_has_the_name_that_stands_for_nothing(path: GoldenPath) -> None:
    assert "not_given" not in path.schema["properties"]


@every_path
def test_what_the_form_accepts_the_api_accepts(path: GoldenPath) -> None:
    values = values_of(path)

    assert accepts(path, values)
    assert faults(path, values) == []


@every_path
@pytest.mark.parametrize("environment", ["development", "preview", "production"])
def test_an_environment_lives_no_longer_in_the_form_than_in_the_api(
    path: GoldenPath, environment: str
) -> None:
    longest = path.policies["lifetime"]["max_hours"].get(environment)
    too_long = values_of(path, environment=environment, lifetime_hours=(longest or 0) + 1)

    assert faults(path, too_long) != []
    assert accepts(path, too_long) is (longest is None)  # the field is not shown then, and its value not sent
    if longest:
        assert accepts(path, {**too_long, "lifetime_hours": longest})


@every_path
def test_working_hours_are_asked_for_only_where_they_are_wanted(path: GoldenPath) -> None:
    wanted = values_of(path, **{TOGGLE: True})

    assert accepts(path, values_of(path, **{TOGGLE: False}))
    assert not accepts(path, wanted)
    assert accepts(path, {**wanted, "working_hours": HOURS})
    assert not accepts(path, {**wanted, "working_hours": {**HOURS, "start": "25:00"}})


@every_path
@pytest.mark.parametrize("name", GIVEN)
def test_what_the_api_cannot_do_without_the_form_asks_for(path: GoldenPath, name: str) -> None:
    values = values_of(path)
    del values[name]

    if name in path.schema["required"]:
        assert not accepts(path, values)


@every_path
def test_a_pattern_is_said_in_words_and_in_both_languages(path: GoldenPath) -> None:
    field = pages(path)[0]["properties"]["name"]

    assert field["title"] == "Service name · Nome do serviço"
    assert "hyphens" in field["ui:help"]
    assert "Não pode ser alterado" in field["ui:help"]


@every_path
def test_nothing_of_the_schema_s_own_notes_reaches_the_form(path: GoldenPath) -> None:
    assert "x-title-pt" not in str(pages(path))


@every_path
def test_the_key_is_the_task_s_so_that_a_task_run_again_asks_for_the_same(path: GoldenPath) -> None:
    [step] = template(path)["spec"]["steps"]

    assert step["action"] == "http:backstage:request"
    assert step["input"]["headers"]["Idempotency-Key"] == "backstage-${{ context.task.id }}"
    assert step["input"]["path"] == f"/proxy/valueflow/golden-paths/{path.name}/services"
    assert step["input"]["continueOnBadResponse"] is True


@every_path
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504])
def test_each_refusal_has_exactly_one_text(path: GoldenPath, status: int) -> None:
    told = [
        text
        for text in template(path)["spec"]["output"]["text"]
        if eval(text["if"].strip("${} ").replace("steps.request.output.code", str(status)))
    ]

    assert len(told) == 1
    assert "being made" not in told[0]["title"]


def test_the_location_names_every_template() -> None:
    targets = location(all_paths())["spec"]["targets"]

    assert [f"./{name}" for name in files(all_paths()) if name.startswith("templates/")] == targets


def test_what_is_committed_is_what_would_be_written() -> None:
    assert stale(FOLDER, files(all_paths())) == []


def test_writing_mends_everything_and_writing_again_changes_nothing(tmp_path: Path) -> None:
    wanted = files(all_paths())
    gone = tmp_path / "templates" / "gone" / "template.yaml"
    gone.parent.mkdir(parents=True)
    gone.write_text("kind: Template\n")

    assert stale(tmp_path, wanted) == sorted([*wanted, "templates/gone/template.yaml"])
    write(tmp_path, wanted)
    assert not gone.parent.exists()
    assert stale(tmp_path, wanted) == write(tmp_path, wanted) == []


def test_a_changed_file_is_stale(tmp_path: Path) -> None:
    wanted = files(all_paths())
    write(tmp_path, wanted)
    (tmp_path / "catalog-info.yaml").write_text("")

    assert stale(tmp_path, wanted) == ["catalog-info.yaml"]


def test_a_parameter_that_a_path_gains_makes_its_template_stale(tmp_path: Path) -> None:
    folder = tmp_path / "golden_paths"
    for file in (ROOT / "golden_paths").glob("*.yaml"):
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.name).write_text(file.read_text())
    name = all_paths()[0].name
    document = yaml.safe_load((ROOT / "golden_paths" / name / "path.yaml").read_text())
    document["parameters"]["properties"]["colour"] = {"type": "string", "title": "Colour", "enum": ["red"]}
    (folder / name / "skeleton").mkdir(parents=True)
    for layer in document["layers"]:
        (folder / "layers" / layer).mkdir(parents=True)
    (folder / name / "path.yaml").write_text(yaml.safe_dump(document))
    changed = files(read_paths(folder))

    assert f"templates/{name}/template.yaml" in stale(FOLDER, changed)
    assert "colour" in changed[f"templates/{name}/template.yaml"]


def test_the_check_passes_over_what_is_committed() -> None:
    command = [sys.executable, "-m", "tools.backstage", "--check"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (told.returncode, told.stderr) == (0, "")
