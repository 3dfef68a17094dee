"""Our orchestration and a bare one with the same calls, in turns: same host, same kind of backend, same vendors."""

import asyncio
import json
import logging
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.meter import Meter
from functions.starting import VERSION
from sandbox.platform.story import World

ENDS_WITHIN_S = 120
_QUIET = logging.getLogger("bench.durable")

type Work = tuple[str, dict[str, Any]]
"""Instance id and input of one run."""


@dataclass(frozen=True)
class Orchestration:
    """host: what runs it. backend: host:port. outcome: how each run must end. prepare: makes one possible, untimed."""

    host: Meter
    backend: str
    name: str
    outcome: str
    prepare: Callable[[], Awaitable[Work]]

    async def rate(self, runs: int, at_once: int) -> float:
        """Runs per second. Raises: RuntimeError when one does not end well."""
        from durabletask.client import AsyncTaskHubGrpcClient

        works = [await self.prepare() for _ in range(runs)]
        client = AsyncTaskHubGrpcClient(host_address=self.backend, logger=_QUIET)
        gate = asyncio.Semaphore(at_once)

        async def one(instance_id: str, request: dict[str, Any]) -> None:
            async with gate:
                await client.schedule_new_orchestration(
                    self.name, input=request, instance_id=instance_id, version=VERSION
                )
                ended = await client.wait_for_orchestration_completion(instance_id, timeout=ENDS_WITHIN_S)
                told = json.loads((ended and ended.serialized_output) or "{}")
                if told.get("outcome") != self.outcome:
                    failure = ended and ended.failure_details
                    raise RuntimeError(
                        f"{self.name} did not end well: {failure.message if failure else told}"
                    )

        began = time.perf_counter()
        await asyncio.gather(*(one(*work) for work in works))
        took = time.perf_counter() - began
        await client.close()
        return runs / took


async def in_turns(
    ours: Orchestration, bare: Orchestration, *, runs: int, at_once: int, rounds: int
) -> dict[str, Any]:
    """{"value", "baseline", "ratio", "detail"}: medians of the rounds.

    In the detail is what a run costs the host, which a busy machine distorts less than it does the rate.
    """
    for each in (ours, bare):
        await each.rate(at_once, at_once)
    began_s = [each.host.cpu_s for each in (ours, bare)]
    rates = [(await ours.rate(runs, at_once), await bare.rate(runs, at_once)) for _ in range(rounds)]
    ended_s = [each.host.cpu_s for each in (ours, bare)]
    mine_ms, other_ms = (
        round((ended - began) * 1000 / (runs * rounds)) for began, ended in zip(began_s, ended_s, strict=True)
    )
    value, baseline = (statistics.median(column) for column in zip(*rates, strict=True))
    return {
        "value": round(value, 1),
        "baseline": round(baseline, 1),
        "ratio": round(statistics.median(mine / other for mine, other in rates), 2),
        "detail": {
            "host_ms_of_processor_each": mine_ms,
            "baseline_host_ms_of_processor_each": other_ms,
            "runs_a_round": runs,
            "at_once": at_once,
            "rounds": rounds,
        },
    }


async def bare_environment(there: World) -> dict[str, str]:
    """Addresses and credentials of the vendors, as the bare apps read them."""
    from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

    document = there.document
    vendors = document["vendors"]
    container = ContainerClient.from_connection_string(document["blob"]["connection_string"], "valueflow")
    sas = generate_container_sas(
        container.account_name,
        container.container_name,
        account_key=document["blob"]["key"],
        permission=ContainerSasPermissions(read=True, write=True, create=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    form = {name: vendors["servicenow"][name] for name in ("client_id", "client_secret")}
    signed = await there.http.post(
        f"{vendors['servicenow']['url']}/oauth_token.do", data={"grant_type": "client_credentials", **form}
    )
    return {
        "BARE_DYNATRACE": vendors["dynatrace"]["url"],
        "BARE_DYNATRACE_TOKEN": vendors["dynatrace"]["token"],
        "BARE_SERVICENOW": vendors["servicenow"]["url"],
        "BARE_SERVICENOW_TOKEN": signed.json()["access_token"],
        "BARE_DEVOPS": vendors["azure_devops"]["organization_url"],
        "BARE_DEVOPS_TOKEN": vendors["azure_devops"]["token"],
        "BARE_TEAMS": vendors["teams"]["webhook_url"],
        "BARE_OPENAI": vendors["openai"]["base_url"],
        "BARE_OPENAI_KEY": vendors["openai"]["api_key"],
        "BARE_BLOB": str(container.url),
        "BARE_BLOB_SAS": sas,
    }
