"""GitHub's webhooks about delivery: statuses of deployments, runs of workflows, pull requests. Pure.

Which of them a body is, its own members say: the header that names it is not signed.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.delivery.deliveries import PRODUCTION, Commit
from shared.domain.delivery.delivery_reports import (
    CHANGE,
    DEPLOYMENT,
    GITHUB,
    NOTHING,
    Place,
    Report,
    a_place,
    instant,
    part,
    reverted,
    sha,
    text,
)

type Parts = tuple[Report, tuple[str, ...]]

_STARTED = frozenset({"in_progress", "pending", "queued", "requested", "waiting"})
_RESULTS = {
    "success": "succeeded",
    "failure": "failed",
    "error": "failed",
    "timed_out": "failed",
    "startup_failure": "failed",
    "cancelled": "cancelled",
}


def read(hook: Mapping[str, Any]) -> Parts:
    """The report, and what makes it unique at GitHub."""
    for name, reader in _READERS.items():
        if isinstance(hook.get(name), Mapping):
            return reader(hook, hook[name])
    if "zen" in hook:
        return _report(NOTHING, "ping", _place(hook), {}, "ping"), ("ping", text(hook.get("hook_id")))
    names = sorted(text(name, 40) for name in hook)[:20]
    identity = ("unknown", text(part(hook, "repository", "id")), *names)
    return _report(
        NOTHING, text(hook.get("action")), _place(hook), {"members": names}, "unknown_type"
    ), identity


def pulled(repository: str, shown_repository: Mapping[str, Any] | None = None, **members: Any) -> Parts:
    """What the API shows, as its webhook would have told it: one event however it was heard of.

    repository: the "owner/name" that was asked. shown_repository: as the API shows it beside. members: of the webhook.
    """
    asked = {"full_name": repository, "owner": {"login": repository.partition("/")[0]}}
    report, identity = read({**members, "repository": {**(shown_repository or {}), **asked}})
    return Report(**{**report, "hook": "reconciled"}), identity


def pulled_change(repository: str, pull_request: Mapping[str, Any]) -> Parts:
    """A pull request out of a list, where GitHub says only when it was merged, not that it was."""
    merged = {**pull_request, "merged": bool(pull_request.get("merged_at"))}
    shown = part(pull_request, "base", "repo")
    return pulled(repository, shown if isinstance(shown, Mapping) else None, pull_request=merged)


def _deployment_status(hook: Mapping[str, Any], status: Mapping[str, Any]) -> Parts:
    deployment = part(hook, "deployment") or {}
    number, state = text(part(deployment, "id")), text(part(status, "state")).lower()
    named = text(part(status, "environment")) or text(part(deployment, "environment"))
    environment = PRODUCTION if part(deployment, "production_environment") is True else named
    finished = state in _RESULTS
    commit = sha(part(deployment, "sha"))
    told = {
        "id": number,
        "environment": environment,
        "named_environment": named,
        "version": text(part(deployment, "ref")),
        "commit": commit,
        "started_at": instant(part(deployment, "created_at")),
        "finished_at": instant(part(status, "created_at")) if finished else None,
        "state": "finished" if finished else "started",
        "result": _RESULTS.get(state),
        "how": "rollback" if text(part(deployment, "task")).lower() == "rollback" else "pipeline",
        "who": text(part(deployment, "creator", "id")),
        "url": text(part(status, "target_url"), 2000) or text(part(deployment, "url"), 2000),
    }
    identity = ("deployment_status", number, text(part(status, "id")), state)
    if state == "inactive":
        # A later deployment took its place: that one is told by itself.
        return _report(NOTHING, "deployment_status", _place(hook), told, "inactive"), identity
    reason = "" if finished or state in _STARTED else "unknown_state"
    if not (number and environment and (told["finished_at"] or not finished)):
        reason = "incomplete"
    return _report(DEPLOYMENT, "deployment_status", _place(hook), told, reason), identity


def _workflow_run(hook: Mapping[str, Any], run: Mapping[str, Any]) -> Parts:
    """A deployment only where the service's owner says that this workflow deploys (`delivery.workflows`)."""
    number, attempt = text(part(run, "id")), text(part(run, "run_attempt")) or "1"
    status, conclusion = text(part(run, "status")).lower(), text(part(run, "conclusion")).lower()
    finished = status == "completed"
    told = {
        "id": f"run-{number}-{attempt}",
        "run_id": number,
        "workflow": text(part(run, "path")).partition("@")[0],
        "environment": "",
        "version": text(part(run, "run_number")),
        "commit": sha(part(run, "head_sha")),
        "started_at": instant(part(run, "run_started_at")) or instant(part(run, "created_at")),
        "finished_at": instant(part(run, "updated_at")) if finished else None,
        "state": "finished" if finished else "started",
        "result": _RESULTS.get(conclusion),
        "commits": _pushed(run) if attempt == "1" else [],
        "who": text(part(run, "triggering_actor", "id")) or text(part(run, "actor", "id")),
        "url": text(part(run, "html_url"), 2000),
    }
    identity = ("workflow_run", number, attempt, status, conclusion)
    if not number:
        return _report(NOTHING, "workflow_run", _place(hook), told, "no_run_id"), identity
    if finished and told["result"] is None:
        return _report(NOTHING, "workflow_run", _place(hook), told, "no_deployment"), identity
    reason = "" if told["finished_at"] or not finished else "incomplete"
    return _report(DEPLOYMENT, "workflow_run", _place(hook), told, reason), identity


def _pull_request(hook: Mapping[str, Any], pull_request: Mapping[str, Any]) -> Parts:
    number, commit = text(part(pull_request, "number")), sha(part(pull_request, "merge_commit_sha"))
    count = part(pull_request, "commits")
    head = sha(part(pull_request, "head", "sha"))
    told = {
        "pull_request": number,
        "commit": commit,
        "commits": [{"sha": head, "committed_at": None}] if head else [],
        "more_commits": max(0, count - 1) if isinstance(count, int) and not isinstance(count, bool) else 0,
        "merged_at": instant(part(pull_request, "merged_at")),
        "title": text(part(pull_request, "title")),
        "reverts": reverted(part(pull_request, "body")),
        "branch": text(part(pull_request, "base", "ref")),
        "default_branch": text(part(hook, "repository", "default_branch")),
    }
    identity = ("pull_request", text(part(hook, "repository", "id")), number, commit or "")
    if part(pull_request, "merged") is not True:
        action = text(hook.get("action"))
        report = _report(NOTHING, "pull_request", _place(hook), told, "not_completed")
        return report, (*identity, action, text(part(pull_request, "updated_at")))
    reason = "" if number and commit and told["merged_at"] else "incomplete"
    return _report(CHANGE, "pull_request", _place(hook), told, reason), identity


_READERS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Parts]] = {
    "deployment_status": _deployment_status,
    "workflow_run": _workflow_run,
    "pull_request": _pull_request,
}


def _pushed(run: Mapping[str, Any]) -> list[Commit]:
    """The commit whose push began the run: no run before had it. Of what else came along GitHub does not tell."""
    name = sha(part(run, "head_commit", "id"))
    if text(part(run, "event")) != "push" or name is None:
        return []
    return [{"sha": name, "committed_at": instant(part(run, "head_commit", "timestamp"))}]


def _place(hook: Mapping[str, Any]) -> Place:
    repository = part(hook, "repository") or {}
    owner = text(part(repository, "owner", "login"))
    return a_place(
        organisation=owner,
        repository=text(part(repository, "full_name")).lower(),
        repository_id=part(repository, "id"),
    )


def _report(kind: str, hook: str, place: Place, told: dict[str, Any], reason: str = "") -> Report:
    return Report(source=GITHUB, kind=kind, hook=hook, place=place, told=told, reason=reason)
