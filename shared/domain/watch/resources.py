"""What of a service can run out: disks and memory of the hosts it runs on, and what its registry document names.

Pure. `watch.resources` in the document names quotas, certificates and whatever else fills up:
{"name", "kind": "disk"|"memory"|"quota"|"certificate", "entity_id", "metric_selector", "limit"}, or for a certificate
{"name", "kind", "expires_at"}, or with a selector that tells the days it has left.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

CERTIFICATE = "certificate"
MOST_HOSTS = 5
MOST_RESOURCES = 20

_FULL_PERCENT = 95.0
_OF_HOST = {
    "disk": 'builtin:host.disk.usedPct:splitBy("dt.entity.host"):max',
    "memory": 'builtin:host.mem.usage:splitBy("dt.entity.host"):avg',
}


class Resource(NamedTuple):
    """name: unique in the service. selector: of how much is used, of one entity; for a certificate, of the days left.

    limit: when it is full, in the selector's unit. expires_at_ms: of a certificate whose end is known.
    """

    name: str
    kind: str
    entity_id: str
    selector: str
    limit: float
    expires_at_ms: int | None = None


def of_service(service: Mapping[str, Any], runs_on: Sequence[str]) -> list[Resource]:
    """runs_on: ids of the entities it runs on, as Dynatrace's topology has them."""
    hosts = [entity_id for entity_id in runs_on if entity_id.startswith("HOST-")][:MOST_HOSTS]
    found = [
        Resource(f"{kind} {host}", kind, host, selector, _FULL_PERCENT)
        for host in hosts
        for kind, selector in _OF_HOST.items()
    ]
    named = (service.get("watch") or {}).get("resources") or []
    own = [_own(each, service) for each in named]
    return list({resource.name: resource for resource in [*found, *own]}.values())[:MOST_RESOURCES]


def _own(body: Mapping[str, Any], service: Mapping[str, Any]) -> Resource:
    expires_at = body.get("expires_at")
    return Resource(
        name=body["name"],
        kind=body["kind"],
        entity_id=body.get("entity_id") or (service.get("dynatrace") or {}).get("entity_id") or "",
        selector=body.get("metric_selector") or "",
        limit=float(body.get("limit") or _FULL_PERCENT),
        expires_at_ms=_ms(expires_at) if expires_at else None,
    )


def _ms(moment: str) -> int:
    at = datetime.fromisoformat(moment)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
