"""Reports become facts of services: matched by what is registered, completed by their tool; or it is said why not."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.delivery.changes import ChangeFacts
from shared.delivery.github import GitHubFacts
from shared.delivery.runs import RunFacts
from shared.domain import event_types
from shared.domain.delivery import delivery_matching as matching
from shared.domain.delivery import work_items
from shared.domain.delivery.deliveries import Deployment, deployment_id
from shared.domain.delivery.delivery_matching import Service
from shared.domain.delivery.delivery_reports import (
    AZURE_DEVOPS,
    CHANGE,
    DEPLOYMENT,
    GITHUB,
    NOTHING,
    PUSH,
    RUN,
    WORK_ITEM,
    Report,
    organisation_of,
)
from shared.errors import VendorRefused, VendorUnavailable

if TYPE_CHECKING:
    from shared.action_log import ActionLog
    from shared.clients.azure_devops import AzureDevOpsClient
    from shared.clients.github import GitHubClient
    from shared.events import Event
    from shared.registry import ServiceRegistry

WITHIN_S = 45.0
"""How long the tool may be asked about one report: the message's lock lasts a minute."""
UNREMARKABLE = frozenset({"not_completed", "other_branch", "ping", "inactive", "no_deployment"})
"""Reasons of what is no delivery at all: nobody has to look at it."""


class Outcome(NamedTuple):
    """events: to publish. reason: why there are none, "" where that is as it should be."""

    events: list[Event]
    reason: str


class Facts:
    """`of` raises VendorUnavailable of blob alone: Azure DevOps or GitHub away is a reason to try again later.

    github: None where the app may not ask it.
    """

    def __init__(
        self,
        registry: ServiceRegistry,
        azure_devops: AzureDevOpsClient,
        action_log: ActionLog,
        azure_devops_url: str,
        github: GitHubClient | None = None,
    ) -> None:
        self._registry, self._azure_devops = registry, azure_devops
        self._github = GitHubFacts(github)
        self._runs, self._changes = (
            RunFacts(azure_devops, action_log),
            ChangeFacts(azure_devops, self._github),
        )
        self._organisation = organisation_of(azure_devops_url)

    async def of(self, report: Report) -> Outcome:
        """What the report means. Asked twice it says the same, with events of the same ids."""
        if report["reason"] or report["kind"] == NOTHING:
            return Outcome([], "" if report["reason"] in UNREMARKABLE else report["reason"] or "unknown_type")
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._read(report)
        except TimeoutError:
            return Outcome([], matching.AWAY)
        except (VendorUnavailable, VendorRefused) as error:
            if error.vendor not in {AZURE_DEVOPS, GITHUB}:
                raise
            return Outcome([], matching.AWAY if isinstance(error, VendorUnavailable) else "refused")

    async def _read(self, report: Report) -> Outcome:
        if report["kind"] == WORK_ITEM:
            return await self._work_item(report)
        found = await self._match(report)
        if found.service is None:
            return Outcome([], found.reason)
        return await self._of_service(report, found.service)

    async def _match(self, report: Report) -> matching.Match:
        services, place = await self._registry.recent(), report["place"]
        found = matching.match(report["source"], place, services, self._organisation)
        if report["source"] != AZURE_DEVOPS or not place["repository_id"] or found.reason != "unregistered":
            return found
        if not place["project"] or not any(one["azure_devops"]["project"] for one in services):
            return found
        pipelines = await self._azure_devops.deployments.pipelines_of(
            place["project"], place["repository_id"]
        )
        return matching.match(report["source"], place, services, self._organisation, pipelines)

    async def _of_service(self, report: Report, service: Service) -> Outcome:
        if report["kind"] == RUN:
            deployments, reason = await self._runs.of(report, service)
            return Outcome([event_of_deployment(one) for one in deployments], reason)
        if report["kind"] in {CHANGE, PUSH}:
            change = await self._changes.of(report, service)
            made = _event(event_types.CHANGE_MERGED, change["change_id"], change) if change else None
            return Outcome([made] if made else [], "")
        assert report["kind"] == DEPLOYMENT
        return await self._told_whole(report, service)

    async def _told_whole(self, report: Report, service: Service) -> Outcome:
        told = report["told"]
        if (workflow := told.get("workflow")) and workflow not in matching.deploying_workflows(service):
            return Outcome([], "")
        environment = matching.environment_name(
            told["environment"] or matching.registered_environment(service)
        )
        if not environment:
            return Outcome([], matching.NO_ENVIRONMENT)
        if report["source"] == GITHUB:
            report = await self._github.of_deployment(report)
        return Outcome([event_of_deployment(_deployment(report, service, environment))], "")

    async def _work_item(self, report: Report) -> Outcome:
        """As the timer that pulls work items tells it; what only the project can explain is left to that."""
        from shared.events import new_event

        told = report["told"]
        fact = work_items.from_fields(
            told["fields"], told["id"], told["revision"], await self._registry.recent()
        )
        if fact is None:
            return Outcome([], "incomplete")
        if fact["category"] == work_items.UNKNOWN:
            return Outcome([], "")
        at = datetime.fromisoformat(fact["changed_at"])
        event = new_event(
            event_types.WORK_ITEM_CHANGED,
            "/azure_devops",
            work_items.identity(fact),
            dict(fact),
            subject=fact["work_item_id"],
            time=at,
        )
        return Outcome([event], "")


def event_of_deployment(deployment: Deployment) -> Event:
    """Started, or finished where it has a result."""
    kind = event_types.DEPLOYMENT_FINISHED if deployment["result"] else event_types.DEPLOYMENT_STARTED
    return _event(kind, deployment["deployment_id"], deployment)


def _deployment(report: Report, service: Service, environment: str) -> Deployment:
    told, source = report["told"], report["source"]
    return {
        "deployment_id": deployment_id(source, told["id"], environment),
        "service": str(service["name"]),
        "environment": environment,
        "version": told["version"],
        "commit": told["commit"],
        "commits": told.get("commits", []),
        "started_at": told["started_at"],
        "finished_at": told["finished_at"],
        "result": told["result"] if told["state"] == "finished" else None,
        "how": told.get("how", "pipeline"),
        "rolls_back": told.get("rolls_back"),
        "run_id": told.get("run_id"),
        "pipeline_id": report["place"]["pipeline_id"] or None,
        "operation_id": told.get("operation_id"),
        "change_number": told.get("change_number"),
        "who": told["who"],
        "url": told["url"],
        "source": source,
    }


def _event(kind: str, subject: str, fact: Mapping[str, Any]) -> Event:
    """Named after what it says: said again it is the same, said otherwise it is a later word on the same thing."""
    from shared.events import new_event

    content = json.dumps(fact, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return new_event(kind, "/deliveries", (subject, digest), dict(fact), subject)
