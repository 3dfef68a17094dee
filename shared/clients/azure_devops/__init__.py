"""Azure DevOps, the builder, through REST 7.1: a client of rooms, one for each kind of thing.

The activities call it. Vendor's pages: https://learn.microsoft.com/rest/api/azure/devops
"""

from shared.clients.azure_devops.boards import WorkItem, WorkItemDraft
from shared.clients.azure_devops.client import AzureDevOpsClient, azure_devops_client
from shared.clients.azure_devops.comparing import CommitTitle, Difference
from shared.clients.azure_devops.connection import SCOPE, VENDOR
from shared.clients.azure_devops.permissions import Resource, ResourceName
from shared.clients.azure_devops.pipelines import Pipeline
from shared.clients.azure_devops.policies import Ensured, Policy
from shared.clients.azure_devops.policy_drafts import (
    BUILD,
    COMMENT_REQUIREMENTS,
    MINIMUM_REVIEWERS,
    WORK_ITEM_LINKING,
    PolicyDraft,
    build_validation,
    comments_resolved,
    linked_work_items,
    reviewers,
)
from shared.clients.azure_devops.pushes import FirstCommit
from shared.clients.azure_devops.repositories import Repository
from shared.clients.azure_devops.run_shapes import KEY_VARIABLE, Run, StartedRun, choose_last_good

__all__ = [
    "BUILD",
    "COMMENT_REQUIREMENTS",
    "KEY_VARIABLE",
    "MINIMUM_REVIEWERS",
    "SCOPE",
    "VENDOR",
    "WORK_ITEM_LINKING",
    "AzureDevOpsClient",
    "CommitTitle",
    "Difference",
    "Ensured",
    "FirstCommit",
    "Pipeline",
    "Policy",
    "PolicyDraft",
    "Repository",
    "Resource",
    "ResourceName",
    "Run",
    "StartedRun",
    "WorkItem",
    "WorkItemDraft",
    "azure_devops_client",
    "build_validation",
    "choose_last_good",
    "comments_resolved",
    "linked_work_items",
    "reviewers",
]
