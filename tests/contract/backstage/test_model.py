"""Backstage's own packages read what we hand to it: the catalog's validation, the form, the scaffolder's texts."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.services.catalog import get_location
from shared import services
from shared.golden_paths.catalogue import all_paths
from tests.contract.backstage.node import Checks
from tests.contract.backstage.services import SERVICES
from tests.fakes.requests import function_of, request
from tests.fakes.services import fake_services
from tests.unit.tools.test_backstage import HOURS, values_of
from tools.backstage import FOLDER, files
from tools.backstage_form import TOGGLE, body, pages
from tools.backstage_template import template

pytestmark = [pytest.mark.build, pytest.mark.timeout(180)]

every_path = pytest.mark.parametrize("path", all_paths(), ids=lambda path: path.name)


@pytest.fixture(scope="module")
def checked() -> Iterator[Checks]:
    checks = Checks()
    yield checks
    checks.close()


async def served(documents: list[dict[str, Any]]) -> str:
    made = fake_services()
    services.use(made)
    try:
        for document in documents:
            await made.registry.put(document)
        response = await function_of(get_location)(request(token="reader", query={"groups": "true"}))
        return str(response.get_body().decode())
    finally:
        services.use(None)


async def test_backstage_s_catalog_accepts_every_entity_we_serve(checked: Checks) -> None:
    [told] = checked(entities=[await served(SERVICES)])["entities"]

    assert [error for error, *_ in told if error] == []
    references = [reference for _, reference, *_ in told]
    assert len(set(references)) == len(references) > len(SERVICES)


async def test_what_people_typed_arrives_as_they_typed_it(checked: Checks) -> None:
    [told] = checked(entities=[await served(SERVICES)])["entities"]

    arrived = {entity["metadata"]["name"]: entity for _, _, entity in told if entity["kind"] == "Component"}
    for service in SERVICES:
        annotations = arrived[service["name"]]["metadata"]["annotations"]
        assert annotations.get("valueflow.dev/cost-center", "") == service.get("cost_center", "")


def test_the_checks_refuse_what_backstage_refuses(checked: Checks) -> None:
    wrong = {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": "System",
        "metadata": {"name": "a b"},
        "spec": {"owner": "x"},
    }
    [[[error, _]]] = checked(entities=[json.dumps(wrong)])["entities"]

    assert "a b" in error


def test_every_generated_file_is_an_entity_backstage_accepts(checked: Checks) -> None:
    texts = [(FOLDER / name).read_text() for name in files(all_paths())]

    for told in checked(entities=texts)["entities"]:
        assert [error for error, *_ in told] == [None]


@every_path
@pytest.mark.parametrize("environment", ["development", "preview", "production"])
def test_the_form_asks_for_a_lifetime_where_an_environment_ends(
    checked: Checks, path: Any, environment: str
) -> None:
    ends = environment in path.policies["lifetime"]["max_hours"]
    page = pages(path)[2]
    [told] = checked(forms=[{"page": page, "values": {"environment": environment}}])["forms"]

    assert ("lifetime_hours" in told["fields"]) is (TOGGLE in told["fields"]) is ends
    assert "working_hours" not in told["fields"]
    assert (told["form"], told["backend"]) == ([], [])


@every_path
def test_the_form_asks_for_working_hours_once_they_are_wanted(checked: Checks, path: Any) -> None:
    values = {"environment": "development", TOGGLE: True}
    asked = [
        {"page": pages(path)[2], "values": each} for each in (values, {**values, "working_hours": HOURS})
    ]
    missing, complete = checked(forms=asked)["forms"]

    assert "working_hours" in missing["fields"]
    assert missing["form"] != []
    assert missing["backend"] != []
    assert (complete["form"], complete["backend"]) == ([], [])


@every_path
def test_the_form_fills_in_what_the_api_fills_in(checked: Checks, path: Any) -> None:
    told = checked(forms=[{"page": page, "values": {}} for page in pages(path)])["forms"]

    filled = {name: value for page in told for name, value in page["state"].items() if value is not None}
    filled.pop(TOGGLE, None)
    defaults = {
        name: schema["default"] for name, schema in path.schema["properties"].items() if "default" in schema
    }
    assert filled == defaults


def sent(checked: Checks, path: Any, **values: Any) -> dict[str, Any]:
    context = {"parameters": values}
    sources = body(path)
    texts = checked(texts=[{"source": source, "context": context} for source in sources.values()])["texts"]
    return {name: value for name, value in zip(sources, texts, strict=True) if value is not None}


@every_path
def test_the_request_s_body_is_what_was_typed_with_its_types(checked: Checks, path: Any) -> None:
    values = values_of(path, lifetime_hours=72, description='"quotes" ${{ x }} {{ y }} 1e5 true')

    assert sent(checked, path, **values) == values


@every_path
def test_what_the_form_hides_is_not_sent(checked: Checks, path: Any) -> None:
    """A person chose development, typed hours, then changed to production."""
    values = values_of(path, lifetime_hours=72, working_hours=HOURS, **{TOGGLE: True})

    assert sent(checked, path, **values)["working_hours"] == HOURS
    production = sent(checked, path, **{**values, "environment": "production"})
    assert not {"lifetime_hours", "working_hours", TOGGLE} & set(production)
    assert "working_hours" not in sent(checked, path, **{**values, TOGGLE: False})


def output(checked: Checks, answer: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The texts and links a person sees after this answer."""
    told = template(all_paths()[0])["spec"]["output"]
    parts = [*told["text"], *told["links"]]
    context = {"steps": {"request": {"output": answer}}}
    asked = [
        {"source": part[key], "context": context}
        for part in parts
        for key in ("if", "content" if "content" in part else "url")
    ]
    rendered = checked(texts=asked)["texts"]
    shown = [
        (part, content)
        for part, condition, content in zip(parts, rendered[::2], rendered[1::2], strict=True)
        if condition
    ]
    texts = [f"{part['title']}\n{content}" for part, content in shown if "content" in part]
    return texts, [content for part, content in shown if "url" in part]


def test_an_accepted_request_links_its_operation(checked: Checks) -> None:
    body = {
        "operation_id": "provision-orders-1",
        "status_url": "https://v.example/api/operations/x",
        "started": True,
    }
    [text], links = output(checked, {"code": 202, "body": body})

    assert "provision-orders-1" in text
    assert links == ["https://v.example/api/operations/x"]


def test_faults_are_listed_by_field(checked: Checks) -> None:
    faults = [{"field": "name", "message": "is reserved"}, {"field": "tier", "message": "is required"}]
    [text], links = output(checked, {"code": 422, "body": {"detail": "Mend these fields.", "errors": faults}})

    assert "Nothing was created" in text
    assert "- **name** is reserved\n- **tier** is required" in text
    assert links == []


def test_a_name_that_is_taken_links_the_operation_that_has_it(checked: Checks) -> None:
    body = {"detail": "Choose another name.", "operation_id": "op-9", "status_url": "https://v.example/9"}
    [text], links = output(checked, {"code": 409, "body": body})

    assert "Choose another name." in text
    assert "op-9" in text
    assert links == ["https://v.example/9"]


@pytest.mark.parametrize(("code", "said"), [(403, "not allowed"), (404, "could not"), (503, "could not")])
def test_other_refusals_say_what_to_do(checked: Checks, code: int, said: str) -> None:
    [text], links = output(
        checked, {"code": code, "body": {"message": "Error occurred while trying to proxy"}}
    )

    assert said in text
    assert "Error occurred while trying to proxy" in text
    assert links == []


def test_a_dry_run_of_the_template_shows_nothing_and_fails_nowhere(checked: Checks) -> None:
    assert output(checked, {}) == ([], [])
