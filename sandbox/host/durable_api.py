"""The durable management API under /runtime/webhooks/durabletask; needs the system key or the master key.

https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import grpc
import grpc.aio
from aiohttp import web
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState, OrchestrationStatus
from durabletask.entities import EntityInstanceId

from sandbox.host.durable_client import ROOT
from sandbox.host.durable_work import durable_name
from sandbox.host.http import query_values
from sandbox.host.index import Function
from sandbox.host.keys import Keys

_ENDED = (OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED)
_NAMES = {status.name.replace("_", "").lower(): status for status in OrchestrationStatus}
_LABELS = {OrchestrationStatus.CONTINUED_AS_NEW: "ContinuedAsNew"}
_RETRY_AFTER_S = "10"


class DurableApi:
    """payload: what the durableClient binding receives."""

    def __init__(self, payload: str, functions: list[Function], keys: Keys) -> None:
        self._payload, self._keys = payload, keys
        self._orchestrators = {
            durable_name(function).lower()
            for function in functions
            if function.kind == "orchestrationTrigger"
        }

    async def handle(self, request: web.BaseRequest, path: str) -> web.Response:
        """Answer one request."""
        query = query_values(request.query_string)
        if not self._keys.opens_durable(request.headers.get("x-functions-key") or query.get("code", "")):
            return web.Response(status=401)
        parts = [part for part in path.removeprefix(ROOT).split("/") if part]
        client = DurableFunctionsClient(self._payload)
        try:
            answer = await self._route(client, request, parts, query)
        except ValueError as error:
            return web.json_response({"Message": str(error)}, status=400)
        except grpc.aio.AioRpcError as error:
            status = 503 if error.code() == grpc.StatusCode.UNAVAILABLE else 500
            return web.json_response({"Message": f"durable backend: {error.code().name}"}, status=status)
        finally:
            await client.close()
        return answer

    async def _route(
        self,
        client: DurableFunctionsClient,
        request: web.BaseRequest,
        parts: list[str],
        query: dict[str, str],
    ) -> web.Response:
        match request.method, parts:
            case "POST", ["orchestrators", name, *rest] if len(rest) <= 1:
                return await self._start(client, request, name, rest[0] if rest else None, query)
            case "GET", ["instances"]:
                return await _list(client, query)
            case "GET", ["instances", instance]:
                return await _status(client, request, instance, query)
            case "DELETE", ["instances"]:
                purged = await client.purge_orchestrations_by(*_filter(query))
                return _purged(purged.deleted_instance_count)
            case "DELETE", ["instances", instance]:
                return _purged((await client.purge_orchestration(instance)).deleted_instance_count)
            case "POST", ["instances", instance, operation, *rest] if len(rest) <= 1:
                return await _operate(client, request, instance, operation, rest, query)
            case "GET", ["entities", name, key]:
                entity = await client.get_entity(EntityInstanceId(name, key))
                if entity is None:
                    return web.Response(status=404)
                return web.json_response(_payload(entity.get_state()))
            case "POST", ["entities", name, key]:
                target, operation = EntityInstanceId(name, key), query.get("op", "")
                await client.signal_entity(target, operation, await _json_body(request))
                return web.Response(status=202)
        return web.Response(status=404)

    async def _start(
        self,
        client: DurableFunctionsClient,
        request: web.BaseRequest,
        name: str,
        instance: str | None,
        query: Mapping[str, str],
    ) -> web.Response:
        if name.lower() not in self._orchestrators:
            raise ValueError(f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator.")
        body = await _json_body(request)
        if instance is not None:
            existing = await client.get_orchestration_state(instance, fetch_payloads=False)
            if existing is not None and existing.runtime_status not in _ENDED:
                return web.json_response({"Message": f"{instance} runs already"}, status=409)
        started = await client.schedule_new_orchestration(name, input=body, instance_id=instance)
        if "timeout" in query:
            try:
                await client.wait_for_orchestration_completion(started, timeout=float(query["timeout"]))
            except TimeoutError:
                pass
            else:
                return await _status(client, request, started, query)
        return _accepted(client, started)


async def _status(
    client: DurableFunctionsClient, request: web.BaseRequest, instance: str, query: Mapping[str, str]
) -> web.Response:
    state = await client.get_orchestration_state(instance)
    if state is None:
        return web.Response(status=404)
    body = describe(state, show_input=query.get("showInput", "true").lower() == "true")
    if query.get("showHistory", "").lower() == "true":
        body["historyEvents"] = await _history(client, instance, query)
    if state.runtime_status not in _ENDED:
        location = client.create_http_management_payload(None, instance)["statusQueryGetUri"]
        headers = {"Location": location, "Retry-After": _RETRY_AFTER_S}
        return web.json_response(body, status=202, headers=headers)
    failed = state.runtime_status == OrchestrationStatus.FAILED
    as_error = failed and query.get("returnInternalServerErrorOnFailure", "").lower() == "true"
    return web.json_response(body, status=500 if as_error else 200)


async def _history(client: DurableFunctionsClient, instance: str, query: Mapping[str, str]) -> list[Any]:
    from azure.durable_functions.internal.compat.history_projection import project_history

    show_output = query.get("showHistoryOutput", "").lower() == "true"
    events = await client.get_orchestration_history(instance)
    return list(project_history(events, show_input=True, show_history_output=show_output))


async def _list(client: DurableFunctionsClient, query: Mapping[str, str]) -> web.Response:
    created_from, created_to, statuses = _filter(query)
    states = await client.get_all_orchestration_states(
        OrchestrationQuery(
            created_time_from=created_from,
            created_time_to=created_to,
            runtime_status=statuses,
            fetch_inputs_and_outputs=True,
            instance_id_prefix=query.get("instanceIdPrefix"),
        )
    )
    if "top" in query:
        states = states[: int(query["top"])]
    show_input = query.get("showInput", "true").lower() == "true"
    return web.json_response([describe(state, show_input=show_input) for state in states])


async def _operate(
    client: DurableFunctionsClient,
    request: web.BaseRequest,
    instance: str,
    operation: str,
    rest: list[str],
    query: Mapping[str, str],
) -> web.Response:
    state = await client.get_orchestration_state(instance, fetch_payloads=False)
    if state is None:
        return web.Response(status=404)
    ended, reason = state.runtime_status in _ENDED, query.get("reason")
    match operation, rest:
        case "restart", []:
            fresh = query.get("restartWithNewInstanceId", "true").lower() == "true"
            restarted = await client.restart_orchestration(instance, restart_with_new_instance_id=fresh)
            return _accepted(client, restarted)
        case "rewind", []:
            if state.runtime_status != OrchestrationStatus.FAILED:
                return web.Response(status=410)
            await client.rewind_orchestration(instance, reason=reason)
        case (("raiseEvent" | "terminate" | "suspend" | "resume"), _) if ended:
            return web.Response(status=410)
        case "raiseEvent", [event]:
            await client.raise_orchestration_event(instance, event, data=await _json_body(request))
        case "terminate", []:
            await client.terminate_orchestration(instance, output=reason)
        case "suspend", []:
            await client.suspend_orchestration(instance, reason=reason)
        case "resume", []:
            await client.resume_orchestration(instance, reason=reason)
        case _:
            return web.Response(status=404)
    return web.Response(status=202)


def describe(state: OrchestrationState, *, show_input: bool) -> dict[str, Any]:
    """An instance as the status query shows it."""
    failure = state.failure_details
    return {
        "name": state.name,
        "instanceId": state.instance_id,
        "runtimeStatus": _LABELS.get(state.runtime_status, state.runtime_status.name.capitalize()),
        "input": _payload(state.serialized_input) if show_input else None,
        "customStatus": _payload(state.serialized_custom_status),
        "output": failure.message if failure is not None else _payload(state.serialized_output),
        "createdTime": state.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastUpdatedTime": state.last_updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _payload(text: Any) -> Any:
    """What a serialized value holds; a value the client has read already stays as it is."""
    if not isinstance(text, str) or not text:
        return text or None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _filter(
    query: Mapping[str, str],
) -> tuple[datetime | None, datetime | None, list[OrchestrationStatus] | None]:
    moments = [query.get(name) for name in ("createdTimeFrom", "createdTimeTo")]
    since, until = (datetime.fromisoformat(moment) if moment else None for moment in moments)
    names = [name.strip().lower() for name in query.get("runtimeStatus", "").split(",") if name.strip()]
    if unknown := [name for name in names if name not in _NAMES]:
        raise ValueError(f"runtimeStatus: unknown value {unknown[0]!r}")
    return since, until, [_NAMES[name] for name in names] or None


def _accepted(client: DurableFunctionsClient, instance: str) -> web.Response:
    links = client.create_http_management_payload(None, instance)
    headers = {"Location": links["statusQueryGetUri"], "Retry-After": _RETRY_AFTER_S}
    return web.json_response(dict(links), status=202, headers=headers)


def _purged(count: int) -> web.Response:
    return web.json_response({"instancesDeleted": count}) if count else web.Response(status=404)


async def _json_body(request: web.BaseRequest) -> Any:
    body = await request.read()
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise ValueError("the body must be JSON") from None
