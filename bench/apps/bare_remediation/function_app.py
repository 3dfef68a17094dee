"""What remediate_problem asks of its vendors, and nothing else: as many activities, the same HTTP calls, plain httpx.

No look-up is left out, since the calls are to be the same; no retry, no redaction, no evidence, no words. An activity
waits for each answer before it asks again. Addresses and credentials come as environment variables; the measurement
that starts this app sets them.
"""

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


def devops(path: str, **params: str) -> dict:  # type: ignore[type-arg]
    return {
        "url": ENV["BARE_DEVOPS"] + path,
        "auth": ("", ENV["BARE_DEVOPS_TOKEN"]),
        "params": {"api-version": "7.1", **params},
    }


def blob(name: str, query: str = "") -> str:
    return f"{ENV['BARE_BLOB']}{name}?{query}{ENV['BARE_BLOB_SAS']}"


async def ask_dynatrace(path: str, **params: object) -> dict:  # type: ignore[type-arg]
    return await get(**dynatrace(f"/api/v2/{path}"), params=params)


async def events(about: dict, **params: object) -> None:  # type: ignore[type-arg]
    entity = f'entityId("{about["entity_id"]}")'
    await ask_dynatrace("events", entitySelector=entity, **{"from": about["from_ms"]}, **params)


async def metrics(about: dict, selector: str) -> None:  # type: ignore[type-arg]
    entity = f'entityId("{about["entity_id"]}")'
    when = {"from": about["from_ms"], "resolution": "1m"}
    await ask_dynatrace("metrics/query", metricSelector=selector, entitySelector=entity, **when)


@app.activity_trigger(input_name="payload")
async def find_service(payload: dict) -> dict:  # type: ignore[type-arg]
    return {}  # ours has read the registry when the problem came


@app.activity_trigger(input_name="payload")
async def collect_problem(payload: dict) -> dict:  # type: ignore[type-arg]
    return await ask_dynatrace(f"problems/{payload['problem_id']}", fields="evidenceDetails,impactAnalysis")


@app.activity_trigger(input_name="payload")
async def collect_metric(payload: dict) -> dict:  # type: ignore[type-arg]
    await metrics(payload, payload["metric_selector"])
    return {}


@app.activity_trigger(input_name="payload")
async def collect_runs(payload: dict) -> dict:  # type: ignore[type-arg]
    runs = f"/{payload['project']}/_apis/pipelines/{payload['pipeline_id']}/runs"
    listed = (await get(**devops(runs)))["value"]
    newest = await get(**devops(f"{runs}/{listed[0]['id']}"))
    await get(**devops(f"{runs}/{listed[0]['id']}"))
    await get(**devops(runs))
    for run in listed[1:2]:
        await get(**devops(f"{runs}/{run['id']}"))
    builds = {"fromBuildId": str(listed[-1]["id"]), "toBuildId": str(listed[0]["id"])}
    await get(**devops(f"/{payload['project']}/_apis/build/changes", **builds))
    await get(**devops(f"/{payload['project']}/_apis/git/repositories"))
    return {"run_id": newest["id"]}


@app.activity_trigger(input_name="payload")
async def collect_changes(payload: dict) -> dict:  # type: ignore[type-arg]
    await events(payload, eventSelector='eventType("CUSTOM_DEPLOYMENT")')
    return {}


@app.activity_trigger(input_name="payload")
async def collect_configuration(payload: dict) -> dict:  # type: ignore[type-arg]
    for kind in ("CUSTOM_CONFIGURATION", "CUSTOM_ANNOTATION"):
        await events(payload, eventSelector=f'eventType("{kind}")')
    return {}


@app.activity_trigger(input_name="payload")
async def collect_metrics(payload: dict) -> dict:  # type: ignore[type-arg]
    for selector in ("builtin:service.response.time", "builtin:service.requestCount.total"):
        await metrics(payload, selector)
    return {}


@app.activity_trigger(input_name="payload")
async def collect_logs(payload: dict) -> dict:  # type: ignore[type-arg]
    for query in ('status="ERROR"', 'status="WARN"'):
        await ask_dynatrace("logs/search", query=query, **{"from": payload["from_ms"]})
    return {}


@app.activity_trigger(input_name="payload")
async def collect_topology(payload: dict) -> dict:  # type: ignore[type-arg]
    entity = f'entityId("{payload["entity_id"]}")'
    return await ask_dynatrace(
        "entities", entitySelector=entity, fields="+fromRelationships,+toRelationships"
    )


@app.activity_trigger(input_name="payload")
async def collect_planned_changes(payload: dict) -> dict:  # type: ignore[type-arg]
    await ask_dynatrace("settings/objects", schemaIds="builtin:alerting.maintenance-window")
    await get(
        **servicenow(f"{NOW}/change_request"), params={"sysparm_query": "state!=4", "sysparm_limit": "8"}
    )
    return {}


@app.activity_trigger(input_name="payload")
async def collect_expiries(payload: dict) -> dict:  # type: ignore[type-arg]
    await events(payload)
    return {}


@app.activity_trigger(input_name="payload")
async def collect_similar(payload: dict) -> dict:  # type: ignore[type-arg]
    await http().get(blob("", "restype=container&comp=list&prefix=knowledge/&"))
    return {}


@app.activity_trigger(input_name="payload")
async def collect_costs(payload: dict) -> dict:  # type: ignore[type-arg]
    return {}


@app.activity_trigger(input_name="payload")
async def diagnose(payload: dict) -> dict:  # type: ignore[type-arg]
    if ENV["BARE_OPENAI"] and payload["question"]:
        headers = {"Authorization": f"Bearer {ENV['BARE_OPENAI_KEY']}"}
        await send("POST", ENV["BARE_OPENAI"] + "chat/completions", headers=headers, json=payload["question"])
    return {}


@app.activity_trigger(input_name="payload")
async def plan_action(payload: dict) -> dict:  # type: ignore[type-arg]
    await http().get(blob("/registry/services/checkout.json"))
    await http().get(blob("/actions/checkout.json"))
    runs = f"/{payload['project']}/_apis/pipelines/{payload['pipeline_id']}/runs"
    listed = (await get(**devops(runs)))["value"]
    for run in listed[:2]:
        await get(**devops(f"{runs}/{run['id']}"))
    await get(**devops(runs))
    await get(**devops(f"{runs}/{listed[0]['id']}"))
    await get(**devops(runs))
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
async def keep_incident(payload: dict) -> dict:  # type: ignore[type-arg]
    await http().get(blob("/incidents/open.json"))
    return {}


@app.activity_trigger(input_name="payload")
async def remember_incident(payload: dict) -> dict:  # type: ignore[type-arg]
    headers = {"x-ms-blob-type": "BlockBlob"}
    await http().get(blob("", "restype=container&comp=list&prefix=knowledge/&"))
    await send("PUT", blob(f"/bare/{payload['id']}.json"), content=b"remembered " * 100, headers=headers)
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


OF_THE_PROBLEM = (
    "collect_problem",
    "collect_metric",
    "collect_runs",
    "collect_changes",
    "collect_configuration",
    "collect_metrics",
    "collect_logs",
    "collect_topology",
    "collect_planned_changes",
    "collect_expiries",
    "collect_similar",
    "collect_costs",
)
OF_THE_INCIDENT = (
    "keep_incident",
    "add_work_note",
    "publish_event",
    "keep_incident",
    "write_postmortem",
    "resolve_incident",
    "post_card",
    "remember_incident",
    "publish_event",
)


@app.orchestration_trigger(context_name="context")
def bare_remediation(context: task.OrchestrationContext, facts: dict):  # type: ignore[no-untyped-def, type-arg]
    about = {**facts, "id": context.instance_id}
    yield context.call_activity("find_service", input=about)
    yield task.when_all([context.call_activity(name, input=about) for name in OF_THE_PROBLEM])
    for name in ("diagnose", "plan_action"):
        yield context.call_activity(name, input=about)
    about |= yield context.call_activity("open_incident", input=about)
    for name in OF_THE_INCIDENT:
        yield context.call_activity(name, input=about)
    return {"outcome": "self_resolved"}
