"""What tools send: the vendors' documented payloads, as really sent where that differs, with what proves the sender."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"
SECRET = "change-me-to-32-random-characters"
COMMIT = "8f1c2d3e4a5b60718293a4b5c6d7e8f901234567"


def documented(name: str, **changes: Any) -> dict[str, Any]:
    """A payload of tests/events, with members of its resource (Azure DevOps) or itself (GitHub) changed."""
    told: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    told.get("resource", told).update(changes)
    return told


def run_sent(
    run_id: int, pipeline_id: int, result: str | None = "succeeded", organisation: str = "example"
) -> dict[str, Any]:
    """run-state-changed as Azure DevOps really sends it: ids of its own, a resourceVersion, containers."""
    base = f"https://dev.azure.com/{organisation}"
    project = "be9b3917-87e6-42a4-a549-2bc06a7a878f"
    url = f"{base}/{project}/_apis/pipelines/{pipeline_id}/runs/{run_id}"
    pipeline = {"url": url, "id": pipeline_id, "revision": 3, "name": "checkout", "folder": "\\"}
    run = {
        "_links": {"self": {"href": url}, "web": {"href": f"{base}/_build/results?buildId={run_id}"}},
        "pipeline": pipeline,
        "state": "completed" if result else "inProgress",
        "createdDate": "2026-11-20T10:00:00.1234567Z",
        "url": url,
        "id": run_id,
        "name": "20261120.1",
    }
    if result:
        run |= {"result": result, "finishedDate": "2026-11-20T10:09:00.7654321Z"}
    return {
        "subscriptionId": "1f0a9d30-0000-4000-8000-00000000a1b2",
        "notificationId": 7,
        "id": "b7f1c0de-0000-4000-8000-000000000007",
        "eventType": "ms.vss-pipelines.run-state-changed-event",
        "publisherId": "pipelines",
        "resource": {"run": run, "pipeline": pipeline, "repositories": []},
        "resourceVersion": "5.1-preview.1",
        "resourceContainers": {
            "collection": {"id": "c12d0eb8-e382-443b-9f9c-c52cba5014c2", "baseUrl": f"{base}/"},
            "account": {"id": "f844ec47-a9db-4511-8281-8b63f4eaf94e", "baseUrl": f"{base}/"},
            "project": {"id": project, "baseUrl": f"{base}/"},
        },
        "createdDate": "2026-11-20T10:09:02.1234567Z",
    }


def release_sent(status: str = "succeeded", pipeline_id: int = 17) -> dict[str, Any]:
    """A classic release's deployment-completed."""
    return {
        "id": "c0ffee00-0000-4000-8000-000000000001",
        "eventType": "ms.vss-release.deployment-completed-event",
        "publisherId": "rm",
        "resource": {
            "environment": {"id": 5, "releaseId": 41, "name": "Production", "status": status},
            "deployment": {
                "id": 77,
                "startedOn": "2026-11-20T07:00:00-03:00",
                "completedOn": "2026-11-20T07:05:00-03:00",
                "requestedBy": {"id": "d6245f20-2af8-44f4-9451-8107cb2767db", "displayName": "Normal Paulk"},
                "release": {
                    "id": 41,
                    "name": "Release-41",
                    "artifacts": [
                        {
                            "type": "Build",
                            "definitionReference": {
                                "definition": {"id": str(pipeline_id), "name": "checkout"},
                                "sourceVersion": {"id": COMMIT, "name": COMMIT},
                            },
                        }
                    ],
                    "_links": {"web": {"href": "https://dev.azure.com/example/loja/_release?releaseId=41"}},
                },
            },
            "project": {"id": "be9b3917-87e6-42a4-a549-2bc06a7a878f", "name": "loja"},
        },
        "resourceVersion": "3.0-preview.1",
        "createdDate": "2026-11-20T10:05:03.000Z",
    }


def pull_request_sent(merged: bool = True, **changes: Any) -> dict[str, Any]:
    """GitHub's pull_request, closed."""
    pull_request = {
        "number": 12,
        "merged": merged,
        "merge_commit_sha": COMMIT,
        "merged_at": "2026-11-20T10:00:00Z" if merged else None,
        "updated_at": "2026-11-20T10:00:00Z",
        "title": "Keep baskets for a week",
        "body": "",
        "commits": 3,
        "head": {"sha": "1" * 40},
        "base": {"ref": "main"},
    }
    repository = {
        "id": 9,
        "full_name": "Contoso/Checkout",
        "default_branch": "main",
        "owner": {"login": "Contoso"},
    }
    return {"action": "closed", "pull_request": pull_request | changes, "repository": repository}


def basic(secret: str = SECRET, user: str = "azure-devops") -> dict[str, str]:
    """The header of Basic authentication."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """GitHub's headers of a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}", "x-github-event": "any"}
