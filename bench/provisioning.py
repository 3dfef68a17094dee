"""Provisioning: provision_service against a bare orchestration, and how long one takes as its caller sees it.

The path is python-function, into a development environment, nobody to ask; vendors answer at once. Against the bare
one both run under the same host, backend and vendors, in turns, with as many activities and the same HTTP calls; the
bare one publishes no event. The caller asks over HTTP, from the request to the outcome `provisioned`.
"""

import asyncio
import itertools
import json
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from bench.meter import Meter
from bench.processes import durable, host, meter_of, platform
from bench.provisions import PATH, Portal, Seen
from bench.turns import Orchestration, Work, bare_environment, in_turns
from sandbox.platform.app_settings import app_settings
from sandbox.platform.story import World
from shared.domain.service import monitoring, provisioning
from shared.settings import load

NAME = "provision_service"
GOAL = (
    "provision_service sagas/s at least 0.7 of a bare orchestration's with as many activities and the same HTTP calls; "
    "p95 of a whole provision, asked for over HTTP, under 3 s"
)
RATIO_GOAL, P95_GOAL_S = 0.7, 3.0
RUNS, AT_ONCE, ROUNDS = 24, 8, 5
ALONE, TOGETHER, AT_ONCE_TOGETHER = 40, 80, 4
LOOK_EVERY_S = 0.05
QUICK = {"RUN_POLL_S": "0.1"}

BARE = Path(__file__).parent / "apps" / "bare_provision"
_STANDS_FOR_THE_NAME = "the-service"
_numbers = itertools.count(1)


def run() -> dict[str, Any]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with platform(folder, QUICK) as there:
            measured = await _against_bare(there, folder)
            async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
                portal = Portal(there, http, await there.token("backstage"), LOOK_EVERY_S)
                alone = await _p95_s(portal, ALONE, at_once=1)
                together = await _p95_s(portal, TOGETHER, at_once=AT_ONCE_TOGETHER)
    met = measured["ratio"] >= RATIO_GOAL and max(alone, together) < P95_GOAL_S
    return {
        "name": NAME,
        **measured,
        "unit": "sagas/s",
        "goal": RATIO_GOAL,
        "met": met,
        "detail": {
            "p95_one_at_a_time_s": alone,
            f"p95_{AT_ONCE_TOGETHER}_at_a_time_s": together,
            "p95_goal_s": P95_GOAL_S,
            "provisions": ALONE + TOGETHER,
            **measured["detail"],
        },
    }


async def _against_bare(there: World, folder: Path) -> dict[str, Any]:
    bodies = folder / "bodies.json"
    bodies.write_text(json.dumps(_bodies(there)), "utf-8")
    environment = {**await bare_environment(there), "BARE_BODIES": str(bodies)}
    (folder / "bare").mkdir()
    async with durable(folder / "bare") as backend, host(folder, BARE, backend, environment) as bare_host:
        own = meter_of(there, "host"), there.document["durable"]["address"]
        ours = Orchestration(*own, "provision_service", "provisioned", _claims(there))
        other = Meter(bare_host.pid), backend
        bare = Orchestration(*other, "bare_provision", "provisioned", _facts(there))
        return await in_turns(ours, bare, runs=RUNS, at_once=AT_ONCE, rounds=ROUNDS)


async def _p95_s(portal: Portal, count: int, *, at_once: int) -> float:
    """95 of 100 provisions were whole within so many seconds. Raises: RuntimeError when one was not."""
    gate = asyncio.Semaphore(at_once)

    async def one() -> Seen:
        async with gate:
            return await portal.provision(f"seen-{next(_numbers)}")

    seen = await asyncio.gather(*(one() for _ in range(count)))
    for each in seen:
        if each.operation["outcome"] != "provisioned":
            raise RuntimeError(f"a provision did not end well: {each.operation['outcome']}")
    await portal.ended([each.operation["id"] for each in seen])
    return round(statistics.quantiles([each.took_s for each in seen], n=20)[-1], 2)


def _claims(there: World) -> Callable[[], Awaitable[Work]]:
    """Does what the endpoint does before it starts the saga."""
    from functions.starting import policy
    from shared.claims import Claims
    from shared.clients.blob import blob_store

    configuration = load(app_settings(there.document))
    common = {
        "policy": policy(configuration),
        "language": configuration.default_language,
        "public_url": configuration.public_url,
    }

    async def prepare() -> Work:
        asked = _request(there, f"saga-{next(_numbers)}")
        operation_id = provisioning.operation_id(asked.name, "bench")
        blob = blob_store("valueflow", connection_string=there.document["blob"]["connection_string"])
        await Claims(blob).take(asked.name, asked.claim(operation_id))
        await blob.close()
        return operation_id, {**asked.work(), **common}

    return prepare


def _facts(there: World) -> Callable[[], Awaitable[Work]]:
    async def prepare() -> Work:
        name = f"bare-{next(_numbers)}"
        facts = {"service": name, "project": there.demo["project"], "environment": "development"}
        return f"provision-{name}", facts

    return prepare


def _request(there: World, name: str) -> Any:
    from functions.services.service_requests import Request
    from shared.golden_paths.catalogue import golden_path
    from shared.security.tokens import REQUESTER, Caller

    caller = Caller("bench", "Bench", frozenset({REQUESTER}))
    asked = Request.of(golden_path(PATH), Portal(there, httpx.AsyncClient(), "", 0).parameters(name), caller)
    assert not asked.faults
    return asked


def _bodies(there: World) -> dict[str, Any]:
    """The bodies of the calls, for the bare one to send: of the size ours have."""
    from shared.clients.azure_devops import policy_drafts as drafts
    from shared.domain import cards

    asked = _request(there, _STANDS_FOR_THE_NAME)
    work, service = asked.work(), asked.name
    changes = [
        {
            "changeType": "add",
            "item": {"path": f"/{path}"},
            "newContent": {"content": content.decode(), "contentType": "rawtext"},
        }
        for path, content in asked.render().items()
    ]
    author = {"name": "ValueFlow", "email": "valueflow@example.com"}
    begins = [{"name": "refs/heads/main", "oldObjectId": "0" * 40}]
    facts = [{"title": name, "value": str(value)} for name, value in asked.parameters.items()]
    links = [("card.open_repository", there.vendor("azure_devops")), ("card.open_operation", "http://here")]
    card = cards.notice_card("en", f"{service} is ready", facts, links)
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    settings = {
        "management_zone": monitoring.management_zone(service),
        "auto_tag": monitoring.auto_tag(),
        "alerting_profile": monitoring.alerting_profile(service, ""),
    }
    return {
        "push": {
            "refUpdates": begins,
            "commits": [{"comment": "Begin", "author": author, "changes": changes}],
        },
        "policies": [drafts.reviewers(1), drafts.build_validation(0), drafts.comments_resolved()],
        **{
            name: {"schemaId": one["schema_id"], "scope": "environment", "value": one["value"]}
            for name, one in settings.items()
        },
        **{
            one["kind"]: one["definition"]
            for one in monitoring.objectives(service, work["path"]["monitoring"]["objectives"])
        },
        "change": {
            "type": "standard",
            "short_description": f"Make {service}",
            "description": str(asked.parameters),
            "start_date": "2026-01-01 00:00:00",
            "end_date": "2026-01-01 01:00:00",
        },
        "item": {"name": service, "short_description": asked.parameters["description"]},
        "document": provisioning.service_document(work, service, {}, "2026-01-01T00:00:00Z"),
        "card": {"type": "message", "attachments": [attachment]},
    }
