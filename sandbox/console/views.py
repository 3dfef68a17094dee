"""What the page shows of what the systems hold: documents in, plain values for the templates out. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.console.clock import span
from shared.clients.azure_devops import KEY_VARIABLE

type View = dict[str, Any]
type Rows = Sequence[Mapping[str, Any]]

_INCIDENT_TONES = {"1": "warn", "2": "live", "3": "warn", "6": "good", "7": "calm", "8": "calm"}
_ENVIRONMENT_TONES = {"running": "good", "stopped": "calm", "destroyed": "calm", "destroy_failed": "bad"}
_RUN_TONES = {"succeeded": "good", "failed": "bad", "canceled": "calm", "running": "live"}


def incidents(state: Mapping[str, Rows]) -> list[View]:
    """Newest first, each with its work notes."""
    notes: dict[str, list[View]] = {}
    for row in state.get("sys_journal_field", ()):
        note = {"at": row.get("sys_created_on", ""), "text": row.get("value", "")}
        notes.setdefault(row.get("element_id", ""), []).append(note)
    return [
        {
            "sys_id": row["sys_id"],
            "number": row["number"],
            "title": row["short_description"],
            "status": f"incident.{row['state']}",
            "tone": _INCIDENT_TONES.get(row["state"], "calm"),
            "open": row["state"] in ("1", "2", "3"),
            "priority": row["priority"],
            "opened": row.get("opened_at") or row.get("sys_created_on", ""),
            "description": row["description"],
            "resolution": row["close_notes"],
            "notes": notes.get(row["sys_id"], []),
        }
        for row in reversed(state.get("incident", ()))
    ]


def problems(state: Mapping[str, Rows]) -> list[View]:
    """Newest first, each with how often its webhook was told."""
    told: dict[str, list[str]] = {}
    for notification in state.get("notification", ()):
        told.setdefault(notification["problem_id"], []).append(notification["state"])
    return [
        {
            "number": problem["displayId"],
            "title": problem["title"],
            "status": f"state.{problem['status']}",
            "tone": "bad" if problem["status"] == "OPEN" else "good",
            "open": problem["status"] == "OPEN",
            "severity": problem["severityLevel"],
            "started": problem["startTime"],
            "ended": problem["endTime"],
            "entities": ", ".join(
                stub.get("name") or stub["entityId"]["id"] for stub in problem["affectedEntities"]
            ),
            "told": f"{told.get(problem['problemId'], []).count('delivered')}"
            f"/{len(told.get(problem['problemId'], []))}",
        }
        for problem in reversed(state.get("problem", ()))
    ]


def pipelines(state: Mapping[str, Rows], now_ms: float) -> list[View]:
    """Each pipeline with its project and its newest runs."""
    projects = {project["id"]: project["name"] for project in state.get("project", ())}
    repositories = {row["id"]: row["name"] for row in state.get("repository", ())}
    comments = {commit["commit_id"]: commit["comment"] for commit in state.get("commit", ())}
    runs = [_run(run, comments, now_ms) for run in reversed(state.get("run", ()))]
    return [
        {
            "name": pipeline["name"],
            "project": projects.get(pipeline["project_id"], ""),
            "repository": repositories.get(pipeline["repository_id"], ""),
            "runs": [run for run in runs if run["pipeline_id"] == pipeline["id"]][:8],
        }
        for pipeline in state.get("pipeline", ())
    ]


def _run(run: Mapping[str, Any], comments: Mapping[str, str], now_ms: float) -> View:
    result = run["result"] if now_ms >= run["finish_ms"] else "running"
    return {
        "id": run["id"],
        "name": run["name"],
        "pipeline_id": run["pipeline_id"],
        "commit": run["version"][:8],
        "comment": comments.get(run["version"], ""),
        "status": f"state.{result}",
        "tone": _RUN_TONES.get(result, "calm"),
        "at": run["finish_ms"] if result != "running" else run["created_ms"],
        "running": result == "running",
        "ours": KEY_VARIABLE in run["variables"],
    }


def services(registered: Rows) -> list[View]:
    """The registry's services with their environments."""
    return [
        {
            **{name: one.get(name) or "" for name in ("name", "description", "product", "owner")},
            "path": (one.get("golden_path") or {}).get("name", ""),
            "environments": [
                {
                    "name": name,
                    "ends": held.get("ends_at"),
                    "tone": _ENVIRONMENT_TONES.get(held["state"], "live"),
                }
                for name, held in sorted((one.get("environments") or {}).items())
            ],
        }
        for one in registered
    ]


def queues(entities: Rows) -> list[View]:
    """Queues and subscriptions with what waits in them; a topic itself holds nothing."""
    return [
        {
            "path": _short_path(entity["path"]),
            **{name: entity[name] for name in ("active", "scheduled", "deferred", "dead_letter")},
        }
        for entity in entities
        if "/subscriptions/" in entity["path"].lower() or entity["scheduled"] or entity["active"]
    ]


def _short_path(path: str) -> str:
    topic, _, subscription = path.lower().partition("/subscriptions/")
    return f"{topic} / {subscription}" if subscription else path


def tables(raw: Rows) -> list[View]:
    """Tables and views of the warehouse, without the migrations' own."""
    shown = [
        row for row in raw if row["schema"].upper() not in ("SCHEMACHANGE", "INFORMATION_SCHEMA", "PUBLIC")
    ]
    order = {"RAW": 0, "CORE": 1, "MART": 2}
    return sorted(
        ({name: row[name] for name in ("schema", "name", "kind", "rows")} for row in shown),
        key=lambda row: (order.get(row["schema"].upper(), 3), row["schema"], row["name"]),
    )


def fault(vendor: str, raw: Mapping[str, Any]) -> View:
    """One fault that was ordered."""
    details = [raw["kind"]]
    if raw["kind"] == "status":
        details.append(str(raw["status"]))
    if raw.get("seconds"):
        details.append(span(raw["seconds"]))
    return {
        "vendor": vendor,
        "operation": raw["operation"],
        "what": " ".join(details),
        "until": raw.get("until_ms"),
        "times": raw.get("times"),
    }
