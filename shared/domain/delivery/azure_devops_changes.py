"""Azure DevOps' hooks about what changed: pushes, pull requests, work items. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.domain.delivery import work_items
from shared.domain.delivery.azure_devops_hooks import Parts, a_report
from shared.domain.delivery.azure_devops_hooks import organisation as hook_organisation
from shared.domain.delivery.azure_devops_hooks import project as hook_project
from shared.domain.delivery.deliveries import MOST_COMMITS
from shared.domain.delivery.delivery_reports import (
    CHANGE,
    NOTHING,
    PUSH,
    WORK_ITEM,
    a_place,
    instant,
    objects,
    organisation_of,
    part,
    reverted,
    sha,
    text,
)


def change_reported(
    pull_request: Mapping[str, Any], hook: str, organisation: str = "", project: str = ""
) -> Parts:
    """The report of a pull request, as hooks and the API show it."""
    repository = part(pull_request, "repository") or {}
    commit = sha(part(pull_request, "lastMergeCommit", "commitId"))
    number = text(part(pull_request, "pullRequestId"))
    place = a_place(
        organisation=organisation or organisation_of(part(repository, "url")),
        project=part(repository, "project", "name") or project,
        repository=part(repository, "name"),
        repository_id=text(part(repository, "id")).lower(),
    )
    told: dict[str, Any] = {
        "pull_request": number,
        "commit": commit,
        "commits": [],
        "more_commits": 0,
        "merged_at": instant(part(pull_request, "closedDate")),
        "title": text(part(pull_request, "title")),
        "reverts": reverted(part(pull_request, "description")),
        "branch": text(part(pull_request, "targetRefName")),
        "default_branch": text(part(repository, "defaultBranch")),
    }
    identity = ("pull_request", place["repository_id"], number, commit or "")
    if text(part(pull_request, "status")) != "completed":
        # "merged" is told of every trial merge, too.
        return a_report(NOTHING, hook, place, told, "not_completed"), (*identity, "not_completed")
    reason = "" if commit and number.isdecimal() and told["merged_at"] else "incomplete"
    return a_report(CHANGE, hook, place, told, reason), identity


def push(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    repository = part(resource, "repository") or {}
    default = text(part(repository, "defaultBranch"))
    update = next(
        (one for one in objects(part(resource, "refUpdates")) if text(part(one, "name")) == default), {}
    )
    commit = sha(part(update, "newObjectId"))
    commits = objects(part(resource, "commits"))
    place = a_place(
        organisation=hook_organisation(hook, part(repository, "url")),
        project=part(repository, "project", "name") or hook_project(hook),
        repository=part(repository, "name"),
        repository_id=text(part(repository, "id")).lower(),
    )
    newest = next(iter(commits), {})
    told = {
        "commit": commit,
        "commits": [
            {"sha": name, "committed_at": instant(part(one, "author", "date"))}
            for one in commits[:MOST_COMMITS]
            if (name := sha(part(one, "commitId")))
        ],
        "more_commits": max(0, len(commits) - MOST_COMMITS),
        "merged_at": instant(part(resource, "date")),
        "title": text(part(newest, "comment")),
        "reverts": reverted(part(newest, "comment")),
        "branch": default,
        "default_branch": default,
    }
    identity = ("push", place["repository_id"], text(part(resource, "pushId")), commit or "")
    if not commit:
        # Another branch, or one that was deleted.
        return a_report(NOTHING, text(hook["eventType"]), place, told, "other_branch"), identity
    return a_report(
        PUSH, text(hook["eventType"]), place, told, "" if told["merged_at"] else "incomplete"
    ), identity


def pull_request(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    organisation = hook_organisation(hook, part(resource, "repository", "url"))
    return change_reported(resource, text(hook["eventType"]), organisation, hook_project(hook))


def work_item(hook: Mapping[str, Any], resource: Mapping[str, Any]) -> Parts:
    """resource.id is the update's, and workItemId is 0 in the vendor's own example: the revision knows."""
    revision = part(resource, "revision") or {}
    number = text(part(revision, "id")) or text(part(resource, "workItemId"))
    rev = text(part(revision, "rev")) or text(part(resource, "rev"))
    fields = part(revision, "fields") or {}
    place = a_place(
        organisation=hook_organisation(hook, part(resource, "url")),
        project=part(fields, "System.TeamProject"),
    )
    told = {
        "id": int(number) if number.isdecimal() else 0,
        "revision": int(rev) if rev.isdecimal() else 0,
        "fields": {name: text(part(fields, name), 2000) for name in work_items.FIELDS if part(fields, name)},
    }
    whole = told["id"] and told["revision"] and fields
    report = a_report(WORK_ITEM, text(hook["eventType"]), place, told, "" if whole else "incomplete")
    return report, ("work_item", place["organisation"], number, rev)
