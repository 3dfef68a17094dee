"""host.json: the parts this host honours, with Azure's defaults."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.host.faults import StartRefused
from sandbox.host.settings import resolve
from sandbox.host.timespan import parse_timespan

BODY_LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
DEFAULT_BODY_LIMIT_BYTES = 104_857_600


@dataclass(frozen=True)
class ServiceBusOptions:
    """extensions.serviceBus."""

    prefetch_count: int = 0
    max_auto_lock_renewal: timedelta = timedelta(minutes=5)
    auto_complete: bool = True
    max_concurrent_calls: int = 16
    max_batch_size: int = 1000
    min_batch_size: int = 1
    max_batch_wait: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class DurableOptions:
    """extensions.durableTask."""

    hub_name: str = "TestHubName"
    max_activities: int = 10 * (os.cpu_count() or 1)
    max_orchestrators: int = 10 * (os.cpu_count() or 1)
    max_entities: int = 10 * (os.cpu_count() or 1)


@dataclass(frozen=True)
class HostConfig:
    """What host.json and the host's own settings say."""

    route_prefix: str = "api"
    body_limit_bytes: int = DEFAULT_BODY_LIMIT_BYTES
    service_bus: ServiceBusOptions = field(default_factory=ServiceBusOptions)
    durable: DurableOptions = field(default_factory=DurableOptions)
    log_levels: Mapping[str, str] = field(default_factory=dict)


def read_config(app_dir: Path, environment: Mapping[str, str] = os.environ) -> HostConfig:
    """Raises: StartRefused when host.json is missing, no JSON, of another version or lacks settings."""
    try:
        document = json.loads((app_dir / "host.json").read_text("utf-8"))
    except FileNotFoundError:
        raise StartRefused([f"{app_dir / 'host.json'} is missing: every function app has one"]) from None
    except ValueError as error:
        raise StartRefused([f"host.json is not JSON: {error}"]) from None
    if not isinstance(document, dict) or document.get("version") != "2.0":
        raise StartRefused(['host.json needs "version": "2.0"'])
    missing: set[str] = set()
    document = resolve(document, environment, missing)
    if missing:
        raise StartRefused([f"host.json refers to the missing setting {name}" for name in sorted(missing)])
    try:
        return _config(document, environment)
    except (ValueError, TypeError, AttributeError) as error:
        raise StartRefused([f"host.json: {error}"]) from error


def _config(document: dict[str, Any], environment: Mapping[str, str]) -> HostConfig:
    extensions = document.get("extensions", {})
    return HostConfig(
        route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
        body_limit_bytes=int(environment.get(BODY_LIMIT_SETTING, DEFAULT_BODY_LIMIT_BYTES)),
        service_bus=_service_bus(extensions.get("serviceBus", {})),
        durable=_durable(extensions.get("durableTask", {})),
        log_levels=document.get("logging", {}).get("logLevel", {}),
    )


def _service_bus(section: dict[str, Any]) -> ServiceBusOptions:
    default = ServiceBusOptions()
    return ServiceBusOptions(
        prefetch_count=int(section.get("prefetchCount", default.prefetch_count)),
        max_auto_lock_renewal=_span(section, "maxAutoLockRenewalDuration", default.max_auto_lock_renewal),
        auto_complete=bool(section.get("autoCompleteMessages", default.auto_complete)),
        max_concurrent_calls=_positive(section, "maxConcurrentCalls", default.max_concurrent_calls),
        max_batch_size=_positive(section, "maxMessageBatchSize", default.max_batch_size),
        min_batch_size=_positive(section, "minMessageBatchSize", default.min_batch_size),
        max_batch_wait=_span(section, "maxBatchWaitTime", default.max_batch_wait),
    )


def _durable(section: dict[str, Any]) -> DurableOptions:
    default = DurableOptions()
    return DurableOptions(
        hub_name=section.get("hubName", default.hub_name),
        max_activities=_positive(section, "maxConcurrentActivityFunctions", default.max_activities),
        max_orchestrators=_positive(section, "maxConcurrentOrchestratorFunctions", default.max_orchestrators),
        max_entities=_positive(section, "maxConcurrentEntityFunctions", default.max_entities),
    )


def _span(section: dict[str, Any], name: str, default: timedelta) -> timedelta:
    return parse_timespan(section[name]) if name in section else default


def _positive(section: dict[str, Any], name: str, default: int) -> int:
    value = int(section.get(name, default))
    if value < 1:
        raise ValueError(f"{name} must be at least 1")
    return value
