"""Metrics of Dynatrace: one series of one entity, or several metrics of several entities at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.clients.dynatrace.api import VENDOR, Api, entity_selector, ids_selector
from shared.clients.http import Params
from shared.clients.idempotency import retrying
from shared.errors import VendorRefused

type Points = list[tuple[int, float | None]]
"""(start of the slot in ms, value) by time; None where the slot has no data."""

_PATH = "/api/v2/metrics/query"
MOST_SELECTORS = 10
"""Of one query: the vendor's limit."""


class Series(NamedTuple):
    """key: of the metric, as it was asked for."""

    key: str
    entity_id: str
    points: Points


class Metrics:
    """`client.metrics`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def query(self, selector: str, entity_id: str, from_ms: int, to_ms: int, resolution: str) -> Points:
        """The series by time. Empty: no series at all.

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

        async def query() -> list[Points]:
            return await self._api.call(operation, "GET", _PATH, params=params, parse=_all_series)

        series = await retrying(query)
        if len(series) > 1:
            message = f"the selector yields {len(series)} series for one entity: add :splitBy or :merge to it"
            raise VendorRefused(VENDOR, operation, message)
        return series[0] if series else []

    async def of(
        self,
        keys: Sequence[str],
        entity_ids: Sequence[str],
        dimension: str,
        from_ms: int,
        to_ms: int,
        resolution: str,
    ) -> list[Series]:
        """Each metric of each entity, in one request; what Dynatrace has no data of is not among them.

        keys: at most MOST_SELECTORS metric keys without transformations. entity_ids: of one type.
        dimension: the metrics' own of that type, such as "dt.entity.service".
        """
        operation = "metrics"
        params: Params = {
            "metricSelector": ",".join(f'{key}:splitBy("{dimension}")' for key in keys),
            "entitySelector": ids_selector(operation, entity_ids),
            "from": from_ms,
            "to": to_ms,
            "resolution": resolution,
        }
        found = await retrying(
            lambda: self._api.call(
                operation, "GET", _PATH, params=params, parse=lambda body: _split(body, keys, dimension)
            )
        )
        return [series for series in found if series.entity_id in entity_ids]


def _all_series(body: Mapping[str, Any]) -> list[Points]:
    return [_points(series) for result in body["result"] for series in result["data"]]


def _split(body: Mapping[str, Any], keys: Sequence[str], dimension: str) -> list[Series]:
    """A result names its metric by the selector, which begins with the key."""
    longest_first = sorted(keys, key=len, reverse=True)
    return [
        Series(key, _entity_of(series, dimension), _points(series))
        for result in body["result"]
        for key in [one for one in longest_first if result["metricId"].startswith(one)][:1]
        for series in result["data"]
    ]


def _entity_of(series: Mapping[str, Any], dimension: str) -> str:
    named = series.get("dimensionMap") or {}
    return str(named.get(dimension) or next(iter(series.get("dimensions") or []), ""))


def _points(series: Mapping[str, Any]) -> Points:
    return list(zip(series["timestamps"], series["values"], strict=True))
