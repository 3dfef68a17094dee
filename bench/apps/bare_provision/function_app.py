"""What provision_service asks of its vendors, and nothing else: as many activities, the same HTTP calls, plain httpx.

No look-up is left out, since the calls are to be the same; no key, no compensation, no retry, no status, no
rendering. Addresses, credentials and the file of bodies come as environment variables; the measurement that starts
this app sets them. In the bodies the-service stands for the service's name.
"""

import base64
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import httpx
from durabletask import task

app = df.DFApp()
ENV = os.environ
NOW = "/api/now/table"
OBJECTS = "/api/v2/settings/objects"
BODIES = {
    name: json.dumps(body) for name, body in json.loads(Path(ENV["BARE_BODIES"]).read_text("utf-8")).items()
}
Line = Generator[task.Task[Any], Any]
clients: list[httpx.AsyncClient] = []


def http() -> httpx.AsyncClient:
    if not clients:
        clients.append(httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=50)))
    return clients[0]


def body(name: str, payload: dict):  # type: ignore[no-untyped-def, type-arg]
    return json.loads(BODIES[name].replace("the-service", payload["service"]))


async def send(method: str, url: str, **options) -> dict:  # type: ignore[no-untyped-def, type-arg]
    answer = await http().request(method, url, **options)
    answer.raise_for_status()
    return answer.json() if "json" in answer.headers.get("content-type", "") else {}


async def devops(method: str, path: str, /, version: str = "7.1", json: object = None, **params):  # type: ignore[no-untyped-def]
    url = f"{ENV['BARE_DEVOPS']}{path}"
    signed = "Basic " + base64.b64encode(f":{ENV['BARE_DEVOPS_TOKEN']}".encode()).decode()
    headers = {"Authorization": signed}
    return await send(method, url, headers=headers, params={**params, "api-version": version}, json=json)


async def dynatrace(method: str, path: str, /, json: object = None, **params):  # type: ignore[no-untyped-def]
    headers = {"Authorization": f"Api-Token {ENV['BARE_DYNATRACE_TOKEN']}"}
    return await send(method, ENV["BARE_DYNATRACE"] + path, headers=headers, params=params, json=json)


async def servicenow(method: str, path: str, /, json: object = None, **params):  # type: ignore[no-untyped-def]
    headers = {"Authorization": f"Bearer {ENV['BARE_SERVICENOW_TOKEN']}"}
    return await send(
        method, f"{ENV['BARE_SERVICENOW']}{NOW}{path}", headers=headers, params=params, json=json
    )


def blob(name: str) -> str:
    return f"{ENV['BARE_BLOB']}{name}?{ENV['BARE_BLOB_SAS']}"


def project(payload: dict) -> str:  # type: ignore[type-arg]
    return f"/{payload['project']}/_apis"


def repository(payload: dict) -> str:  # type: ignore[type-arg]
    return f"{project(payload)}/git/repositories/{payload['repository_id']}"


@app.activity_trigger(input_name="payload")
async def claim_name(payload: dict) -> dict:  # type: ignore[type-arg]
    """Nothing is claimed here: another small document is read in its place."""
    return await send("GET", blob("/registry/services/checkout.json"))


@app.activity_trigger(input_name="payload")
async def look_in_azure_devops(payload: dict) -> dict:  # type: ignore[type-arg]
    await devops("GET", f"/_apis/projects/{payload['project']}")
    await devops("GET", f"{project(payload)}/git/repositories")
    await devops("GET", f"{project(payload)}/build/definitions", name=payload["service"], path="\\")
    return {}


@app.activity_trigger(input_name="payload")
async def open_change(payload: dict) -> dict:  # type: ignore[type-arg]
    look = {"sysparm_query": f"correlation_id={payload['id']}", "sysparm_fields": "sys_id,number,state"}
    await servicenow("GET", "/change_request", **look)
    fields = {**body("change", payload), "correlation_id": payload["id"]}
    made = await servicenow("POST", "/change_request", json=fields)
    await servicenow("GET", "/change_request", **look)
    return {"change_id": made["result"]["sys_id"]}


@app.activity_trigger(input_name="payload")
async def create_repository(payload: dict) -> dict:  # type: ignore[type-arg]
    await devops("GET", f"{project(payload)}/git/repositories")
    made = await devops("POST", f"{project(payload)}/git/repositories", json={"name": payload["service"]})
    await devops("GET", f"{repository({**payload, 'repository_id': made['id']})}/refs")
    return {"repository_id": made["id"]}


@app.activity_trigger(input_name="payload")
async def push_skeleton(payload: dict) -> dict:  # type: ignore[type-arg]
    await devops("GET", f"{repository(payload)}/refs", filter="heads/main")
    made = await devops("POST", f"{repository(payload)}/pushes", json=body("push", payload))
    await devops("GET", f"{repository(payload)}/commits/{made['commits'][0]['commitId']}")
    return {}


@app.activity_trigger(input_name="payload")
async def create_pipeline(payload: dict) -> dict:  # type: ignore[type-arg]
    await devops("GET", f"{project(payload)}/build/definitions", name=payload["service"], path="\\")
    of = {"id": payload["repository_id"], "type": "azureReposGit"}
    configuration = {"type": "yaml", "path": "/azure-pipelines.yml", "repository": of}
    wanted = {"name": payload["service"], "folder": "\\", "configuration": configuration}
    made = await devops("POST", f"{project(payload)}/pipelines", json=wanted)
    return {"pipeline_id": made["id"]}


@app.activity_trigger(input_name="payload")
async def authorize_pipeline(payload: dict) -> dict:  # type: ignore[type-arg]
    area, environment = project(payload), payload["environment"]
    endpoints = await devops("GET", f"{area}/serviceendpoint/endpoints", endpointNames=f"azure-{environment}")
    found = await devops(
        "GET", f"{area}/distributedtask/environments", version="7.1-preview.1", name=environment
    )
    allowed = [{"id": payload["pipeline_id"], "authorized": True}]
    wanted = [
        {"resource": {"type": "endpoint", "id": str(endpoints["value"][0]["id"])}, "pipelines": allowed},
        {"resource": {"type": "environment", "id": str(found["value"][0]["id"])}, "pipelines": allowed},
    ]
    await devops("PATCH", f"{area}/pipelines/pipelinepermissions", version="7.1-preview.1", json=wanted)
    return {}


@app.activity_trigger(input_name="payload")
async def protect_branch(payload: dict) -> dict:  # type: ignore[type-arg]
    scope = [{"repositoryId": payload["repository_id"], "refName": "refs/heads/main", "matchKind": "Exact"}]
    for wanted in body("policies", payload):
        settings = {**wanted["settings"], "scope": scope}
        if "buildDefinitionId" in settings:
            settings["buildDefinitionId"] = payload["pipeline_id"]
        look = {"repositoryId": payload["repository_id"], "$top": 200}
        await devops("GET", f"{project(payload)}/git/policy/configurations", **look)
        made = {
            "isEnabled": True,
            "isBlocking": True,
            "type": {"id": wanted["type_id"]},
            "settings": settings,
        }
        await devops("POST", f"{project(payload)}/policy/configurations", json=made)
    return {}


@app.activity_trigger(input_name="payload")
async def run_pipeline(payload: dict) -> dict:  # type: ignore[type-arg]
    runs = f"{project(payload)}/pipelines/{payload['pipeline_id']}/runs"
    await devops("GET", runs)
    wanted = {
        "resources": {"repositories": {"self": {"refName": "refs/heads/main"}}},
        "variables": {"VALUEFLOW_KEY": {"value": payload["id"], "isSecret": False}},
        "templateParameters": {"action": "apply", "environment": payload["environment"]},
    }
    made = await devops("POST", runs, json=wanted)
    return {"run_id": made["id"]}


@app.activity_trigger(input_name="payload")
async def find_run(payload: dict) -> dict:  # type: ignore[type-arg]
    path = f"{project(payload)}/pipelines/{payload['pipeline_id']}/runs/{payload['run_id']}"
    return {"state": (await devops("GET", path))["state"]}


@app.activity_trigger(input_name="payload")
async def create_setting(payload: dict) -> dict:  # type: ignore[type-arg]
    wanted = body(payload["setting"], payload)
    look = {"schemaIds": wanted["schemaId"], "scopes": "environment", "pageSize": 500}
    found = await dynatrace("GET", OBJECTS, fields="objectId,externalId,schemaId,value", **look)
    if wanted["value"]["name"] not in {one["value"]["name"] for one in found["items"]}:
        await dynatrace(
            "POST", OBJECTS, json=[{**wanted, "externalId": f"{payload['id']}/{payload['setting']}"}]
        )
    return {}


@app.activity_trigger(input_name="payload")
async def create_objective(payload: dict) -> dict:  # type: ignore[type-arg]
    wanted = body(payload["objective"], payload)
    look = {"sloSelector": f'name("{wanted["name"]}")', "enabledSlos": "all", "pageSize": 100}
    await dynatrace("GET", "/api/v2/slo", **look)
    await dynatrace("POST", "/api/v2/slo", json=wanted)
    await dynatrace("GET", "/api/v2/slo", **look)
    return {}


@app.activity_trigger(input_name="payload")
async def create_configuration_item(payload: dict) -> dict:  # type: ignore[type-arg]
    key = {"sysparm_query": f"correlation_id={payload['id']}/item", "sysparm_fields": "sys_id,name"}
    await servicenow("GET", "/cmdb_ci_service", **key)
    await servicenow("GET", "/cmdb_ci_service", **{**key, "sysparm_query": f"name={payload['service']}"})
    fields = {**body("item", payload), "correlation_id": f"{payload['id']}/item"}
    made = await servicenow("POST", "/cmdb_ci_service", json=fields)
    await servicenow("GET", "/cmdb_ci_service", **key)
    return {"item_id": made["result"]["sys_id"]}


@app.activity_trigger(input_name="payload")
async def register_service(payload: dict) -> dict:  # type: ignore[type-arg]
    headers = {"x-ms-blob-type": "BlockBlob", "If-None-Match": "*"}
    name = f"/registry/services/{payload['service']}.json"
    await send("PUT", blob(name), json=body("document", payload), headers=headers)
    return {}


@app.activity_trigger(input_name="payload")
async def post_card(payload: dict) -> dict:  # type: ignore[type-arg]
    await send("POST", ENV["BARE_TEAMS"], json=body("card", payload))
    return {}


@app.activity_trigger(input_name="payload")
async def publish_event(payload: dict) -> dict:  # type: ignore[type-arg]
    return {}


@app.activity_trigger(input_name="payload")
async def close_change(payload: dict) -> dict:  # type: ignore[type-arg]
    change = f"/change_request/{payload['change_id']}"
    await servicenow("GET", change)
    await servicenow("GET", change)
    closing = {"close_code": "successful", "close_notes": "done"}
    for state in ("-2", "-1", "0", "3"):
        fields = {"state": state, **(closing if state == "3" else {})}
        await servicenow("PATCH", change, json=fields)
    return {}


@app.activity_trigger(input_name="payload")
async def find_entity(payload: dict) -> dict:  # type: ignore[type-arg]
    selector = f'type("SERVICE"),tag("service:{payload["service"]}")'
    look = {"entitySelector": selector, "fields": "+tags,+properties", "pageSize": 500}
    found = await dynatrace("GET", "/api/v2/entities", **look)
    return {"entity_id": found["entities"][0]["entityId"]}


@app.activity_trigger(input_name="payload")
async def link_entity(payload: dict) -> dict:  # type: ignore[type-arg]
    name = f"/registry/services/{payload['service']}.json"
    found = await http().get(blob(name))
    document = {**found.json(), "dynatrace": {"entity_id": payload["entity_id"]}}
    headers = {"x-ms-blob-type": "BlockBlob", "If-Match": found.headers["ETag"]}
    await send("PUT", blob(name), json=document, headers=headers)
    return {}


@app.orchestration_trigger(context_name="context")
def bare_provision(context: task.OrchestrationContext, facts: dict):  # type: ignore[no-untyped-def, type-arg]
    about = {**facts, "id": context.instance_id}

    def do(name: str, **also):  # type: ignore[no-untyped-def]
        return context.call_activity(name, input={**about, **also})

    def deliver() -> Line:
        about.update((yield do("create_repository")))
        yield do("push_skeleton")
        about.update((yield do("create_pipeline")))
        yield do("authorize_pipeline")
        yield do("protect_branch")
        about.update((yield do("run_pipeline")))
        yield do("find_run")

    def monitor() -> Line:
        for setting in ("management_zone", "auto_tag", "alerting_profile"):
            yield do("create_setting", setting=setting)
        for objective in ("availability", "latency"):
            yield do("create_objective", objective=objective)

    def record() -> Line:
        yield do("create_configuration_item")

    yield do("claim_name")
    yield do("look_in_azure_devops")
    about.update((yield do("open_change")))
    lines = {line: next(line) for line in (deliver(), monitor(), record())}
    while lines:
        yield task.when_any(list(lines.values()))
        for line, waited in list(lines.items()):
            if waited.is_complete:
                try:
                    lines[line] = line.send(waited.get_result())
                except StopIteration:
                    del lines[line]
    yield do("register_service")
    yield task.when_all([do("post_card"), do("publish_event"), do("close_change")])
    about.update((yield do("find_entity")))
    yield do("link_entity")
    return {"outcome": "provisioned"}
