"""Timer: watch the golden signals and the resources of all services; GET /api/services/{name}/signals shows them.

A round keeps what it finds in Blob before anything is started for it, under ids that are the same for every run: a
timer that was killed, late or doubled tells nothing twice, and the next one starts what was left. The endpoint needs
Platform.Reader; it answers 200, 400, 401, 403, 404.
"""

import logging
import time
from typing import TYPE_CHECKING, Any

import azure.durable_functions as df
import azure.functions as func

from functions.http import answer, answers_problems, caller_with
from functions.operations.operations import UNDER_WAY
from functions.services.registry import checked_name
from functions.starting import settled, start_once
from shared.domain.watch import watched_resources
from shared.domain.watch.anomalies import ANOMALOUS
from shared.errors import NotFound
from shared.security.tokens import READER
from shared.services import services

if TYPE_CHECKING:
    from shared.watching import Watched

bp = df.Blueprint()
log = logging.getLogger(__name__)

FORECAST_CHANGED = "forecast_changed"


@bp.timer_trigger(arg_name="timer", schedule="30 */5 * * * *")
@bp.durable_client_input(client_name="client")
async def watch_services(timer: func.TimerRequest, client: df.DurableFunctionsClient) -> None:
    await watch(client, int(time.time() * 1000))


async def watch(client: df.DurableFunctionsClient, now_ms: int) -> None:
    """One round over the registry."""
    from shared.watching import Documents, Watcher

    own = services()
    tiers = {1: own.settings.watch_tier_1, 2: own.settings.watch_tier_2, 3: own.settings.watch_tier_3}
    watcher = Watcher(own.dynatrace, own.servicenow, Documents(own.blob), tiers)

    async def hand_over(result: "Watched") -> None:
        await _start_due(client, result, now_ms)

    report = await watcher.round(await own.registry.all(), now_ms, hand_over)
    if report.failed or report.unreached:
        log.warning("watched %d services; not watched: %s", report.watched, report.failed + report.unreached)


async def _start_due(client: df.DurableFunctionsClient, result: "Watched", now_ms: int) -> None:
    for indicator, signal in result.after["signals"].items():
        if signal["state"] == ANOMALOUS and signal["id"]:
            request = {
                **{name: result.service.get(name) for name in ("product", "owner", "tier")},
                "indicator": indicator,
                "unit": signal["unit"],
                "entry": signal,
                "tell": result.sensitivity.tell,
            }
            await _start(client, "tell_anomaly", signal["id"], result, request)
    before = (result.before or {}).get("resources", {})
    for name, entry in result.after["resources"].items():
        if entry["id"]:
            await _tend(client, result, name, before.get(name), entry, now_ms)


async def _tend(
    client: df.DurableFunctionsClient,
    result: "Watched",
    name: str,
    before: watched_resources.ResourceEntry | None,
    entry: watched_resources.ResourceEntry,
    now_ms: int,
) -> None:
    """Have an operation tend the forecast, wake it when there is news, replace it when it failed."""
    request = {"id": entry["id"], "resource": name, "kind": entry["kind"]}
    if await _start(client, "tend_forecast", entry["run"], result, request):
        return
    if watched_resources.is_news(before, entry):
        await client.raise_orchestration_event(entry["run"], FORECAST_CHANGED, data={})
    state = await client.get_orchestration_state(entry["run"], fetch_payloads=False)
    if state is not None and state.runtime_status.name not in UNDER_WAY:
        await _replace(result.service["name"], name, entry, now_ms)


async def _replace(service: str, name: str, entry: watched_resources.ResourceEntry, now_ms: int) -> None:
    """Its operation ended and the forecast is still there: the next round starts another, a day after the first."""
    from shared.watching import Documents
    from shared.watching.documents import Document

    def change(document: Document) -> Document | None:
        found = document["resources"].get(name)
        if not found or found["run"] != entry["run"]:
            return None
        return {
            **document,
            "resources": {**document["resources"], name: watched_resources.again(found, now_ms)},
        }

    await Documents(services().blob).update(service, change)


async def _start(
    client: df.DurableFunctionsClient,
    orchestrator: str,
    instance_id: str,
    result: "Watched",
    request: dict[str, Any],
) -> bool:
    settings = services().settings
    common = {
        "service": result.service["name"],
        **settled(settings),
    }
    return await start_once(client, orchestrator, instance_id, {**common, **request})


@bp.route(route="services/{name}/signals", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answers_problems
async def get_signals(req: func.HttpRequest) -> func.HttpResponse:
    """How each signal and resource of the service is, as of the last round that changed something."""
    from shared.watching import Documents

    await caller_with(req, READER)
    name = checked_name(req.route_params["name"])
    documents = Documents(services().blob)
    document = await documents.get(name)
    if document is None:
        raise NotFound("This service is not watched: it is not registered, or Dynatrace has not seen it.")
    last = await documents.last_round() or {}
    watched_at_ms = None if name in last.get("failed", []) else last.get("at_ms")
    return answer({**document, "watched_at_ms": watched_at_ms})
