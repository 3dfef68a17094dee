"""Branch policies as we ask for them. Their type ids are the same in every organisation.

Vendor's page: https://learn.microsoft.com/rest/api/azure/devops/policy/configurations/create
"""

from __future__ import annotations

from typing import Any, TypedDict

MINIMUM_REVIEWERS = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"
BUILD = "0609b952-1397-4640-95ec-e00a01b2c241"
COMMENT_REQUIREMENTS = "c6a1889d-b943-4856-b76f-9e46bb6b0df2"
WORK_ITEM_LINKING = "40e92b44-2fe1-4dd6-b3d8-74a9c21d0c6e"


class PolicyDraft(TypedDict):
    """settings: those of the type, without the scope."""

    type_id: str
    settings: dict[str, Any]


def reviewers(count: int) -> PolicyDraft:
    """So many people beside the author approve; a new push asks them again."""
    settings = {
        "minimumApproverCount": count,
        "creatorVoteCounts": False,
        "allowDownvotes": False,
        "resetOnSourcePush": True,
    }
    return {"type_id": MINIMUM_REVIEWERS, "settings": settings}


def build_validation(pipeline_id: int) -> PolicyDraft:
    """The pipeline runs well on the merged code, and again when the target branch has moved."""
    settings = {
        "buildDefinitionId": pipeline_id,
        "displayName": "Build",
        "queueOnSourceUpdateOnly": False,
        "manualQueueOnly": False,
        "validDuration": 0,
    }
    return {"type_id": BUILD, "settings": settings}


def comments_resolved() -> PolicyDraft:
    """No comment is left open."""
    return {"type_id": COMMENT_REQUIREMENTS, "settings": {}}


def linked_work_items() -> PolicyDraft:
    """The change says which work item it is for."""
    return {"type_id": WORK_ITEM_LINKING, "settings": {}}
