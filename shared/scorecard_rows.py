"""What scorecards read of the warehouse, by service; None where a view is not there, or the warehouse is away."""

import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypedDict

from shared.domain.delivery.deliveries import PRODUCTION
from shared.errors import VendorError

log = logging.getLogger(__name__)

LEAST_DAYS = 7
"""A month with fewer days says little: the one before is shown until then."""
_METRICS = {
    "change_lead_time": ("LEAD_TIME_MEDIAN_S", "LEAD_TIME_BAND"),
    "deployment_frequency": ("DEPLOYMENTS_PER_DAY", "DEPLOYMENT_FREQUENCY_BAND"),
    "failed_deployment_recovery_time": ("RECOVERY_MEDIAN_S", "RECOVERY_BAND"),
    "change_fail_rate": ("CHANGE_FAIL_RATE", "CHANGE_FAIL_RATE_BAND"),
    "deployment_rework_rate": ("REWORK_RATE", None),
}
_DORA = (
    "SELECT * FROM KEPT.DORA_MONTHLY WHERE ENVIRONMENT = ? AND MONTH >= DATEADD('month', -3, CURRENT_DATE())"
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


async def dora_rows(warehouse: Rows) -> dict[str, DoraRow] | None:
    """Production's newest month with LEAST_DAYS days of each service, else its newest month."""
    rows = await or_none("KEPT.DORA_MONTHLY", warehouse.query(_DORA, (PRODUCTION,)))
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
