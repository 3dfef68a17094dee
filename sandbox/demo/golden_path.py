"""What scenarios about services stand on: asking as Backstage does, and what exists everywhere, side by side."""

import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.demo.stage import Operation, Stage
from sandbox.platform.story import PATH
from shared.domain.service.monitoring import AUTO_TAGS

SERVICES = f"/api/golden-paths/{PATH}/services"

type Holdings = dict[str, list[str]]
"""What exists, by kind: names in order.

Not among it: records that systems of record keep for ever, and the tag rules that all services share.
"""


def new_name(word: str) -> str:
    """A service name nobody has yet, so that a scenario can be played again."""
    return f"{word}-{secrets.token_hex(2)}"


async def ask_for(stage: Stage, wanted: Mapping[str, Any]) -> str:
    """Ask for a service as Backstage's template does; the operation's id."""
    answer = await stage.world.as_portal("POST", SERVICES, wanted)
    stage.check("the request is accepted", expected=202, observed=answer.status_code)
    return str(answer.raise_for_status().json()["operation_id"])


async def provisioned(stage: Stage, wanted: Mapping[str, Any]) -> Operation:
    """Ask, and follow the operation to its end."""
    stage.say(f"Backstage asks for {wanted['name']} by the golden path {PATH}")
    return await stage.ended(await ask_for(stage, wanted))


async def holdings(stage: Stage) -> Holdings:
    """What exists in every system now."""
    devops, dynatrace, servicenow = [
        await stage.world.state(vendor) for vendor in ("azure_devops", "dynatrace", "servicenow")
    ]
    registry = (await stage.ask("GET", "/api/services")).raise_for_status().json()["services"]
    found = {
        "repositories": [each["name"] for each in devops["repository"]],
        "deleted repositories": [each["name"] for each in devops["deleted_repository"]],
        "pipelines": [each["name"] for each in devops["pipeline"]],
        "branch policies": [str(each["id"]) for each in devops["policy"]],
        "pipeline permissions": [f"{each['pipeline_id']} {each['name']}" for each in devops["permission"]],
        "Azure environments": [
            f"{each['service']} {each['environment']} ({each['state']})"
            for each in devops["azure_environment"]
        ],
        "Dynatrace settings": [
            f"{each['schemaId'].removeprefix('builtin:')} {each['value']['name']}"
            for each in dynatrace["settings_object"]
            if each["schemaId"] != AUTO_TAGS
        ],
        "Dynatrace SLOs": [each["name"] for each in dynatrace["slo"]],
        "Dynatrace entities": [each["displayName"] for each in dynatrace["entity"]],
        "CIs": [each["name"] for each in servicenow["cmdb_ci_service"]],
        "registered services": [each["name"] for each in registry],
    }
    return {kind: sorted(names) for kind, names in found.items()}


def side_by_side(before: Holdings, during: Holdings, after: Holdings) -> list[str]:
    """Lines of a table: how many there were before, at the most, and after."""
    rows = [("", "before", "meanwhile", "after")]
    rows += [(kind, *(str(len(held[kind])) for held in (before, during, after))) for kind in before]
    width = max(len(row[0]) for row in rows)
    return [f"{row[0]:<{width}}  {row[1]:>6}  {row[2]:>9}  {row[3]:>5}" for row in rows]


def states(operation: Operation, kind: str) -> list[str]:
    """States of its steps or compensations, each once."""
    return sorted({str(each["state"]) for each in operation[kind]})
