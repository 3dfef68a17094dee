"""A storm of problems: services that fail with those that call them, told out of order and more than once.

Every root cause is a registered service of its own with a pipeline of its own; its callers fail after it. Of every
four root causes one goes away while the storm lasts, and one does for some of its callers alone.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx

from sandbox.platform.story import World
from shared.domain.incident.problems import instance_id


class Told(NamedTuple):
    """One notification. at_s: after the first one. body: as Dynatrace sends it."""

    at_s: float
    body: str


class Storm(NamedTuple):
    """problems: the identity of each problem, with its root cause's name. told: in order of time."""

    name: str
    problems: dict[str, str]
    told: Sequence[Told]


_CALLERS = 5
_EARLY = (0, 1, 2)
_HEX = 16
_PAUSE_S = 0.3


async def brew(
    there: World, roots: int, notifications: int, within_s: float, *, name: str = "storm", seed: int = 1
) -> Storm:
    """Make what fails known to every vendor and to the registry, and say who will be told of what, when.

    roots: root causes. name: of the storm, in its titles. Raises: ValueError when so many notifications are too few
    for every problem.
    """
    chance = random.Random(seed)
    names = [f"{name}-{number:02}" for number in range(roots)]
    await asyncio.gather(*(monitored_service(there, root, _CALLERS) for root in names))
    opened: list[tuple[float, dict[str, Any]]] = []
    resolved: list[tuple[float, dict[str, Any]]] = []
    problems: dict[str, str] = {}
    for number, root in enumerate(names):
        begins_s = chance.uniform(0, within_s * 0.4)
        for caller in range(_CALLERS + 1):
            at_s = begins_s + caller * chance.uniform(0, within_s * 0.05)
            problem = await _problem(there, root, caller)
            problems[instance_id(problem["problemId"], problem["startTime"])] = root
            opened.append((at_s, problem))
            if number % 4 == 1 or (number % 4 == 3 and caller in _EARLY):
                # The smallest delays put some of them before their opening.
                resolved.append((min(at_s + chance.uniform(-0.05, 0.5) * within_s, within_s), problem))
    missing = notifications - len(opened) - len(resolved)
    if missing < 0:
        raise ValueError(f"{notifications} notifications are too few for {roots} root causes")
    again = [(chance.uniform(at_s, within_s), problem) for at_s, problem in chance.choices(opened, k=missing)]
    told = [Told(at_s, _body(problem, "OPEN")) for at_s, problem in opened + again]
    told += [Told(max(0.0, at_s), _body(problem, "RESOLVED")) for at_s, problem in resolved]
    return Storm(name, problems, sorted(told))


async def deliver(there: World, told: Sequence[Told], *, patient: bool = False) -> list[tuple[int, float]]:
    """Send each notification at its time; (status, seconds until the answer) of each.

    patient: again and again until it is taken, as Dynatrace does.
    """
    app = there.document["app"]
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-ValueFlow-Secret": app["webhook_secret"],
        "x-functions-key": app["function_key"],
    }
    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60, trust_env=False, headers=headers) as http:

        async def post(one: Told) -> int:
            while True:
                try:
                    answer = await http.post(app["webhook_url"], content=one.body.encode())
                except httpx.HTTPError:
                    if not patient:
                        raise
                else:
                    if answer.is_success or not patient:
                        return answer.status_code
                await asyncio.sleep(_PAUSE_S)

        async def send(one: Told) -> tuple[int, float]:
            await asyncio.sleep(max(0.0, one.at_s - (time.perf_counter() - began)))
            asked = time.perf_counter()
            return await post(one), time.perf_counter() - asked

        return await asyncio.gather(*map(send, told))


def entity_of(root: str, caller: int) -> str:
    """Dynatrace's id of the service that fails first, 0, or of one that calls it."""
    return f"SERVICE-{(root + str(caller)).encode().hex().upper()[-_HEX:]:0>{_HEX}}"


async def monitored_service(there: World, name: str, callers: int = 0) -> dict[str, Any]:
    """One service with its callers, monitored, deployed by its own pipeline, and registered.

    {"entity_id", "pipeline_id"}
    """
    project = there.demo["project"]
    root = {"name": name, "type": "SERVICE", "entity_id": entity_of(name, 0), "tags": ["env:prod"]}
    await there.control("dynatrace", "POST", "entities", root)
    for caller in range(1, callers + 1):
        calls = {"entity_id": entity_of(name, caller), "calls": [entity_of(name, 0)]}
        await there.control("dynatrace", "POST", "entities", {**root, "name": f"{name}-{caller}", **calls})
    pipeline = {"project": project, "name": name, "repository": name}
    made = await there.control("azure_devops", "POST", "pipelines", pipeline)
    service = {
        "product": "Loja Online",
        "owner": "time-loja",
        "tier": 2,
        "azure_devops": {"project": project, "pipeline_id": made["id"]},
        "dynatrace": {
            "entity_id": entity_of(name, 0),
            "metric_selector": "builtin:service.errors.total.rate",
            "upper_bound": 2.0,
        },
        "servicenow_ci": there.demo["servicenow_ci"],
    }
    answer = await there.http.put(
        f"{there.document['app']['url']}/api/services/{name}",
        json=service,
        headers={"Authorization": f"Bearer {await there.token()}"},
    )
    answer.raise_for_status()
    return {"entity_id": entity_of(name, 0), "pipeline_id": made["id"]}


async def _problem(there: World, root: str, caller: int) -> dict[str, Any]:
    """A problem that Dynatrace knows and has not told of."""
    story = {
        "title": f"Failure rate increase ({root})",
        "service_entity_id": entity_of(root, caller),
        "root_cause_entity_id": entity_of(root, 0),
        "start_ms": round(time.time() * 1000),
        "notify": False,
    }
    return dict(await there.control("dynatrace", "POST", "problems", story))


def _body(problem: dict[str, Any], state: str) -> str:
    """As docs/integrations/dynatrace-problem-notification.json has it."""
    entities = [
        {"type": stub["entityId"]["type"], "name": stub.get("name", ""), "entity": stub["entityId"]["id"]}
        for stub in problem["impactedEntities"]
    ]
    return json.dumps(
        {
            "PID": problem["problemId"],
            "State": state,
            "ProblemID": problem["displayId"],
            "ProblemTitle": problem["title"],
            "ProblemImpact": problem["impactLevel"],
            "ProblemSeverity": problem["severityLevel"],
            "ImpactedEntities": entities,
            "ImpactedEntity": entities[0]["name"],
            "ProblemURL": "https://dynatrace.example/problems",
            "Tags": "env:prod",
            "ProblemDetailsJSONv2": {"problemId": problem["problemId"], "startTime": problem["startTime"]},
        }
    )
