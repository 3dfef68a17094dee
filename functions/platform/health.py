"""GET /api/health: each system we depend on, asked now (at most every five seconds).

Caller: anyone: load balancers, dashboards, people. Shows no address and no reason beyond an error's kind.
Answers: 200 when events are taken, 503 when they are not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems
from shared.services import Services, services

bp = df.Blueprint()

PROBE_TIMEOUT_S = 10.0
KEPT_S = 5.0
Probe = Callable[[], Awaitable[Any]]


class _Kept:
    """The last answer of this process, so that nobody can make us hammer our vendors."""

    at_s = float("-inf")
    probes: list[dict[str, Any]] = []  # noqa: RUF012
    lock: asyncio.Lock | None = None


@bp.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.durable_client_input(client_name="client")
@answers_problems
async def get_health(req: func.HttpRequest, client: df.DurableFunctionsClient) -> func.HttpResponse:
    from shared.clients.http import VERSION

    _Kept.lock = _Kept.lock or asyncio.Lock()
    async with _Kept.lock:
        if time.monotonic() - _Kept.at_s > KEPT_S:
            _Kept.probes = await probe_all(client)
            _Kept.at_s = time.monotonic()
    state = overall(_Kept.probes)
    return answer(
        {"state": state, "version": VERSION, "probes": _Kept.probes}, 503 if state == "down" else 200
    )


def overall(probes: list[dict[str, Any]]) -> str:
    """down: a critical system is away, so events are not taken; degraded: another one is."""
    down = [probe for probe in probes if probe["state"] == "down"]
    if any(probe["critical"] for probe in down):
        return "down"
    return "degraded" if down else "up"


async def probe_all(client: df.DurableFunctionsClient) -> list[dict[str, Any]]:
    """Ask every system, side by side. Clients are built before, in a thread: the first one brings packages in."""
    known = services()
    await asyncio.to_thread(_build, known)
    critical: dict[str, Probe] = {
        "servicebus": lambda: known.publisher.ping(),
        "blob": lambda: known.blob.ping(),
        "durable": lambda: client.get_orchestration_state("health-probe", fetch_payloads=False),
    }
    github = known.github
    others: dict[str, Probe | None] = {
        "dynatrace": lambda: known.dynatrace.ping(),
        "servicenow": lambda: known.servicenow.ping(),
        "azure_devops": lambda: known.azure_devops.ping(),
        "github": github.ping if github else None,
        "snowflake": (lambda: known.warehouse.ping()) if known.settings.snowflake_account else None,
        "openai": (lambda: known.assistant.ping()) if known.settings.openai_url else None,
    }
    asked = [_probe(name, probe, critical=True) for name, probe in critical.items()]
    asked += [_probe(name, probe, critical=False) for name, probe in others.items()]
    teams = {
        "name": "teams",
        "state": "not_probed",
        "critical": False,
        "took_ms": 0,
        "reason": "asking would post",
    }
    return [*await asyncio.gather(*asked), teams]


def _build(known: Services) -> None:
    _ = (
        known.publisher,
        known.blob,
        known.dynatrace,
        known.servicenow,
        known.azure_devops,
        known.github,
        known.assistant,
    )


async def _probe(name: str, probe: Probe | None, *, critical: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "state": "up", "critical": critical, "took_ms": 0, "reason": ""}
    if probe is None:
        return {**told, "state": "not_configured"}
    began = time.monotonic()
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await probe()
    except Exception as error:  # whatever a probe raises, its system is down for us
        told |= {"state": "down", "reason": type(error).__name__}
    return {**told, "took_ms": round((time.monotonic() - began) * 1000)}
