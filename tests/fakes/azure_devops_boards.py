"""The boards of a project in memory: work items by JSON Patch, found by tag or by what changed since."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.fakes.vendor import answer, body_of


class BoardsRoom:
    """items by id. types: that the project's process knows. now: the organisation's clock, moved by tests alone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.types = {"Task", "Bug", "Issue"}
        self.items: dict[int, dict[str, Any]] = {}
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def respond(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if found := re.fullmatch(r"wit/workitems/\$(.+)", path):
            return self._create(request, found[1])
        if path == "wit/wiql":
            asked = body_of(request)["query"]
            most = int(request.url.params.get("$top", "20000"))
            return self._changed(asked, most) if "ChangedDate" in asked else self._query(asked)
        if path == "wit/workitemsbatch":
            return self._read(body_of(request))
        if path == "wit/workitemtypes":
            states = [{"name": "Odd", "color": "b2b2b2", "category": "Completed"}]
            return answer({"count": 1, "value": [{"name": kind, "states": states} for kind in self.types]})
        return None

    def change(self, work_item_id: int, seconds: float = 1, **fields: Any) -> None:
        """Somebody writes `System.<name>` fields, so many seconds after what happened before."""
        self.now += timedelta(seconds=seconds)
        item = self.items[work_item_id]
        item["rev"] += 1
        item["fields"] |= {f"System.{name}": value for name, value in fields.items()}
        item["fields"]["System.ChangedDate"] = _written(self.now)

    def add(self, kind: str, tags: str, title: str = "theirs") -> int:
        """Make a work item as anybody could -> its id."""
        work_item_id = len(self.items) + 1
        fields = {
            "System.Title": title,
            "System.Tags": tags,
            "System.WorkItemType": kind,
            "System.State": "New",
            "System.TeamProject": self.url.rpartition("/")[2],
            "System.AreaPath": self.url.rpartition("/")[2],
            "System.CreatedDate": _written(self.now),
            "System.ChangedDate": _written(self.now),
        }
        self.items[work_item_id] = {"id": work_item_id, "rev": 1, "fields": fields, "relations": []}
        return work_item_id

    def _create(self, request: httpx.Request, kind: str) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/json-patch+json"
        if kind not in self.types:
            return answer({"message": f"VS402323: Work item type {kind} does not exist in project."}, 404)
        made = self.items[self.add(kind, "")]
        for change in body_of(request):
            assert change["op"] == "add"
            if change["path"] == "/relations/-":
                made["relations"].append(change["value"])
            else:
                made["fields"][change["path"].removeprefix("/fields/")] = change["value"]
        return answer({**made, "url": f"{self.url}/_apis/wit/workItems/{made['id']}"})

    def _query(self, query: str) -> httpx.Response:
        found = re.search(r"\[System\.Tags\] CONTAINS '([^']+)'", query)
        assert found
        items = [
            {"id": one["id"], "url": f"{self.url}/_apis/wit/workItems/{one['id']}"}
            for one in self.items.values()
            if found[1] in [tag.strip() for tag in one["fields"]["System.Tags"].split(";")]
        ]
        return answer({"queryType": "flat", "queryResultType": "workItem", "workItems": items})

    def _changed(self, query: str, most: int) -> httpx.Response:
        since, after = re.findall(r"> '([^']+)' OR \[System\.Id\] > (\d+)\)", query)[0]
        mark = (datetime.fromisoformat(since), int(after))
        found = sorted((_changed_at(one), number) for number, one in self.items.items())
        ids = [{"id": number} for at, number in found if (at, number) > mark]
        return answer({"queryType": "flat", "asOf": _written(self.now), "workItems": ids[:most]})

    def _read(self, asked: dict[str, Any]) -> httpx.Response:
        if len(asked["ids"]) > 200:
            return answer({"message": "VS403474: You can only request up to 200 work items."}, 400)
        read = [self.items.get(number) for number in asked["ids"]]
        shown = [
            one and {**one, "fields": {name: one["fields"].get(name) for name in asked["fields"]}}
            for one in read
        ]
        return answer({"count": len(shown), "value": shown})


def _changed_at(item: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(item["fields"]["System.ChangedDate"])


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
