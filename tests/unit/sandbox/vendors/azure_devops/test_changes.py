"""What a pushed commit may do to the files."""

import json
from typing import Any

import pytest

from sandbox.vendors.azure_devops.changes import apply_changes
from sandbox.vendors.framework import Refusal

FILES = {"/azure-pipelines.yml": b"stages: []"}


def message(refusal: Refusal) -> str:
    assert isinstance(refusal.answer.body, bytes)
    return str(json.loads(refusal.answer.body)["message"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"changeType": "add", "item": {"path": "/azure-pipelines.yml"}}, "TF401180"),
        ({"changeType": "edit", "item": {"path": "/absent"}}, "TF401174"),
        ({"changeType": "delete", "item": {"path": "/absent"}}, "TF401174"),
        ({"changeType": "add", "item": {"path": "/../up"}}, "is not valid"),
        ({"changeType": "add", "item": {"path": "/.git/config"}}, "is not valid"),
        ({"changeType": "add", "item": {"path": "/"}}, "a path is missing"),
        ({"changeType": "rename", "item": {"path": "/x"}}, "changeType"),
        ({"changeType": "add", "item": {"path": "/x"}}, "newContent"),
        (
            {
                "changeType": "add",
                "item": {"path": "/x"},
                "newContent": {"content": "?", "contentType": "base64encoded"},
            },
            "Base64",
        ),
        ("x", "a change needs an item"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: Any, error: str) -> None:
    with pytest.raises(Refusal) as refused:
        apply_changes(FILES, [change])
    assert refused.value.answer.status == 400
    assert error in message(refused.value)


@pytest.mark.parametrize("changes", [None, [], {}])
def test_a_commit_without_changes_is_refused(changes: Any) -> None:
    with pytest.raises(Refusal, match="400"):
        apply_changes(FILES, changes)


def test_the_files_before_a_commit_stay_as_they_were() -> None:
    text = {"content": "x", "contentType": "rawText"}
    after = apply_changes(FILES, [{"changeType": "add", "item": {"path": "x"}, "newContent": text}])
    assert after == {**FILES, "/x": b"x"}
    assert list(FILES) == ["/azure-pipelines.yml"]
