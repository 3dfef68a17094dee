"""Dynatrace knows what was deployed to production: one CUSTOM_DEPLOYMENT a deployment that succeeded.

What was told is remembered in Blob, since a new event may take a while to be found in Dynatrace; what could not be told
yet waits there for the timer.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.domain.delivery.deliveries import PRODUCTION, Deployment
from shared.errors import VendorRefused, VendorUnavailable

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.clients.dynatrace import DynatraceClient
    from shared.clients.dynatrace.events import DeploymentEvent
    from shared.registry import ServiceRegistry

log = logging.getLogger(__name__)

WAITS_FOR = timedelta(days=7)
"""How long a deployment waits for Dynatrace, or for its service's entity."""
_TOLD, _WAITING, _JSON = "deliveries/dynatrace/told/", "deliveries/dynatrace/waiting/", "application/json"


class Announcer:
    """All methods raise VendorUnavailable of blob (try later); doing any of them again tells nothing more."""

    def __init__(self, blob: BlobStore, dynatrace: DynatraceClient, registry: ServiceRegistry) -> None:
        self._blob, self._dynatrace, self._registry = blob, dynatrace, registry

    async def tell(self, deployment: Deployment, now: datetime) -> str:
        """ "created", "adopted", "known" (told before), "waiting", "refused", or "" where it is not to be told."""
        if not _is_to_be_told(deployment):
            return ""
        name = hashlib.sha256(deployment["deployment_id"].encode()).hexdigest()[:32]
        if await self._blob.get(f"{_TOLD}{name}.json") is not None:
            return "known"
        result = await self._post(deployment)
        if result == "waiting":
            if await self._blob.get(f"{_WAITING}{name}.json") is None:
                await self._put(f"{_WAITING}{name}.json", deployment, now)
            return result
        await self._put(f"{_TOLD}{name}.json", {"deployment_id": deployment["deployment_id"]}, now)
        await self._blob.delete(f"{_WAITING}{name}.json")
        return result

    async def tell_waiting(self, now: datetime, most: int) -> int:
        """Tell what waits, as far as that can be done now; how many were."""
        told = 0
        names = [name async for name in self._blob.names(_WAITING)][:most]
        for name in names:
            found = await self._blob.get(name)
            if not found:
                continue
            kept = json.loads(found)
            if now - datetime.fromisoformat(kept["kept_at"]) > WAITS_FOR:
                log.warning("a deployment is not told to Dynatrace: its entity was not seen")
                await self._blob.delete(name)
            elif await self.tell(kept["content"], now) != "waiting":
                told += 1
        return told

    async def _post(self, deployment: Deployment) -> str:
        service = await self._registry.get(deployment["service"])
        entity_id = str((service or {}).get("dynatrace", {}).get("entity_id") or "")
        if not entity_id:
            return "waiting"
        try:
            return (
                await self._dynatrace.events.ensure_deployment(entity_id, event_of(deployment)) or "waiting"
            )
        except VendorUnavailable:
            return "waiting"
        except VendorRefused as error:
            log.error("%s", error)
            return "refused"

    async def _put(self, name: str, content: Mapping[str, object], now: datetime) -> None:
        document = {"kept_at": now.isoformat(), "content": dict(content)}
        await self._blob.put(name, json.dumps(document, ensure_ascii=False).encode(), _JSON)


def event_of(deployment: Deployment) -> DeploymentEvent:
    """What Dynatrace is told; nobody's name is in it."""
    finished_ms = _ms(deployment["finished_at"] or "")
    started_ms = _ms(deployment["started_at"] or deployment["finished_at"] or "")
    properties = {
        "dt.event.deployment.name": f"{deployment['service']} {deployment['version']}".strip(),
        "dt.event.deployment.version": deployment["version"],
        "dt.event.deployment.ci_back_link": deployment["url"],
        "dt.event.deployment.release_stage": deployment["environment"],
        "dt.event.deployment.release_product": deployment["service"],
        "commit": deployment["commit"] or "",
        "run_id": deployment["run_id"] or "",
        "result": deployment["result"] or "",
        "how": deployment["how"],
        "source": "ValueFlow",
    }
    return {
        "key": deployment["deployment_id"],
        "title": properties["dt.event.deployment.name"],
        "start_ms": min(started_ms, finished_ms),
        "end_ms": finished_ms,
        "properties": {name: value for name, value in properties.items() if value},
    }


def _is_to_be_told(deployment: Deployment) -> bool:
    return bool(
        deployment["environment"] == PRODUCTION
        and deployment["result"] == "succeeded"
        and deployment["finished_at"]
    )


def _ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)
