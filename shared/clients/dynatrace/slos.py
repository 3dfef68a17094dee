"""Service-level objectives: found by name, made once per key, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from shared.clients.absence import unless_absent, was_there
from shared.clients.dynatrace.api import VENDOR, Api
from shared.clients.http import SETTLE_S, Params, nothing, segment
from shared.clients.idempotency import find_or_create, marker, retrying
from shared.errors import OutcomeUnknown

_PATH = "/api/v2/slo"


class Slo(TypedDict):
    """An objective. description: ends with our marker where it is ours."""

    slo_id: str
    name: str
    description: str


class EvaluatedSlo(TypedDict):
    """An objective as it stands. value, target, warning: percent; value None where Dynatrace has none.

    status: SUCCESS, WARNING, FAILURE. error_budget: percent that is left, None with the value.
    """

    slo_id: str
    name: str
    status: str
    value: float | None
    target: float
    warning: float
    error_budget: float | None
    timeframe: str


class EnsuredSlo(TypedDict):
    """ours: it bears the key we were given. Else it is somebody's who used the name before us: leave it alone."""

    slo_id: str
    ours: bool


class Slos:
    """`client.slos`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def find(self, name: str) -> Slo | None:
        """The objective of exactly this name, enabled or not; None when there is none."""
        found = await retrying(lambda: self._named("find_slo", name))
        return found[0] if found else None

    async def evaluated(self, slo_id: str) -> EvaluatedSlo | None:
        """The objective as it stands now, over its own time frame; None where there is none of this id."""
        path = f"{_PATH}/{segment(slo_id)}"
        return await unless_absent(
            retrying(lambda: self._api.call("evaluate_slo", "GET", path, parse=_evaluated))
        )

    async def ensure(self, definition: Mapping[str, Any], key: str) -> EnsuredSlo:
        """Have an objective of the definition's name; what is found stays as it is.

        definition: the body of POST /api/v2/slo. Its description is kept, with the key's marker below.
        """
        operation, mark, name = "ensure_slo", marker(key), str(definition["name"])
        body = {**definition, "description": f"{definition.get('description', '')}\n{mark}".lstrip()}

        async def look() -> EnsuredSlo | None:
            found = await self._named(operation, name)
            ours = [one for one in found if one["description"].endswith(mark)]
            return {"slo_id": (ours or found)[0]["slo_id"], "ours": bool(ours)} if found else None

        async def write() -> EnsuredSlo:
            await self._api.call(operation, "POST", _PATH, json=body, parse=nothing)
            made = await look()
            if made is None:
                raise OutcomeUnknown(VENDOR, operation, "created, but not listed yet", SETTLE_S)
            return made

        return (await find_or_create(look, write))[0]

    async def delete(self, slo_id: str) -> bool:
        """Delete the objective. False: it is not there, or no longer, should an earlier answer have been lost."""
        path = f"{_PATH}/{segment(slo_id)}"
        return await was_there(
            retrying(lambda: self._api.call("delete_slo", "DELETE", path, parse=nothing, writes=False))
        )

    async def _named(self, operation: str, name: str) -> list[Slo]:
        """Disabled ones, too: a name is taken by them as well."""
        params: Params = {
            "sloSelector": f'name("{_escaped(name)}")',
            "enabledSlos": "all",
            "pageSize": 100,
        }
        found = await self._api.pages(operation, _PATH, "slo", params)
        return [_slo(body) for body in found if body.get("name") == name]


def _escaped(text: str) -> str:
    return text.replace("~", "~~").replace('"', '~"')


def _slo(body: Mapping[str, Any]) -> Slo:
    return {"slo_id": body["id"], "name": body["name"], "description": body.get("description") or ""}


def _evaluated(body: Mapping[str, Any]) -> EvaluatedSlo:
    """Dynatrace writes -1, or an error, where it could not evaluate."""
    value = float(body["evaluatedPercentage"])
    known = value >= 0 and body.get("error", "NONE") == "NONE" and bool(body.get("enabled", True))
    budget = body.get("errorBudget")
    return {
        "slo_id": body["id"],
        "name": body["name"],
        "status": str(body["status"]),
        "value": value if known else None,
        "target": float(body["target"]),
        "warning": float(body["warning"]),
        "error_budget": float(budget) if known and budget is not None else None,
        "timeframe": str(body.get("timeframe") or ""),
    }
