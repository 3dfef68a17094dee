"""GET /api/v2/logs/search: log records of entities, made from what they keep writing.

What is kept is a source: {"entity_id", "status", "template", "from_ms", "to_ms" or null, "per_minute", "story"?}. Its
records stand evenly in time, so that the same question has the same answer; `{n}` in a template is the record's number.
"""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from sandbox.vendors.clock import MINUTE_MS, now_ms
from sandbox.vendors.control import wrong
from sandbox.vendors.dynatrace.answers import violated
from sandbox.vendors.dynatrace.log_query import Test, parse
from sandbox.vendors.dynatrace.timeframe import window
from sandbox.vendors.framework import Operation, object_body, reply
from sandbox.vendors.store import Collection

type Source = dict[str, Any]

PARAMETERS = frozenset({"from", "to", "limit", "query", "sort", "nextSliceKey"})
STATUSES = ("ERROR", "INFO", "NONE", "WARN")
_MOST = 1000
_MOST_OF_SOURCE = 5000


class Logs:
    """The logs of the environment."""

    def __init__(self, kept: Collection) -> None:
        self._kept = kept

    def operations(self) -> Sequence[Operation]:
        return [Operation("search_logs", "GET", "/api/v2/logs/search", self._search)]

    def controls(self) -> Sequence[Operation]:
        return [Operation("add_logs", "POST", "/logs", self._add)]

    def write(
        self,
        entity_id: str,
        status: str,
        template: str,
        per_minute: float,
        from_ms: int,
        to_ms: int | None = None,
        story: str = "",
    ) -> Source:
        """The entity writes this from now on. story: the entity whose healing ends it."""
        source = {
            "entity_id": entity_id,
            "status": status,
            "template": template,
            "per_minute": per_minute,
            "from_ms": from_ms,
            "to_ms": to_ms,
            "story": story,
        }
        return self._kept.put(secrets.token_hex(8), source)

    def heal(self, entity_id: str, at_ms: int) -> None:
        """What the entity's story has written ends; other sources go on."""
        for key, source in list(self._kept.documents.items()):
            if source["story"] == entity_id and source["to_ms"] is None:
                self._kept.put(key, {**source, "to_ms": at_ms})

    async def _search(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if unknown := query.keys() - PARAMETERS:
            raise violated(min(unknown), "unknown query parameter")
        if "nextSliceKey" in query:
            query = _continued(query["nextSliceKey"])
        start, end = window(query, now_ms(), "now-2w")
        sort, limit = query.get("sort", "-timestamp"), query.get("limit", str(_MOST))
        if sort.lstrip("+-") != "timestamp":
            raise violated("sort", "can only be timestamp")
        if not limit.isdecimal() or not 1 <= int(limit) <= _MOST:
            raise violated("limit", f"must be between 1 and {_MOST}")
        wanted = parse(query.get("query", ""))
        found = [record for source in self._kept.all() for record in _records(source, start, end, wanted)]
        found.sort(key=lambda record: record["timestamp"], reverse=sort.startswith("-"))
        skip = int(query.get("_offset", "0"))
        slice_ = found[skip : skip + int(limit)]
        answer: dict[str, Any] = {"results": slice_, "sliceSize": len(slice_)}
        if len(found) > skip + int(limit):
            following = {**query, "from": str(start), "to": str(end), "_offset": str(skip + int(limit))}
            answer["nextSliceKey"] = base64.urlsafe_b64encode(json.dumps(following).encode()).decode()
        return reply(answer)

    async def _add(self, request: web.Request) -> web.Response:
        """{"entity_id", "template", "status"?: "ERROR", "per_minute"?: 1, "from_ms"?, "to_ms"?} -> the source."""
        body = await object_body(request, wrong)
        status, rate = body.get("status", "ERROR"), body.get("per_minute", 1)
        if not body.get("entity_id") or not body.get("template") or status not in STATUSES:
            raise wrong(f"entity_id, template and a status of {', '.join(STATUSES)} are needed")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate <= 1000:
            raise wrong("per_minute must be a number above 0, at most 1000")
        made = self.write(
            str(body["entity_id"]),
            status,
            str(body["template"]),
            rate,
            body.get("from_ms", now_ms()),
            body.get("to_ms"),
        )
        return reply(made, HTTPStatus.CREATED)


def _records(source: Source, start: int, end: int, wanted: Test) -> Iterator[dict[str, Any]]:
    """The source's records within the timeframe that meet the query, at most its newest _MOST_OF_SOURCE."""
    attribute = f"dt.entity.{source['entity_id'].rpartition('-')[0].lower()}"
    fields = {"status": source["status"], "loglevel": source["status"], attribute: source["entity_id"]}
    if not wanted({**fields, "content": source["template"]}):
        return
    step = MINUTE_MS / source["per_minute"]
    since = source["from_ms"]
    until = min(end, now_ms(), source["to_ms"] if source["to_ms"] is not None else end)
    last = int((until - since) // step)
    first = max(0, -int(-(start - since) // step), last - _MOST_OF_SOURCE)
    for number in range(first, last + 1):
        columns = {attribute: [source["entity_id"]], "loglevel": [source["status"]]}
        yield {
            "timestamp": since + round(number * step),
            "eventType": "LOG",
            "status": source["status"],
            "content": source["template"].replace("{n}", str(1000 + number)),
            "additionalColumns": columns,
        }


def _continued(key: str) -> dict[str, str]:
    try:
        kept: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(key))
    except ValueError:
        raise violated("nextSliceKey", "the slice key is invalid") from None
    return {str(name): str(value) for name, value in kept.items()}
