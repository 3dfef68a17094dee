"""The boards of a project in memory: work items by JSON Patch, found by tag."""

import re
from typing import Any

import httpx

from tests.fakes.vendor import answer, body_of


class BoardsRoom:
    """items by id. types: that the project's process knows."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.types = {"Task", "Bug", "Issue"}
        self.items: dict[int, dict[str, Any]] = {}

    def respond(self, request: httpx.Request, path: str) -> httpx.Response | None:
        if found := re.fullmatch(r"wit/workitems/\$(.+)", path):
            return self._create(request, found[1])
        if path == "wit/wiql":
            return self._query(body_of(request)["query"])
        return None

    def add(self, kind: str, tags: str, title: str = "theirs") -> int:
        """Make a work item as anybody could -> its id."""
        work_item_id = len(self.items) + 1
        fields = {"System.Title": title, "System.Tags": tags, "System.WorkItemType": kind}
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
