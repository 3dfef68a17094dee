"""A problem notification's body: the customer's template with Dynatrace's placeholders filled in.

Vendor's page: https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting/problem-notifications/webhook-integration
Placeholders that stand for JSON go in as they are; all others are text, escaped as JSON wants it, unless the
notification names another content type. What is no placeholder stays as it is.
"""

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.vendors.clock import plain

JSON_PLACEHOLDERS = frozenset({"ImpactedEntities", "ProblemDetailsJSON", "ProblemDetailsJSONv2"})
_IMPACTS = {"SERVICES": "SERVICE"}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill(template: str, problem: Mapping[str, Any], environment_url: str, escape: bool = True) -> str:
    """The body of a notification about `problem`. escape: as JSON; off where the content type is another."""
    values = _values(problem, environment_url)

    def replace(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            return found[0]
        if name in JSON_PLACEHOLDERS or not escape:
            return values[name]
        return json.dumps(values[name], ensure_ascii=False)[1:-1]

    return _PLACEHOLDER.sub(replace, template)


def problem_url(problem: Mapping[str, Any], environment_url: str) -> str:
    return f"{environment_url}/#problems/problemdetails;pid={problem['problemId']}"


def _values(problem: Mapping[str, Any], environment_url: str) -> dict[str, str]:
    names = [stub.get("name", stub["entityId"]["id"]) for stub in problem["impactedEntities"]]
    state = "OPEN" if problem["status"] == "OPEN" else "RESOLVED"
    url = problem_url(problem, environment_url)
    lines = _lines(problem, state)
    return {
        "ImpactedEntities": _json([_impacted(stub) for stub in problem["impactedEntities"]]),
        "ImpactedEntity": ", ".join(names),
        "ImpactedEntityNames": ", ".join(names),
        "NamesOfImpactedEntities": ", ".join(names),
        "PID": problem["problemId"],
        "ProblemDetailsHTML": "".join(f"<p>{html.escape(line)}</p>" for line in lines),
        "ProblemDetailsJSON": _json(_version_1(problem)),
        "ProblemDetailsJSONv2": _json(problem),
        "ProblemDetailsMarkdown": "\n".join(f"- {line}" for line in lines),
        "ProblemDetailsText": "\n".join(lines),
        "ProblemID": problem["displayId"],
        "ProblemImpact": _IMPACTS.get(problem["impactLevel"], problem["impactLevel"]),
        "ProblemSeverity": problem["severityLevel"],
        "ProblemTitle": problem["title"],
        "ProblemURL": url,
        "State": state,
        "Tags": ", ".join(tag["stringRepresentation"] for tag in problem["entityTags"]),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _impacted(stub: Mapping[str, Any]) -> dict[str, str]:
    entity = stub["entityId"]
    return {"type": entity["type"], "name": stub.get("name", ""), "entity": entity["id"]}


def _version_1(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The problem as the API's first version wrote it, as far as it is used."""
    return {
        "ID": problem["problemId"],
        "pid": problem["problemId"],
        "displayName": problem["displayId"].removeprefix("P-"),
        "startTime": problem["startTime"],
        "endTime": problem["endTime"],
        "status": problem["status"],
        "severityLevel": problem["severityLevel"],
        "impactLevel": _IMPACTS.get(problem["impactLevel"], problem["impactLevel"]),
        "rankedEvents": [],
    }


def _lines(problem: Mapping[str, Any], state: str) -> list[str]:
    evidence = problem["evidenceDetails"]["details"]
    return [
        f"{state} problem {problem['displayId']}: {problem['title']}",
        f"Since {plain(problem['startTime'])} UTC",
        *(f"{item['displayName']} on {item['entity'].get('name', '')}" for item in evidence),
    ]
