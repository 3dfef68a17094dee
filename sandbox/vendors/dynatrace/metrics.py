"""GET /api/v2/metrics/query: data points of known metrics for the entities of the environment.

The finest slot is one minute, as with Dynatrace. The sandbox's setting `sample_seconds` makes that finest slot
shorter for the last FINE_MS, so that recovery can be shown in seconds: there a query for "1m" has a point every
`sample_seconds`.
"""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.dynatrace.answers import listing_query, refuse, violated
from sandbox.vendors.dynatrace.entities import Entities, Entity
from sandbox.vendors.dynatrace.selectors import Condition, entity_conditions
from sandbox.vendors.dynatrace.series import METRICS, Metric, Point, points
from sandbox.vendors.dynatrace.timeframe import window
from sandbox.vendors.dynatrace.windows import RAISED, SILENT, Windows
from sandbox.vendors.framework import Operation, reply

_PARAMETERS = frozenset({"metricSelector", "resolution", "from", "to", "entitySelector", "mzSelector"})
FINE_MS = 3 * MINUTE_MS
_MOST_POINTS, _DEFAULT_POINTS, _MOST_SELECTORS = 10_080, 120, 10
_SELECTOR = re.compile(r"(?P<key>builtin:[\w.]+|[\w.]+)(?P<transformations>(?::.+)?)", re.DOTALL)
_TRANSFORMATION = re.compile(r":(\w+)(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?")
_AGGREGATIONS = {"avg", "min", "max", "sum", "count", "value", "median", "percentile", "auto"}
_STEPS_MS = [MINUTE_MS * step for step in (1, 5, 10, 15, 30, 60, 360, 1440)]
_UNIT_MS = {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": 1440 * MINUTE_MS, "w": 10_080 * MINUTE_MS}


class Metrics:
    """The metrics of the environment. sample_seconds: asks for the setting."""

    def __init__(self, entities: Entities, windows: Windows, sample_seconds: Callable[[], float]) -> None:
        self._entities, self._windows, self._sample_seconds = entities, windows, sample_seconds

    def operations(self) -> Sequence[Operation]:
        return [Operation("query_metrics", "GET", "/api/v2/metrics/query", self._query)]

    async def _query(self, request: web.Request) -> web.Response:
        query, now = listing_query(request, _PARAMETERS), now_ms()
        selectors = _split(query.get("metricSelector", ""))
        if not 1 <= len(selectors) <= _MOST_SELECTORS:
            raise violated("metricSelector", f"must hold 1 to {_MOST_SELECTORS} selectors")
        start, end = window(query, now, "now-2h")
        wanted = entity_conditions(query["entitySelector"]) if query.get("entitySelector") else None
        step, name = _step(query.get("resolution", ""), start, end)
        slots = self._slots(start, min(end, now), step)
        result = [self._collection(selector, wanted, slots) for selector in selectors]
        total = sum(len(each["data"]) for each in result)
        return reply({"totalCount": total, "nextPageKey": None, "resolution": name, "result": result})

    def _slots(self, start: int, end: int, step: int | None) -> list[tuple[int, int]]:
        """(start, end) of each slot; the last one ends now if now is within it."""
        if step is None:
            return [(start, end)] if end > start else []
        if (end - start) / step > _MOST_POINTS:
            raise violated("resolution", f"more than {_MOST_POINTS} data points")
        fine = max(1, round(self._sample_seconds() * 1000))
        if step != MINUTE_MS or fine >= MINUTE_MS:
            return _cut(start, end, step)
        recent = now_ms() - FINE_MS
        since = max(start, recent - recent % MINUTE_MS)
        coarse = _cut(start, min(since, end), step) if start < since else []
        return coarse + (_cut(since, end, fine) if since < end else [])

    def _collection(
        self, selector: str, wanted: list[Condition] | None, slots: list[tuple[int, int]]
    ) -> dict[str, Any]:
        metric, transformations = _read(selector)
        entities = self._of(metric, wanted)
        split = _dimensions(transformations)
        if split is not None and metric.dimension not in split:
            series = [_series(metric, None, _mean([self._points(metric, each, slots) for each in entities]))]
        else:
            series = [_series(metric, each, self._points(metric, each, slots)) for each in entities]
        if any(name == "fold" for name, _ in transformations):
            series = [_folded(one) for one in series]
        return {
            "metricId": selector,
            "dataPointCountRatio": round(len(slots) * len(entities) / 20_000_000, 9),
            "dimensionCountRatio": round(len(entities) / 100_000, 9),
            "data": [one for one in series if one["timestamps"]],
        }

    def _of(self, metric: Metric, wanted: list[Condition] | None) -> list[Entity]:
        found = self._entities.select([("type", [metric.entity]), *(wanted or [])])
        return sorted(found, key=lambda entity: str(entity["entityId"]))

    def _points(self, metric: Metric, entity: Entity, slots: list[tuple[int, int]]) -> list[Point]:
        entity_id = entity["entityId"]
        raised, silent = (self._windows.of(entity_id, effect, metric.key) for effect in (RAISED, SILENT))
        return points(metric, entity_id, slots, raised, silent, self._windows.ramps(entity_id, metric.key))


def _cut(start: int, end: int, step: int) -> list[tuple[int, int]]:
    return [(at, min(at + step, end)) for at in range(start - start % step, end, step)]


def _split(text: str) -> list[str]:
    """The selectors of a list; commas inside brackets or quotes belong to a selector."""
    return [part.strip() for part in re.findall(r'(?:"[^"]*"|\((?:"[^"]*"|[^()]|\([^()]*\))*\)|[^,])+', text)]


def _read(selector: str) -> tuple[Metric, list[tuple[str, str]]]:
    found = _SELECTOR.fullmatch(selector)
    if found is None:
        raise violated("metricSelector", f"cannot be read: {selector}")
    metric = METRICS.get(found["key"])
    if metric is None:
        raise refuse(HTTPStatus.NOT_FOUND, f"The metric key {found['key']} is not known")
    transformations = [
        (match[1], match[2] or "") for match in _TRANSFORMATION.finditer(found["transformations"])
    ]
    if "".join(f":{name}" + (f"({given})" if given else "") for name, given in transformations) != found[
        "transformations"
    ].replace("()", ""):
        raise violated("metricSelector", f"cannot be read: {selector}")
    if (
        unknown := {name for name, _ in transformations}
        - _AGGREGATIONS
        - {"splitBy", "merge", "fold", "names"}
    ):
        raise violated("metricSelector", f"the sandbox has no transformation {min(unknown)}")
    return metric, transformations


def _dimensions(transformations: list[tuple[str, str]]) -> list[str] | None:
    """What splitBy leaves; None where every dimension stays, [] where all are merged."""
    for name, given in transformations:
        if name == "splitBy":
            return [part.strip().strip('"') for part in given.split(",") if part.strip()]
        if name == "merge":
            return []
    return None


def _step(resolution: str, start: int, end: int) -> tuple[int | None, str]:
    """(slot in ms or None for one slot, its name). resolution: "5m", "Inf", or a number of points."""
    if resolution == "Inf":
        return None, "Inf"
    if found := re.fullmatch(r"(\d{1,4})([mhdw])", resolution):
        return max(1, int(found[1])) * _UNIT_MS[found[2]], resolution
    if resolution and not re.fullmatch(r"\d{1,5}", resolution):
        raise violated("resolution", "must be a number of points, a timespan such as 5m, or Inf")
    wanted = max(1, int(resolution or _DEFAULT_POINTS))
    step = next((step for step in _STEPS_MS if (end - start) / step <= wanted), _STEPS_MS[-1])
    minutes = step // MINUTE_MS
    return step, f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"


def _series(metric: Metric, entity: Entity | None, found: list[Point]) -> dict[str, Any]:
    named = {metric.dimension: entity["entityId"]} if entity else {}
    return {
        "dimensionMap": named,
        "dimensions": list(named.values()),
        "timestamps": [at for at, _ in found],
        "values": [value for _, value in found],
    }


def _mean(series: list[list[Point]]) -> list[Point]:
    """One series of several, slot by slot."""
    merged: list[Point] = []
    for slot in zip(*series, strict=True):
        known = [value for _, value in slot if value is not None]
        merged.append((slot[0][0], round(sum(known) / len(known), 4) if known else None))
    return merged


def _folded(series: dict[str, Any]) -> dict[str, Any]:
    """One point for the whole timeframe, at its last slot."""
    known = [value for value in series["values"] if value is not None]
    value = round(sum(known) / len(known), 4) if known else None
    return {
        **series,
        "timestamps": series["timestamps"][-1:],
        "values": [value] if series["timestamps"] else [],
    }
