"""What there may be under a service's name before anybody asks for it: made as other people would have made it."""

import base64
from typing import Any

import httpx

from sandbox.platform.seed import PROJECT
from sandbox.platform.story import World
from tests.e2e.matrix.cases import EMPTY, EXISTING
from tests.e2e.matrix.snapshot import SHARED_TAG

_REVIEWERS = "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd"


async def furnish(world: World, kind: str, service: str) -> None:
    """Make what this world holds before."""
    if kind == EMPTY:
        await _azure_devops(world, "git/repositories", {"name": service})
    if kind == EXISTING:
        await _repository_and_pipeline(world, service)
        await _dynatrace(world, "slo", _objective(service))
        zone = {
            "schemaId": "builtin:management-zones",
            "scope": "environment",
            "value": {"name": service, "rules": []},
        }
        await _dynatrace(world, "settings/objects", [zone])
        await _configuration_item(world, service)


async def take_shared_tag(world: World) -> None:
    """Take the tag away that all services share, so that the next one makes it."""
    for one in (await world.state("dynatrace"))["settings_object"]:
        if one["schemaId"] == SHARED_TAG:
            await _dynatrace(world, f"settings/objects/{one['objectId']}", None, "DELETE")


async def _repository_and_pipeline(world: World, service: str) -> None:
    """A repository with content, one policy and a pipeline that has run."""
    wanted = {"project": PROJECT, "name": service, "repository": service}
    pipeline = await world.control("azure_devops", "POST", "pipelines", wanted)
    run = {"pipeline_id": pipeline["id"], "comment": "Before the platform", "finished_ago_seconds": 3600}
    await world.control("azure_devops", "POST", "runs", run)
    scope = {
        "repositoryId": pipeline["repository_id"],
        "refName": "refs/heads/main",
        "matchKind": "Exact",
    }
    settings = {"minimumApproverCount": 2, "creatorVoteCounts": False, "scope": [scope]}
    policy = {"isEnabled": True, "isBlocking": True, "type": {"id": _REVIEWERS}, "settings": settings}
    await _azure_devops(world, "policy/configurations", policy)


def _objective(service: str) -> dict[str, Any]:
    return {
        "name": f"{service} availability",
        "description": "As the team wants it",
        "metricExpression": "(100)*(builtin:service.errors.server.successCount:splitBy())/"
        "(builtin:service.requestCount.server:splitBy())",
        "evaluationType": "AGGREGATE",
        "filter": f'type("SERVICE"),tag("service:{service}")',
        "target": 90.0,
        "warning": 95.0,
        "timeframe": "-1d",
        "enabled": True,
    }


async def _azure_devops(world: World, path: str, body: object) -> None:
    vendor = world.document["vendors"]["azure_devops"]
    password = base64.b64encode(f":{vendor['token']}".encode()).decode()
    await _call(
        world,
        f"{vendor['organization_url']}/{PROJECT}/_apis/{path}?api-version=7.1",
        body,
        f"Basic {password}",
    )


async def _dynatrace(world: World, path: str, body: object, method: str = "POST") -> None:
    vendor = world.document["vendors"]["dynatrace"]
    await _call(world, f"{vendor['url']}/api/v2/{path}", body, f"Api-Token {vendor['token']}", method)


async def _configuration_item(world: World, service: str) -> None:
    await servicenow_row(world, "cmdb_ci_service", {"name": service, "short_description": "Somebody's"})


async def servicenow_row(world: World, table: str, row: dict[str, str]) -> dict[str, Any]:
    """A row as somebody makes it; as it is then."""
    vendor = world.document["vendors"]["servicenow"]
    form = {"grant_type": "client_credentials"}
    form |= {name: vendor[name] for name in ("client_id", "client_secret")}
    signed = (await world.http.post(f"{vendor['url']}/oauth_token.do", data=form)).raise_for_status()
    token = f"Bearer {signed.json()['access_token']}"
    made = await _call(world, f"{vendor['url']}/api/now/table/{table}", row, token)
    return dict(made.json()["result"])


async def _call(
    world: World, address: str, body: object, authorization: str, method: str = "POST"
) -> httpx.Response:
    headers = {"Authorization": authorization}
    answer = await world.http.request(method, address, json=body, headers=headers)
    assert answer.is_success, f"{method} {address}: {answer.status_code} {answer.text[:300]}"
    return answer
