"""Metrics of Dynatrace: one series of one entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.clients.dynatrace.api import VENDOR, Api, entity_selector
from shared.clients.http import Params
from shared.clients.idempotency import retrying
from shared.errors import VendorRefused


class Metrics:
    """`client.metrics`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def query(
        self, selector: str, entity_id: str, from_ms: int, to_ms: int, resolution: str
    ) -> list[tuple[int, float | None]]:
        """(start of the slot in ms, value) by time; None where the slot has no data. Empty: no series at all.

        selector: one that yields one series for one entity, for example
        `builtin:service.errors.total.rate:splitBy("dt.entity.service")`. resolution: "1m", "5m", ...
        """
        operation = "metric"
        params: Params = {
            "metricSelector": selector,
            "entitySelector": entity_selector(operation, entity_id),
            "from": from_ms,
            "to": to_ms,
            "resolution": resolution,
        }

        async def query() -> list[list[tuple[int, float | None]]]:
            return await self._api.call(
                operation, "GET", "/api/v2/metrics/query", params=params, parse=_all_series
            )

        series = await retrying(query)
        if len(series) > 1:
            message = f"the selector yields {len(series)} series for one entity: add :splitBy or :merge to it"
            raise VendorRefused(VENDOR, operation, message)
        return series[0] if series else []


def _all_series(body: Mapping[str, Any]) -> list[list[tuple[int, float | None]]]:
    return [
        list(zip(series["timestamps"], series["values"], strict=True))
        for result in body["result"]
        for series in result["data"]
    ]
