"""What the warehouse says of anomalies and forecasts."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.clients.snowflake import Warehouse
from shared.domain.event_types import (
    ANOMALY_DETECTED,
    INCIDENT_OPENED,
    SATURATION_AVERTED,
    SATURATION_FORECAST,
)
from shared.events import Event, new_event

SINCE = datetime(2026, 10, 5, 10, tzinfo=UTC)


@pytest.fixture
def service() -> str:
    return f"carrinho-{uuid.uuid4().hex[:8]}"


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def told(type_: str, name: str, data: dict[str, Any], at: datetime) -> Event:
    return new_event(type_, "/valueflow/operations", (name, str(at)), {"operation_id": name} | data, name, at)


def anomaly(service: str, since: datetime = SINCE, signal: str = "latency", **changes: Any) -> Event:
    data = {
        "service": service,
        "product": "loja",
        "owner": "time-loja",
        "tier": 1,
        "signal": signal,
        "unit": "ms",
        "kind": "spike",
        "side": "high",
        "since_ms": ms(since),
        "at_ms": ms(since) + 300_000,
        "value": 950.5,
        "expected": 120,
        "score": 9.25,
    }
    name = f"anomaly-{service}-{signal}-{ms(since)}"
    return told(ANOMALY_DETECTED, name, data | changes, since + timedelta(minutes=6))


def incident(service: str, opened_at: datetime) -> Event:
    name = f"incident-{service}-{ms(opened_at)}"
    data = {"incident_number": f"INC-{name}", "service": service, "opened_at": opened_at.isoformat()}
    return told(INCIDENT_OPENED, name, data, opened_at)


async def load(loader: Warehouse, *events: Event) -> None:
    lines = "\n".join(event.to_json() for event in events)
    await loader.load_events({f"watching/{uuid.uuid4().hex}.jsonl": lines.encode()})


async def test_an_anomaly_is_one_row_however_often_it_comes(loader: Warehouse, service: str) -> None:
    await load(loader, anomaly(service), anomaly(service))

    assert await loader.query("SELECT * FROM CORE.ANOMALIES WHERE SERVICE = ?", [service]) == [
        {
            "ANOMALY_ID": f"anomaly-{service}-latency-{ms(SINCE)}",
            "SERVICE": service,
            "PRODUCT": "loja",
            "OWNER": "time-loja",
            "TIER": 1,
            "SIGNAL": "latency",
            "UNIT": "ms",
            "KIND": "spike",
            "SIDE": "high",
            "SINCE_AT": SINCE,
            "SEEN_AT": SINCE + timedelta(minutes=5),
            "DETECTED_AT": SINCE + timedelta(minutes=6),
            "OBSERVED": 950.5,
            "EXPECTED": 120.0,
            "SCORE": 9.25,
        }
    ]


async def test_what_an_anomaly_does_not_say_is_null(loader: Warehouse, service: str) -> None:
    await load(loader, anomaly(service, since_ms="soon", score=None))

    [row] = await loader.query("SELECT * FROM CORE.ANOMALIES WHERE SERVICE = ?", [service])
    assert (row["SINCE_AT"], row["SCORE"], row["OBSERVED"]) == (None, None, 950.5)


async def test_a_forecast_is_one_row_from_its_beginning_to_its_end(loader: Warehouse, service: str) -> None:
    name = f"forecast-{service}-disk-1"
    about = {"forecast_id": name, "service": service, "resource": "disk", "kind": "disk", "tier": 2}
    number = {"incident_number": "INC0010002"}
    facts = {
        "value": 81.5,
        "limit": 100,
        "per_day": 2.5,
        "at_ms": ms(SINCE) + 1000,
        "early_ms": None,
        "late_ms": None,
    }
    over_at = SINCE + timedelta(days=2)
    await load(
        loader,
        told(SATURATION_AVERTED, name, about | number | {"reason": "freed"}, over_at),
        told(SATURATION_FORECAST, name, about | number | facts | {"reason": "", "state": "expected"}, SINCE),
    )

    [row] = await loader.query("SELECT * FROM CORE.FORECASTS WHERE SERVICE = ?", [service])
    assert (row["FORECAST_ID"], row["INCIDENT_NUMBER"], row["RESOURCE"]) == (name, "INC0010002", "disk")
    assert (row["OBSERVED"], row["FULL_AT"], row["PER_DAY"]) == (81.5, 100.0, 2.5)
    assert (row["TOLD_AT"], row["SATURATES_AT"]) == (SINCE, SINCE + timedelta(seconds=1))
    assert (row["SATURATES_LATEST_AT"], row["OVER_AT"], row["OVER_REASON"]) == (None, over_at, "freed")


async def test_an_anomaly_counts_as_followed_when_an_incident_opens_in_time(
    loader: Warehouse, service: str
) -> None:
    signal = f"signal-{service}"
    other, quiet, future = (f"{service}-{name}" for name in ("other", "quiet", "future"))
    await load(
        loader,
        anomaly(service, signal=signal),
        incident(service, SINCE + timedelta(hours=4)),
        incident(service, SINCE + timedelta(hours=1)),
        anomaly(other, signal=signal),
        incident(other, SINCE + timedelta(hours=4, seconds=1)),
        anomaly(quiet, signal=signal),
        anomaly(future, datetime(2126, 1, 1, tzinfo=UTC), signal),
    )

    rows = await loader.query("SELECT * FROM MART.WATCH_PRECISION WHERE SIGNAL = ? ORDER BY MONTH", [signal])
    names = ("ANOMALIES", "JUDGED", "FOLLOWED", "SHARE_FOLLOWED")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (3, 3, 1, pytest.approx(1 / 3)),
        (1, 0, 0, None),
    ]
