"""What happens in the world the platform watches: versions go out, a service gets sick, vendors go away.

The page's buttons, the demo's scenarios and the tests tell their stories with it. It speaks to the simulators as
their worlds do (deployments, measurements) and never to the app's own state.
"""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox.platform.document import Document

TITLES = (
    "Failure rate increase",
    "Multiple service problems",
    "Response time degradation",
)
BAD_CHANGES = (
    "Calculate freight in the new service",
    "Read prices from the replica",
    "Retry payments without a limit",
    "Cache the basket for an hour",
)
PATH = "python-function"
NEW_SERVICES = ("pedidos", "estoque", "frete", "cupons", "entregas")


class World:
    """The world of the demo's service. http: without a base address."""

    def __init__(self, document: Document, http: httpx.AsyncClient) -> None:
        self.document, self.http = document, http
        self.demo: dict[str, Any] = dict(document["demo"])

    def vendor(self, name: str) -> str:
        """The vendor's address."""
        return str(self.document["vendors"][name]["url"])

    async def break_service(self, title: str = TITLES[0]) -> dict[str, Any]:
        """A bad version goes out and the service gets sick: the problem, which rolling back will end."""
        await self.mend()
        version = await self.deploy(secrets.token_hex(20), secrets.choice(BAD_CHANGES))
        # A title of its own: the same one within half an hour is the same incident, opened again.
        told = {
            "title": f"{title} ({version})",
            "service_entity_id": self.demo["entity_id"],
            "severity": "ERROR",
        }
        problem = await self.control("dynatrace", "POST", "problems", told)
        await self.expect_rollback(problem["problemId"])
        return dict(problem)

    async def mend(self) -> None:
        """Where a bad version of an earlier story is still out, somebody has put the good one back by hand."""
        runs = (await self.state("azure_devops")).get("run", [])
        own = [run for run in runs if run["pipeline_id"] == self.demo["pipeline_id"]]
        deployed = [run["version"] for run in own if run["result"] == "succeeded"]
        good = self.demo["good_commit"]
        if deployed and deployed[-1] != good:
            await self.deploy(good, "Put the good version back", ago_s=600.0)
            await self.control("dynatrace", "POST", f"entities/{self.demo['entity_id']}/heal", {})

    async def deploy(self, commit: str, comment: str, ago_s: float = 90.0) -> str:
        """A run of the service's pipeline ended well and put this commit out; Dynatrace was told of it: its name."""
        run = await self.control(
            "azure_devops",
            "POST",
            "runs",
            {
                "pipeline_id": self.demo["pipeline_id"],
                "commit": commit,
                "comment": comment,
                "result": "succeeded",
                "finished_ago_seconds": ago_s,
            },
        )
        event = {
            "eventType": "CUSTOM_DEPLOYMENT",
            "title": f"{self.demo['service']} {run['name']}",
            "entitySelector": f'type(SERVICE),entityId("{self.demo["entity_id"]}")',
            "startTime": run["finish_ms"],
            "timeout": 15,
            "properties": {"commit": commit, "comment": comment, "dt.event.deployment.version": run["name"]},
        }
        token = self.document["vendors"]["dynatrace"]["token"]
        answer = await self.http.post(
            f"{self.vendor('dynatrace')}/api/v2/events/ingest",
            json=event,
            headers={"Authorization": f"Api-Token {token}"},
        )
        answer.raise_for_status()
        return str(run["name"])

    async def expect_rollback(self, problem_id: str) -> None:
        """Let a run of the last good commit heal the service and end the problem, beside those awaited already."""
        await self.expect_recovery(resolves_problem=problem_id)

    async def expect_recovery(self, **more: str) -> None:
        """Let a run of the last good commit heal the service. more: what else follows from it."""
        awaited = await self.control("azure_devops", "GET", "consequences")
        consequence = {
            "pipeline_id": self.demo["pipeline_id"],
            "when_version": self.demo["good_commit"],
            "heals_service": self.demo["entity_id"],
            **more,
        }
        await self.control("azure_devops", "PUT", "consequences", [*awaited, consequence][-20:])

    async def request_service(self, name: str = "", failing_at: str = "", **changes: Any) -> str:
        """Ask for a service by a golden path, as Backstage does: the operation's id.

        name: one nobody has yet when empty. failing_at: the stage at which its pipeline's next run fails.
        """
        name = name or f"{secrets.choice(NEW_SERVICES)}-{secrets.token_hex(2)}"
        if failing_at:
            fault = {"pipeline": name, "stage": failing_at}
            await self.control("azure_devops", "PUT", "config", {"fail": [fault]})
        answer = await self.as_portal(
            "POST", f"/api/golden-paths/{PATH}/services", self.wanted(name, **changes)
        )
        return str(answer.raise_for_status().json()["operation_id"])

    def wanted(self, name: str, **changes: Any) -> dict[str, Any]:
        """What Backstage's form would send for a service of this name."""
        return {
            "name": name,
            "description": "Recebe os pedidos de todas as lojas",
            "project": self.demo["project"],
            "product": "Loja Online",
            "owner": "time-loja",
            "cost_center": "BR-4711",
            "tier": 3,
            "data_classification": "internal",
            **changes,
        }

    async def as_portal(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the app with Backstage's own token."""
        return await self._as("backstage", method, path, body)

    async def as_operator(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the app as who runs it."""
        return await self._as("operator", method, path, body)

    async def as_team(self, method: str, path: str, body: object = None) -> Any:
        """Call Azure DevOps as a team does, below the organisation's address: its JSON. Raises: httpx.HTTPError."""
        vendor = self.document["vendors"]["azure_devops"]
        answer = await self.http.request(
            method,
            vendor["organization_url"] + path,
            params={"api-version": "7.1"},
            json=body,
            auth=("", vendor["token"]),
        )
        return answer.raise_for_status().json()

    async def _as(self, client: str, method: str, path: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self.token(client)}"}
        url = self.document["app"]["url"] + path
        return await self.http.request(method, url, json=body, headers=headers, timeout=30.0)

    async def make_away(self, vendor: str, for_seconds: float) -> None:
        """The vendor answers 503 to everything for a while."""
        fault = {"operation": "*", "kind": "status", "status": 503, "for_seconds": for_seconds}
        await self.control(vendor, "PUT", "faults", [fault])

    async def run_timer(self, name: str) -> None:
        """Run a timer of the app now, as an operator does on Azure."""
        app = self.document["app"]
        answer = await self.http.post(
            f"{app['url']}/admin/functions/{name}",
            json={"input": ""},
            headers={"x-functions-key": app["master_key"]},
        )
        answer.raise_for_status()

    async def messages_waiting(self, *subscriptions: str) -> int:
        """How many messages wait, or are being handled, in these subscriptions of the topic `events`."""
        answer = await self.http.get(self.document["servicebus"]["stats_url"])
        wanted = {f"events/subscriptions/{name}" for name in subscriptions}
        entities = answer.raise_for_status().json()["entities"]
        return sum(each["active"] for each in entities if each["path"].lower() in wanted)

    async def state(self, vendor: str) -> dict[str, list[dict[str, Any]]]:
        """All the vendor holds, by kind."""
        found: dict[str, list[dict[str, Any]]] = await self.control(vendor, "GET", "state")
        return found

    async def journal(self, vendor: str, operation: str = "") -> Sequence[dict[str, Any]]:
        """What the vendor was asked, oldest first."""
        found: Sequence[dict[str, Any]] = await self.control(
            vendor, "GET", f"journal?operation={operation}" if operation else "journal"
        )
        return found

    async def token(self, client: str = "operator") -> str:
        """An access token of a directory's application."""
        audience = self.document["vendors"]["entra"]["client_id"]
        made = await self.control("entra", "POST", "tokens", {"client": client, "audience": audience})
        return str(made["access_token"])

    async def control(self, vendor: str, method: str, path: str, body: object = None) -> Any:
        """Call a simulator's control API. Raises: httpx.HTTPError."""
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        answer = await self.http.request(
            method, f"{self.vendor(vendor)}/_sandbox/{path}", content=content, headers=headers
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@asynccontextmanager
async def world(document: Document) -> AsyncIterator[World]:
    """The world of a running platform."""
    # Loopback addresses alone: a proxy of the environment has no part in this.
    async with httpx.AsyncClient(timeout=10.0, trust_env=False) as http:
        yield World(document, http)


def read_document(state: Path) -> Document:
    """The document of the platform on this state folder; {} when there is none."""
    try:
        document: Document = json.loads((state / "platform.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return document
