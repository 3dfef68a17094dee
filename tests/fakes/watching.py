"""Dynatrace and ServiceNow as a round of watching asks them: series that a test draws, and what goes on round about."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from shared.clients.dynatrace.metrics import Series
from shared.domain.watch.seasons import DAY_MS, MINUTE_MS
from shared.errors import VendorRefused, VendorUnavailable
from tests.fakes.remediation import SERVICE

NOW_MS = 1_795_262_400_000
"""A Saturday at noon in UTC: 2026-11-21."""

type Draw = Callable[[int], float | None]
type Points = list[tuple[int, float | None]]


def a_service(name: str = "checkout", entity_id: str = "SERVICE-1", **fields: Any) -> dict[str, Any]:
    measured = {**SERVICE["dynatrace"], "entity_id": entity_id}  # type: ignore[dict-item]
    measured["metric_selector"] = 'builtin:service.errors.total.rate:splitBy("dt.entity.service")'
    return {
        **SERVICE,
        "name": name,
        "product": "loja",
        "owner": "team",
        "tier": 1,
        "dynatrace": measured,
    } | fields


def daily(level: float, swing: float = 0.3) -> Draw:
    """A curve with a day's rhythm and a little jitter that is the same for whoever asks."""

    def draw(at_ms: int) -> float:
        hour = at_ms % DAY_MS / DAY_MS * 2 * math.pi
        jitter = (at_ms // MINUTE_MS * 7919 % 101 - 50) / 50
        return level * (1 + swing * math.sin(hour)) * (1 + 0.04 * jitter)

    return draw


def over(usual: Draw, begins_ms: int, change: Callable[[float], float | None]) -> Draw:
    """The curve, changed from a moment on."""

    def draw(at_ms: int) -> float | None:
        value = usual(at_ms)
        return value if value is None or at_ms < begins_ms else change(value)

    return draw


class FakeMetrics:
    """draws: by (metric key or selector, entity id). refused, away: entity ids that cannot be asked about."""

    def __init__(self) -> None:
        self.draws: dict[tuple[str, str], Draw] = {}
        self.refused: set[str] = set()
        self.away: set[str] = set()
        self.asked: list[tuple[str, tuple[str, ...], str]] = []

    async def of(
        self,
        keys: Sequence[str],
        entity_ids: Sequence[str],
        dimension: str,
        from_ms: int,
        to_ms: int,
        resolution: str,
    ) -> list[Series]:
        self._ask("of", entity_ids, resolution)
        return [
            Series(key, entity_id, self._points(key, entity_id, from_ms, to_ms, resolution))
            for key in keys
            for entity_id in entity_ids
            if (key, entity_id) in self.draws
        ]

    async def query(self, selector: str, entity_id: str, from_ms: int, to_ms: int, resolution: str) -> Points:
        self._ask("query", [entity_id], resolution)
        if (selector, entity_id) not in self.draws:
            return []
        return self._points(selector, entity_id, from_ms, to_ms, resolution)

    def _ask(self, how: str, entity_ids: Sequence[str], resolution: str) -> None:
        self.asked.append((how, tuple(entity_ids), resolution))
        if self.away & set(entity_ids):
            raise VendorUnavailable("dynatrace", "metrics", "no connection")
        if self.refused & set(entity_ids):
            raise VendorRefused("dynatrace", "metrics", "HTTP 400", 400)

    def _points(self, key: str, entity_id: str, from_ms: int, to_ms: int, resolution: str) -> Points:
        step = int(resolution.removesuffix("m")) * MINUTE_MS
        minutes = step // MINUTE_MS if "Count" in key else 1
        draw = self.draws[key, entity_id]
        values = ((at, draw(at + step // 2)) for at in range(from_ms - from_ms % step, to_ms, step))
        return [(at, None if value is None else value * minutes) for at, value in values]


class FakeProblems:
    def __init__(self) -> None:
        self.opened: list[dict[str, Any]] = []
        self.away = False

    async def open(self) -> list[dict[str, Any]]:
        if self.away:
            raise VendorUnavailable("dynatrace", "open_problems", "no connection")
        return self.opened

    def add(self, entity_id: str, display_id: str = "P-1") -> None:
        entity = {"entity_id": entity_id, "name": entity_id}
        self.opened.append(
            {"display_id": display_id, "affected": [entity], "impacted": [], "root_cause": None}
        )


class FakeMaintenance:
    def __init__(self) -> None:
        self.found: list[dict[str, Any]] = []

    async def windows(self) -> list[dict[str, Any]]:
        return self.found


class FakeEntities:
    """runs_on: by entity id."""

    def __init__(self) -> None:
        self.runs_on: dict[str, list[str]] = {}

    async def nodes(self, entity_ids: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {"entity_id": each, "runs_on": self.runs_on.get(each, []), "tags": ["env:prod"], "zones": []}
            for each in entity_ids
        ]


class FakeDynatrace:
    def __init__(self) -> None:
        self.metrics, self.problems = FakeMetrics(), FakeProblems()
        self.maintenance, self.entities = FakeMaintenance(), FakeEntities()

    def draw(self, entity_id: str = "SERVICE-1", **curves: Draw) -> None:
        """The golden signals of a service: latency, errors, throughput. What is not given is as ever."""
        usual = {"latency": daily(100_000), "errors": daily(0.3), "throughput": daily(600)}
        keys = {
            "latency": "builtin:service.response.time",
            "errors": "builtin:service.errors.total.rate",
            "throughput": "builtin:service.requestCount.total",
        }
        for name, curve in {**usual, **curves}.items():
            self.metrics.draws[keys[name], entity_id] = curve


class FakeChanges:
    def __init__(self) -> None:
        self.announced: list[dict[str, Any]] = []
        self.away = False
        self.asked = 0

    async def planned(self, cmdb_ci: str, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
        self.asked += 1
        if self.away:
            raise VendorUnavailable("servicenow", "planned_changes", "no connection")
        return [each for each in self.announced if each["start_ms"] <= to_ms and each["end_ms"] >= from_ms]


class FakeServiceNow:
    def __init__(self) -> None:
        self.changes = FakeChanges()
