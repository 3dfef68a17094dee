"""Scorecards: gathered for all services at once, kept in Blob, read by one look.

`scorecards/<service>.json` and `.svg`. A source that is away, or a view that is not there yet, leaves its section
without data; the warehouse is asked once a round, however many services there are.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypedDict

from shared.domain import scorecard
from shared.domain.deliveries import PRODUCTION
from shared.domain.scorecard_badge import badge
from shared.errors import VendorError

if TYPE_CHECKING:
    from shared.clients.blob import BlobStore
    from shared.clients.dynatrace.slos import EvaluatedSlo, Slo

log = logging.getLogger(__name__)

JSON, SVG = "application/json", "image/svg+xml"
LEAST_DAYS = 7
"""A month with fewer days says little: the one before is shown until then."""
AT_ONCE = 4
_OBJECTIVES = ("availability", "latency")
_METRICS = {
    "change_lead_time": ("LEAD_TIME_MEDIAN_S", "LEAD_TIME_BAND"),
    "deployment_frequency": ("DEPLOYMENTS_PER_DAY", "DEPLOYMENT_FREQUENCY_BAND"),
    "failed_deployment_recovery_time": ("RECOVERY_MEDIAN_S", "RECOVERY_BAND"),
    "change_fail_rate": ("CHANGE_FAIL_RATE", "CHANGE_FAIL_RATE_BAND"),
    "deployment_rework_rate": ("REWORK_RATE", None),
}
_DORA = (
    "SELECT * FROM MART.DORA_MONTHLY WHERE ENVIRONMENT = ? AND MONTH >= DATEADD('month', -3, CURRENT_DATE())"
)
_INCIDENTS = """
SELECT SERVICE, SUM(INCIDENTS) AS INCIDENTS, SUM(ENDED) AS ENDED, SUM(FIXED_BY_RUNBOOK) AS FIXED_BY_RUNBOOK,
    SUM(MTTA_MEAN_S * ACKNOWLEDGED) / NULLIF(SUM(ACKNOWLEDGED), 0) AS MTTA_MEAN_S
FROM MART.INCIDENT_RESPONSE_DAILY
WHERE DAY >= DATEADD('day', -30, CURRENT_DATE()) AND SERVICE IS NOT NULL
GROUP BY SERVICE
"""


class DoraRow(TypedDict):
    """month: YYYY-MM. metrics: seconds, deployments a day, shares; None without data. bands: by metric."""

    month: str
    metrics: dict[str, float | None]
    bands: dict[str, str]


class Rows(Protocol):
    """shared.clients.snowflake.Warehouse."""

    async def query(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]: ...


class Objectives(Protocol):
    """shared.clients.dynatrace.slos.Slos."""

    async def find(self, name: str) -> Slo | None: ...
    async def evaluated(self, slo_id: str) -> EvaluatedSlo | None: ...


class Common(NamedTuple):
    """What one round asks once. Each by service; None where it could not be had."""

    dora: Mapping[str, DoraRow] | None
    incidents: Mapping[str, dict[str, float | int | None]] | None
    open_incidents: Mapping[str, int] | None


class Report(NamedTuple):
    """failed: the services whose scorecard stays as it was."""

    written: int
    failed: list[str]


class Scorecards:
    """Written by a round, read by the endpoint. Reading raises VendorUnavailable (try later)."""

    def __init__(self, blob: BlobStore) -> None:
        self._blob = blob

    async def get(self, service: str, kind: str = "json") -> bytes | None:
        """The document or the badge ("svg") as the last round left it; None where there is none."""
        return await self._blob.get(f"scorecards/{service}.{kind}")

    async def put(self, card: Mapping[str, Any], language: str) -> None:
        document = json.dumps(card, ensure_ascii=False, separators=(",", ":"))
        await self._blob.put(f"scorecards/{card['service']}.json", document, JSON)
        await self._blob.put(f"scorecards/{card['service']}.svg", badge(card, language), SVG)


async def refresh(
    services: Sequence[Mapping[str, Any]],
    one: Callable[[Mapping[str, Any]], Awaitable[None]],
) -> Report:
    """Do `one` for each service, a few at once; what fails for one stops no other."""
    failed: list[str] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def turn(service: Mapping[str, Any]) -> None:
        async with turns:
            try:
                await one(service)
            except Exception:
                # One document that cannot be read must not keep the others' scorecards old.
                log.exception("the scorecard of %s could not be made", service.get("name"))
                failed.append(str(service.get("name")))

    await asyncio.gather(*(turn(service) for service in services))
    return Report(len(services) - len(failed), sorted(failed))


async def dora_rows(warehouse: Rows) -> dict[str, DoraRow] | None:
    """Production's newest month with LEAST_DAYS days of each service, else its newest month."""
    rows = await or_none("MART.DORA_MONTHLY", warehouse.query(_DORA, (PRODUCTION,)))
    if rows is None:
        return None
    rows.sort(key=_telling)
    return {str(row["SERVICE"]): _dora_row(row) for row in rows}


async def incident_rows(warehouse: Rows) -> dict[str, dict[str, float | int | None]] | None:
    """What was opened in the last thirty days, by service; a service without a row has no data."""
    rows = await or_none("MART.INCIDENT_RESPONSE_DAILY", warehouse.query(_INCIDENTS))
    if rows is None:
        return None
    return {
        str(row["SERVICE"]): {
            "incidents": _whole(row["INCIDENTS"]),
            "ended": _whole(row["ENDED"]),
            "fixed_by_runbook": _whole(row["FIXED_BY_RUNBOOK"]),
            "mtta_mean_s": _number(row["MTTA_MEAN_S"]),
        }
        for row in rows
    }


def count_open(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Open incidents by service."""
    counted: dict[str, int] = {}
    for entry in entries:
        if entry["ended_ms"] is None and entry["service"]:
            counted[entry["service"]] = counted.get(entry["service"], 0) + 1
    return counted


async def objectives(slos: Objectives, service: Mapping[str, Any]) -> list[EvaluatedSlo]:
    """The service's objectives as they stand: those it was made with, else those of the golden paths' names."""
    made = [part["slo_id"] for part in service.get("parts", {}).values() if part.get("slo_id")]
    if not made:
        found = [await slos.find(f"{service['name']} {kind}") for kind in _OBJECTIVES]
        made = [one["slo_id"] for one in found if one]
    evaluated = [await slos.evaluated(slo_id) for slo_id in made]
    return [one for one in evaluated if one]


def card_of(
    service: Mapping[str, Any],
    common: Common,
    gates: Sequence[Mapping[str, Any]] | None,
    slos: Sequence[Mapping[str, Any]] | None,
    now: datetime,
) -> dict[str, Any]:
    """The service's document."""
    name = service["name"]
    facts = {
        "dora": common.dora.get(name) if common.dora else None,
        "incidents": common.incidents.get(name) if common.incidents else None,
        "open": None if common.open_incidents is None else common.open_incidents.get(name, 0),
        "gates": gates,
        "slo": slos,
    }
    return scorecard.build(service, facts, now.isoformat(timespec="seconds"))


async def or_none[T](what: str, asked: Awaitable[T]) -> T | None:
    """What is asked; None where its vendor is away or refuses, such as a view that is not there."""
    try:
        return await asked
    except VendorError as error:
        log.warning("no %s for scorecards (%s)", what, type(error).__name__)
        return None


def _dora_row(row: Mapping[str, Any]) -> DoraRow:
    metrics = {name: _number(row.get(column)) for name, (column, _) in _METRICS.items()}
    bands = {name: row.get(band) for name, (_, band) in _METRICS.items() if band}
    return DoraRow(
        month=_month(row["MONTH"]),
        metrics=metrics,
        bands={name: str(band) for name, band in bands.items() if band and metrics[name] is not None},
    )


def _telling(row: Mapping[str, Any]) -> tuple[bool, bool, str]:
    """The row to show sorts last: a month with enough days, else one with a deployment, else the newest."""
    enough = int(row["OBSERVED_DAYS"]) >= LEAST_DAYS
    return enough, enough or bool(row.get("DEPLOYMENTS")), _month(row["MONTH"])


def _month(told: object) -> str:
    return (told.isoformat() if isinstance(told, date) else str(told))[:7]


def _number(told: Any) -> float | None:
    return float(told) if isinstance(told, int | float | Decimal) else None


def _whole(told: Any) -> int | None:
    return int(told) if isinstance(told, int | float | Decimal) else None
