"""What delivery is told as: facts about changes and deployments, whatever tool they come from. Pure.

Sources say what happened in their own terms (`delivery.reported`); who owns the place makes it a fact of a service
(`change.merged`, `deployment.started`, `deployment.finished`). What nobody can tell is None, never guessed. Times:
ISO 8601 with a zone. Facts are events: they come at least once, in any order, and a later one of the same id corrects
what the earlier one said.
"""

from typing import Literal, NotRequired, TypedDict

Result = Literal["succeeded", "failed", "cancelled"]
PRODUCTION = "production"
MOST_COMMITS = 500
"""Commits a fact names; of more only the number is kept."""


class Commit(TypedDict):
    """committed_at: when it was made, by its author's clock; None where the source does not say."""

    sha: str
    committed_at: str | None


class ChangeMerged(TypedDict):
    """A change reached the branch that is deployed. Event `change.merged`, subject: change_id.

    change_id: "<source>:<repository>:<pull request, or the commit that was pushed>". commit: the one on the branch.
    reverts: the commit it takes back. planned: False where its work item was an incident's or a bug's.
    """

    change_id: str
    service: str
    repository: str
    pull_request: str | None
    commit: str
    commits: list[Commit]
    more_commits: int
    merged_at: str
    title: str
    reverts: str | None
    work_items: list[str]
    planned: bool | None
    source: str


class Deployment(TypedDict):
    """A version went to an environment. Events `deployment.started` and `deployment.finished`, subject: deployment_id.

    deployment_id: as `deployment_id` makes it, the same in both events.
    result, finished_at: None until it finished. commits: what it brought that the one before had not, where it is told.
    how: "pipeline", "manual" or "rollback". rolls_back: the commit it takes away, where it is told.
    operation_id: ours, where ValueFlow began it (a remediation, a gate's rollback). change_number: ServiceNow's.
    who: an id of the source, redacted where it could name a person.
    """

    deployment_id: str
    service: str
    environment: str
    version: str
    commit: str | None
    commits: list[Commit]
    started_at: str | None
    finished_at: str | None
    result: Result | None
    how: str
    rolls_back: str | None
    run_id: str | None
    pipeline_id: str | None
    operation_id: str | None
    change_number: str | None
    who: str
    url: str
    source: str


def deployment_id(source: str, own_id: str | int, environment: str) -> str:
    """The one name of a deployment, wherever it is spoken of. own_id: the source's."""
    return f"{source}:{own_id}:{environment}"


class Correction(TypedDict):
    """A person corrects what a deployment counts as. Event `deployment.corrected`, subject: deployment_id.

    kind: "failed", "not_failed" (it counts so whatever else says), "incident" and "not_incident" (this incident was,
    was not caused by it), "rework", "not_rework", "ignore" (it counts nowhere), "restore" (what was said is void).
    """

    correction_id: str
    deployment_id: str
    kind: str
    incident_number: NotRequired[str]
    reason: str
    by: str
    at: str


class GateDecided(TypedDict):
    """A quality gate's verdict. Event `gate.decided`, subject: gate_id. verdict: pass, warn, fail, inconclusive.

    score: 0 to 100, None where nothing could be judged. rollback: the operation that took the version back, or None.
    """

    gate_id: str
    service: str
    environment: str
    version: str
    commit: str | None
    deployment_id: str | None
    verdict: str
    score: float | None
    decided_at: str
    rollback: str | None


class WorkItemChanged(TypedDict):
    """A work item as it stands. Event `work_item.changed`, subject: "<source>:<id>"; the highest revision counts.

    category: the state's, "proposed", "in_progress", "resolved", "completed", "removed". started_at: when it first
    was in progress. planned: False for bugs and what an incident asked for, None where the type does not tell.
    """

    work_item_id: str
    revision: int
    service: str | None
    project: str
    type: str
    state: str
    category: str
    title: str
    planned: bool | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    changed_at: str
    source: str
