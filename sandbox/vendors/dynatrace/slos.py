"""Service-level objectives: CRUD at /api/v2/slo, listed by selector, evaluated when asked to.

An evaluation says how much of the time frame the entities were well, by the same windows that the metrics show.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from aiohttp import web

from sandbox.vendors.clock import now_ms
from sandbox.vendors.dynatrace.answers import listing_query, page, refuse, unreadable, violated
from sandbox.vendors.dynatrace.entities import Entities
from sandbox.vendors.dynatrace.objectives import check, evaluated
from sandbox.vendors.dynatrace.selectors import Test, conditions, fits
from sandbox.vendors.dynatrace.windows import Windows
from sandbox.vendors.framework import Operation, note, object_body, reply
from sandbox.vendors.store import Collection

type Slo = dict[str, Any]

_PATH = "/api/v2/slo"
_LIST_PARAMETERS = frozenset(
    {
        *("sloSelector", "sort", "pageSize", "from", "to", "timeFrame"),
        *("demo", "evaluate", "enabledSlos", "showGlobalSlos"),
    }
)
_DEFAULT_PAGE, _LARGEST_PAGE, _LARGEST_EVALUATED_PAGE = 10, 10_000, 25


class Slos:
    """The objectives of the environment."""

    def __init__(self, kept: Collection, entities: Entities, windows: Windows) -> None:
        self._kept, self._entities, self._windows = kept, entities, windows

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("list_slos", "GET", _PATH, self._list),
            Operation("create_slo", "POST", _PATH, self._create),
            Operation("get_slo", "GET", f"{_PATH}/{{id}}", self._get),
            Operation("update_slo", "PUT", f"{_PATH}/{{id}}", self._update),
            Operation("delete_slo", "DELETE", f"{_PATH}/{{id}}", self._delete),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        query = listing_query(request, _LIST_PARAMETERS)
        evaluate = query.get("evaluate", "false") == "true"
        wanted = conditions(query.get("sloSelector", ""), "sloSelector", _TESTS)
        enabled = query.get("enabledSlos", "true")
        if enabled not in ("true", "false", "all"):
            raise violated("enabledSlos", "must be one of true, false, all")
        found = [
            slo
            for slo in self._kept.all()
            if fits(slo, wanted, _TESTS) and (enabled == "all" or slo["enabled"] == (enabled == "true"))
        ]
        found.sort(key=lambda slo: str(slo["name"]), reverse=query.get("sort", "name") == "-name")
        largest = _LARGEST_EVALUATED_PAGE if evaluate else _LARGEST_PAGE
        listed = page(query, found, "slo", _DEFAULT_PAGE, largest)
        return reply({**listed, "slo": [self._shown(slo, evaluate) for slo in listed["slo"]]})

    async def _get(self, request: web.Request) -> web.Response:
        return reply(self._shown(self._find(request), evaluate=True))

    async def _create(self, request: web.Request) -> web.Response:
        body = await object_body(request, unreadable)
        slo_id = str(uuid4())
        note(request, name=body.get("name"), slo_id=slo_id)
        self._put(slo_id, body)
        return web.Response(status=HTTPStatus.CREATED, headers={"Location": f"{_PATH}/{slo_id}"})

    async def _update(self, request: web.Request) -> web.Response:
        self._put(self._find(request)["id"], await object_body(request, unreadable))
        return web.Response(status=HTTPStatus.OK)

    async def _delete(self, request: web.Request) -> web.Response:
        self._kept.delete(self._find(request)["id"])
        return web.Response(status=HTTPStatus.NO_CONTENT)

    def _put(self, slo_id: str, body: Mapping[str, Any]) -> None:
        slo = check(body)
        slo["metricName"] = body.get("metricName") or re.sub(r"\W+", "_", slo["name"].casefold())
        others = [each for each in self._kept.all() if each["id"] != slo_id]
        for name in ("name", "metricName"):
            if any(each[name] == slo[name] for each in others):
                raise violated(name, "must be unique: another SLO has it", "PAYLOAD_BODY")
        self._kept.put(slo_id, {"id": slo_id, **slo})

    def _find(self, request: web.Request) -> Slo:
        slo_id = request.match_info["id"]
        note(request, slo_id=slo_id)
        if found := self._kept.get(slo_id):
            return found
        raise refuse(HTTPStatus.NOT_FOUND, "The SLO with the given id does not exist")

    def _shown(self, slo: Slo, evaluate: bool) -> Slo:
        outcome = evaluated(slo, self._entities, self._windows, now_ms()) if evaluate else None
        shown = {name: value for name, value in slo.items() if name != "metricName"}
        key = slo["metricName"]
        return {
            **shown,
            **(
                outcome
                or {"evaluatedPercentage": -1.0, "errorBudget": -1.0, "status": "SUCCESS", "error": "NONE"}
            ),
            "metricKey": f"func:slo.{key}",
            "errorBudgetMetricKey": f"func:slo.errorBudget.{key}",
            "burnRateMetricKey": f"func:slo.errorBudgetBurnRate.{key}",
            "normalizedErrorBudgetMetricKey": f"func:slo.normalizedErrorBudget.{key}",
            "relatedOpenProblems": 0,
            "relatedTotalProblems": 0,
        }


_TESTS: dict[str, Test] = {
    "id": lambda slo, values: slo["id"] in values,
    "name": lambda slo, values: slo["name"] in values,
    "text": lambda slo, values: any(
        value.casefold() in f"{slo['name']}\n{slo['description']}".casefold() for value in values
    ),
}
