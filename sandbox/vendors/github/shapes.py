"""Things as GitHub shows them, by its API and in its webhooks alike. Times have whole seconds."""

from typing import Any

from sandbox.vendors.clock import iso
from sandbox.vendors.store import Document

BRANCH = "main"
PERSON = {"login": "bruno-lima", "id": 21031067, "type": "User", "site_admin": False}
"""Whoever does things there."""


def at(ms: int) -> str:
    """2026-11-21T12:00:00Z"""
    return iso(ms - ms % 1000).replace(".000Z", "Z")


def repository_shown(url: str, repository: Document) -> dict[str, Any]:
    owner, _, name = repository["full_name"].partition("/")
    return {
        "id": repository["id"],
        "name": name,
        "full_name": repository["full_name"],
        "private": True,
        "owner": {"login": owner, "id": 7, "type": "Organization"},
        "url": f"{url}/repos/{repository['full_name']}",
        "html_url": f"https://github.example/{repository['full_name']}",
        "default_branch": BRANCH,
    }


def commit_shown(url: str, repository: Document, commit: Document) -> dict[str, Any]:
    signed = {"name": "Bruno Lima", "email": "bruno.lima@example.com", "date": at(commit["at_ms"])}
    return {
        "url": f"{url}/repos/{repository['full_name']}/commits/{commit['sha']}",
        "sha": commit["sha"],
        "commit": {"author": signed, "committer": signed, "message": commit["message"], "comment_count": 0},
        "author": PERSON,
        "committer": PERSON,
        "parents": [{"sha": commit["parent"]}] if commit["parent"] else [],
    }


def deployment_shown(url: str, repository: Document, deployment: Document) -> dict[str, Any]:
    here = f"{url}/repos/{repository['full_name']}"
    return {
        "url": f"{here}/deployments/{deployment['id']}",
        "id": deployment["id"],
        "sha": deployment["sha"],
        "ref": deployment["ref"],
        "task": deployment["task"],
        "payload": {},
        "original_environment": deployment["environment"],
        "environment": deployment["environment"],
        "description": None,
        "creator": PERSON,
        "created_at": at(deployment["created_ms"]),
        "updated_at": at(deployment["updated_ms"]),
        "statuses_url": f"{here}/deployments/{deployment['id']}/statuses",
        "repository_url": here,
        "transient_environment": False,
        "production_environment": deployment["production"],
    }


def status_shown(url: str, repository: Document, status: Document) -> dict[str, Any]:
    here = f"{url}/repos/{repository['full_name']}/deployments/{status['deployment_id']}"
    return {
        "url": f"{here}/statuses/{status['id']}",
        "id": status["id"],
        "state": status["state"],
        "creator": PERSON,
        "description": "",
        "environment": status["environment"],
        "target_url": "",
        "created_at": at(status["at_ms"]),
        "updated_at": at(status["at_ms"]),
        "deployment_url": here,
        "repository_url": f"{url}/repos/{repository['full_name']}",
        "environment_url": "",
        "log_url": "",
    }


def run_shown(url: str, repository: Document, run: Document, commit: Document) -> dict[str, Any]:
    here = f"{url}/repos/{repository['full_name']}/actions/runs/{run['id']}"
    return {
        "id": run["id"],
        "name": "deploy",
        "head_branch": BRANCH,
        "head_sha": run["sha"],
        "path": run["workflow"],
        "display_title": commit["message"],
        "run_number": run["number"],
        "run_attempt": run["attempt"],
        "event": run["event"],
        "status": run["status"],
        "conclusion": run["conclusion"],
        "workflow_id": run["workflow_id"],
        "url": here,
        "html_url": f"https://github.example/{repository['full_name']}/actions/runs/{run['id']}",
        "pull_requests": [],
        "created_at": at(run["created_ms"]),
        "updated_at": at(run["updated_ms"]),
        "run_started_at": at(run["created_ms"]),
        "actor": PERSON,
        "triggering_actor": PERSON,
        "head_commit": {
            "id": run["sha"],
            "message": commit["message"],
            "timestamp": at(commit["at_ms"]),
            "author": {"name": "Bruno Lima", "email": "bruno.lima@example.com"},
        },
        "repository": repository_shown(url, repository),
    }


def pull_request_shown(url: str, repository: Document, pull_request: Document) -> dict[str, Any]:
    """As lists show it; by itself and in webhooks it also has `merged` and `commits`."""
    shown = repository_shown(url, repository)
    merged_at = at(pull_request["merged_ms"])
    return {
        "url": f"{shown['url']}/pulls/{pull_request['number']}",
        "id": pull_request["number"] + 40_000,
        "number": pull_request["number"],
        "state": "closed",
        "title": pull_request["title"],
        "body": pull_request["body"],
        "user": PERSON,
        "created_at": at(pull_request["merged_ms"] - 3_600_000),
        "updated_at": merged_at,
        "closed_at": merged_at,
        "merged_at": merged_at,
        "merge_commit_sha": pull_request["merged"],
        "draft": False,
        "head": {"ref": "change", "sha": pull_request["shas"][-1], "repo": shown},
        "base": {"ref": pull_request["base"], "sha": pull_request["before"], "repo": shown},
    }
