"""What scorecards ask of the warehouse, on the migrated one: figures of who has any, and no row of who has none."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse
from shared.domain.event_types import DEPLOYMENT_FINISHED, INCIDENT_OPENED
from shared.events import Event, new_event
from shared.marts import refresh_if_due
from shared.scorecard_rows import dora_rows, incident_rows

NOW = datetime.now(UTC)


@pytest.fixture
def service() -> str:
    return f"orders-{uuid.uuid4().hex[:8]}"


def at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat()


def deployed(service: str, number: int, days_ago: float, environment: str = "production") -> Event:
    commit = uuid.uuid4().hex * 2
    data: dict[str, Any] = {
        "deployment_id": f"test:{service}-{number}:{environment}",
        "service": service,
        "environment": environment,
        "version": f"1.{number}",
        "commit": commit[:40],
        "commits": [{"sha": commit[:40], "committed_at": at(days=days_ago, hours=2)}],
        "started_at": at(days=days_ago, minutes=5),
        "finished_at": at(days=days_ago),
        "result": "succeeded",
        "how": "pipeline",
        "rolls_back": None,
        "run_id": str(number),
        "pipeline_id": "7",
        "operation_id": None,
        "change_number": None,
        "who": "",
        "url": "",
        "source": "test",
    }
    return new_event(DEPLOYMENT_FINISHED, "/test", (data["deployment_id"],), data, data["deployment_id"], NOW)


def opened(service: str) -> Event:
    operation = f"incident-{uuid.uuid4().hex}"
    data = {
        "operation_id": operation,
        "incident_number": operation,
        "service": service,
        "opened_at": at(days=1),
    }
    return new_event(INCIDENT_OPENED, "/test", (operation,), data, operation, NOW)


async def load(loader: Warehouse, *events: Event) -> None:
    lines = "\n".join(event.to_json() for event in events)
    await loader.load_events({f"scorecards/{uuid.uuid4().hex}.jsonl": lines.encode()})


async def test_production_s_metrics_and_bands_come_by_service(loader: Warehouse, service: str) -> None:
    staging = f"{service}-staging"
    await load(
        loader,
        *(deployed(service, number, days_ago=number + 0.5) for number in range(3)),
        deployed(staging, 9, 1, environment="staging"),
    )

    assert await refresh_if_due(loader)
    rows = await dora_rows(loader)

    assert rows is not None
    found = rows[service]
    assert found["metrics"]["change_lead_time"] == pytest.approx(7200, abs=5)
    assert found["bands"]["change_lead_time"] == "elite"
    assert found["metrics"]["change_fail_rate"] == 0
    assert found["metrics"]["failed_deployment_recovery_time"] is None
    assert "failed_deployment_recovery_time" not in found["bands"]
    assert staging not in rows


async def test_incidents_of_thirty_days_come_by_service(loader: Warehouse, service: str) -> None:
    await load(loader, opened(service), opened(service))

    rows = await incident_rows(loader)

    assert rows is not None
    assert rows[service] == {"incidents": 2, "ended": 0, "fixed_by_runbook": 0, "mtta_mean_s": None}
    assert "nobody" not in rows
