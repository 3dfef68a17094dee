"""What each type of policy wants to be told, and which branches one is for."""

from typing import Any

import pytest

from sandbox.vendors.azure_devops.policy_rules import BUILD, MINIMUM_REVIEWERS, check_settings, covers
from sandbox.vendors.framework import Refusal

MAIN = "refs/heads/main"
HERE: list[dict[str, Any]] = [{"repositoryId": "here", "refName": MAIN, "matchKind": "Exact"}]
COMMENTS = "c6a1889d-b943-4856-b76f-9e46bb6b0df2"


def check(type_id: str, settings: Any) -> Any:
    return check_settings(type_id, settings, lambda found: found == "here", lambda found: found == 7)


@pytest.mark.parametrize(
    ("type_id", "settings"),
    [
        (COMMENTS, None),
        (COMMENTS, {}),
        (COMMENTS, {"scope": []}),
        (COMMENTS, {"scope": ["x"]}),
        (COMMENTS, {"scope": [{"repositoryId": "elsewhere", "refName": MAIN}]}),
        (COMMENTS, {"scope": [{"refName": "main"}]}),
        (COMMENTS, {"scope": [{"refName": MAIN, "matchKind": "Some"}]}),
        (MINIMUM_REVIEWERS, {"scope": HERE}),
        (MINIMUM_REVIEWERS, {"scope": HERE, "minimumApproverCount": 0}),
        (MINIMUM_REVIEWERS, {"scope": HERE, "minimumApproverCount": True}),
        (BUILD, {"scope": HERE, "buildDefinitionId": 8}),
    ],
)
def test_wrong_settings_are_refused(type_id: str, settings: Any) -> None:
    with pytest.raises(Refusal, match="400"):
        check(type_id, settings)


@pytest.mark.parametrize(
    ("type_id", "settings"),
    [
        (COMMENTS, {"scope": HERE}),
        (COMMENTS, {"scope": [{"repositoryId": None, "refName": MAIN, "matchKind": "prefix"}]}),
        (MINIMUM_REVIEWERS, {"scope": HERE, "minimumApproverCount": 2}),
        (BUILD, {"scope": HERE, "buildDefinitionId": 7}),
    ],
)
def test_right_settings_are_taken_as_they_are(type_id: str, settings: Any) -> None:
    assert check(type_id, settings) == settings


@pytest.mark.parametrize(
    ("scope", "repository_id", "ref", "expected"),
    [
        (HERE[0], "here", MAIN, True),
        (HERE[0], "here", "refs/heads/main-2", False),
        (HERE[0], "elsewhere", MAIN, False),
        ({"refName": MAIN}, "elsewhere", MAIN, True),
        ({"refName": "refs/heads/release/", "matchKind": "Prefix"}, "here", "refs/heads/release/1", True),
        ({"repositoryId": "here"}, "here", "refs/heads/any", True),
    ],
)
def test_a_policy_is_for_the_branches_of_its_scope(
    scope: dict[str, Any], repository_id: str, ref: str, expected: bool
) -> None:
    assert covers({"scope": [scope]}, repository_id, ref) == expected
