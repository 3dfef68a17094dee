"""Whose a report is: what is registered decides, and where it does not, nobody does."""

from typing import Any

import pytest

from shared.domain.delivery.delivery_matching import (
    Match,
    environment_name,
    match,
    reached_deployment,
    registered_environment,
)
from shared.domain.delivery.delivery_reports import a_place

GUID = "be9b3917-87e6-42a4-a549-2bc06a7a878f"


def a_service(name: str, pipeline_id: int = 7, project: str = "Payments", **more: Any) -> dict[str, Any]:
    return {"name": name, "azure_devops": {"project": project, "pipeline_id": pipeline_id}, **more}


CHECKOUT = a_service("checkout", delivery={"repositories": ["Contoso/Checkout"]})
BASKET = a_service("basket", 8, azure={})


def of(source: str, *services: dict[str, Any], pipelines: tuple[int, ...] = (), **place: str) -> Match:
    return match(source, a_place(**place), services or (CHECKOUT, BASKET), "contoso", pipelines)


@pytest.mark.parametrize("project", ["Payments", "payments", GUID, ""])
def test_a_run_is_matched_by_its_pipeline_where_the_project_does_not_say_otherwise(project: str) -> None:
    assert of("azure_devops", project=project, pipeline_id="7").service == CHECKOUT
    assert of("azure_devops", project="Other", pipeline_id="7") == (None, "unregistered")


def test_the_same_pipeline_number_in_two_projects_is_ambiguous_by_id_and_clear_by_name() -> None:
    here, there = a_service("checkout"), a_service("ledger", project="Books")

    assert of("azure_devops", here, there, project=GUID, pipeline_id="7") == (None, "ambiguous")
    assert of("azure_devops", here, there, project="Books", pipeline_id="7").service == there


def test_another_organisation_s_numbers_mean_nothing() -> None:
    told = of("azure_devops", organisation="Fabrikam", project="Payments", pipeline_id="7")

    assert told == (None, "other_organisation")
    assert of("azure_devops", organisation="Contoso", project="Payments", pipeline_id="7").service


def test_a_repository_is_matched_by_its_id_before_its_pipelines() -> None:
    own = a_service("orders", 9)
    own["azure_devops"]["repository_id"] = "R-1"

    assert of("azure_devops", own, CHECKOUT, repository_id="r-1", pipelines=(7,)).service == own
    assert of("azure_devops", own, CHECKOUT, repository_id="r-2", pipelines=(7,)).service == CHECKOUT
    assert of("azure_devops", own, CHECKOUT, repository_id="r-3") == (None, "unregistered")


def test_a_tool_that_names_the_service_is_believed_where_there_is_one() -> None:
    assert of("api", service="basket").service == BASKET
    assert of("api", service="nobody") == (None, "unregistered")


def test_a_repository_of_github_is_matched_in_any_case() -> None:
    assert of("github", repository="contoso/CHECKOUT").service == CHECKOUT
    assert of("github", repository="contoso/other") == (None, "unregistered")


def test_what_names_no_place_is_nobody_s() -> None:
    assert of("github") == of("azure_devops") == of("api") == (None, "no_place")


@pytest.mark.parametrize(
    ("told", "name"),
    [("Prod", "production"), (" PRODUÇÃO ", "production"), ("Staging  EU", "staging eu"), ("", "")],
)
def test_production_goes_by_its_usual_names_and_everything_else_by_its_own(told: str, name: str) -> None:
    assert environment_name(told) == name


def test_the_owner_s_word_on_the_environment_comes_first() -> None:
    running: dict[str, Any] = {"environments": {"preview": {"state": "running"}}}

    assert registered_environment(a_service("x", **running)) == "preview"
    assert registered_environment(a_service("x", **running, delivery={"environment": "live"})) == "live"
    assert registered_environment(a_service("x")) == ""


@pytest.mark.parametrize(
    ("stages", "reached"),
    [
        ([], True),
        ([{"identifier": "build", "result": "failed"}], True),
        ([{"identifier": "build", "result": "failed"}, {"identifier": "deploy", "result": "skipped"}], False),
        ([{"name": "Terraform", "result": "failed"}], True),
        ([{"name": "Deploy", "result": None}], False),
    ],
)
def test_how_far_a_run_came_its_stages_say(stages: list[dict[str, Any]], reached: bool) -> None:
    assert reached_deployment(stages) is reached
