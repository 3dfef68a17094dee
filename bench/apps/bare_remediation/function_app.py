"""What remediate_problem asks of its vendors, and nothing else: as many activities, the same HTTP calls, plain httpx.

No look-up is left out, since the calls are to be the same; no retry, no redaction, no evidence, no words. Addresses and
credentials come as environment variables; the measurement that starts this app sets them.
"""

import json
import os

import azure.durable_functions as df
import httpx
from durabletask import task

app = df.DFApp()
ENV = os.environ
NOW = "/api/now/table"
clients: list[httpx.AsyncClient] = []


def http() -> httpx.AsyncClient:
    if not clients:
        clients.append(httpx.AsyncClient(timeout=10, limits=httpx.Limits(max_connections=50)))
    return clients[0]


async def get(url: str, **options) -> dict:  # type: ignore[no-untyped-def, type-arg]
    answer = await http().get(url, **options)
    return (
        answer.json()
        if answer.status_code == 200 and "json" in answer.headers.get("content-type", "")
        else {}
    )


async def send(method: str, url: str, **options) -> dict:  # type: ignore[no-untyped-def, type-arg]
    answer = await http().request(method, url, **options)
    answer.raise_for_status()
    return answer.json() if "json" in answer.headers.get("content-type", "") else {}


def dynatrace(path: str) -> dict:  # type: ignore[type-arg]
    return {
        "url": ENV["BARE_DYNATRACE"] + path,
        "headers": {"Authorization": f"Api-Token {ENV['BARE_DYNATRACE_TOKEN']}"},
    }


def servicenow(path: str) -> dict:  # type: ignore[type-arg]
    return {
        "url": ENV["BARE_SERVICENOW"] + path,
        "headers": {"Authorization": f"Bearer {ENV['BARE_SERVICENOW_TOKEN']}"},
    }


def devops(path: str) -> dict:  # type: ignore[type-arg]
    return {
        "url": ENV["BARE_DEVOPS"] + path,
        "auth": ("", ENV["BARE_DEVOPS_TOKEN"]),
        "params": {"api-version": "7.1"},
    }


def blob(name: str, query: str = "") -> str:
    return f"{ENV['BARE_BLOB']}{name}?{query}{ENV['BARE_BLOB_SAS']}"


@app.activity_trigger(input_name="payload")
async def find_service(payload: dict) -> dict:  # type: ignore[type-arg]
    await http().get(blob("", "restype=container&comp=list&prefix=registry/&"))
    return await get(blob("/registry/services/checkout.json"))


@app.activity_trigger(input_name="payload")
async def collect_problem(payload: dict) -> dict:  # type: ignore[type-arg]
    call = dynatrace(f"/api/v2/problems/{payload['problem_id']}")
    return {"problem": await get(**call, params={"fields": "evidenceDetails"})}


@app.activity_trigger(input_name="payload")
async def collect_changes(payload: dict) -> dict:  # type: ignore[type-arg]
    params = {
        "eventSelector": 'eventType("CUSTOM_DEPLOYMENT")',
        "entitySelector": f'entityId("{payload["entity_id"]}")',
    }
    return {"events": await get(**dynatrace("/api/v2/events"), params={**params, "from": payload["from_ms"]})}


@app.activity_trigger(input_name="payload")
async def collect_metric(payload: dict) -> dict:  # type: ignore[type-arg]
    params = {
        "metricSelector": payload["metric_selector"],
        "entitySelector": f'entityId("{payload["entity_id"]}")',
        "from": payload["from_ms"],
        "resolution": "1m",
    }
    told = await get(**dynatrace("/api/v2/metrics/query"), params=params)
    return {"samples": len(json.dumps(told))}


@app.activity_trigger(input_name="payload")
async def collect_runs(payload: dict) -> dict:  # type: ignore[type-arg]
    runs = f"/{payload['project']}/_apis/pipelines/{payload['pipeline_id']}/runs"
    listed = (await get(**devops(runs)))["value"]
    newest = await get(**devops(f"{runs}/{listed[0]['id']}"))
    await get(**devops(f"{runs}/{listed[0]['id']}"))
    await get(**devops(runs))
    for run in listed[1:3]:
        await get(**devops(f"{runs}/{run['id']}"))
    return {"run_id": newest["id"]}


@app.activity_trigger(input_name="payload")
async def diagnose(payload: dict) -> dict:  # type: ignore[type-arg]
    headers = {"Authorization": f"Bearer {ENV['BARE_OPENAI_KEY']}"}
    await send("POST", ENV["BARE_OPENAI"] + "chat/completions", headers=headers, json=payload["question"])
    return {}


@app.activity_trigger(input_name="payload")
async def open_incident(payload: dict) -> dict:  # type: ignore[type-arg]
    look = {**servicenow(f"{NOW}/incident"), "params": {"sysparm_query": f"correlation_id={payload['id']}"}}
    await get(**look)
    fields = {"correlation_id": payload["id"], "short_description": "x", "impact": "2", "urgency": "1"}
    made = await send("POST", **servicenow(f"{NOW}/incident"), json=fields)
    await get(**look)
    return {"sys_id": made["result"]["sys_id"]}


@app.activity_trigger(input_name="payload")
async def add_work_note(payload: dict) -> dict:  # type: ignore[type-arg]
    query = {"sysparm_query": f"element_id={payload['sys_id']}^element=work_notes^valueLIKEx"}
    await get(**servicenow(f"{NOW}/sys_journal_field"), params=query)
    await send(
        "PATCH", **servicenow(f"{NOW}/incident/{payload['sys_id']}"), json={"work_notes": "evidence " * 80}
    )
    return {}


@app.activity_trigger(input_name="payload")
async def publish_event(payload: dict) -> dict:  # type: ignore[type-arg]
    return {}


@app.activity_trigger(input_name="payload")
async def write_postmortem(payload: dict) -> dict:  # type: ignore[type-arg]
    headers = {"x-ms-blob-type": "BlockBlob"}
    await send("PUT", blob(f"/postmortems/{payload['id']}.md"), content=b"postmortem " * 150, headers=headers)
    return {}


@app.activity_trigger(input_name="payload")
async def resolve_incident(payload: dict) -> dict:  # type: ignore[type-arg]
    incident = servicenow(f"{NOW}/incident/{payload['sys_id']}")
    await get(**incident)
    fields = {"state": "6", "close_code": "Solved (Permanently)", "close_notes": "done"}
    await send("PATCH", **incident, json=fields)
    return {}


@app.activity_trigger(input_name="payload")
async def post_card(payload: dict) -> dict:  # type: ignore[type-arg]
    content = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "done"}]}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    await send("POST", ENV["BARE_TEAMS"], json={"type": "message", "attachments": [attachment]})
    return {}


@app.orchestration_trigger(context_name="context")
def bare_remediation(context: task.OrchestrationContext, facts: dict):  # type: ignore[no-untyped-def, type-arg]
    about = {**facts, "id": context.instance_id}
    yield context.call_activity("find_service", input=about)
    names = ("collect_problem", "collect_changes", "collect_metric", "collect_runs")
    yield task.when_all([context.call_activity(name, input=about) for name in names])
    yield context.call_activity("diagnose", input=about)
    about |= yield context.call_activity("open_incident", input=about)
    for name in (
        "add_work_note",
        "publish_event",
        "write_postmortem",
        "resolve_incident",
        "post_card",
        "publish_event",
    ):
        yield context.call_activity(name, input=about)
    return {"outcome": "self_resolved"}
