"""Activities that make what people approved after an incident: alerts in Dynatrace, work items in Azure Boards.

Each reads what it makes from the approved action alone, and makes it once per key.
"""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df

from orchestrations.outcome import Value, answers_outcome
from shared.domain.approvals import action_hash
from shared.errors import VendorRefused
from shared.services import services
from shared.texts import say

bp = df.Blueprint()

_KEY = "valueflow-"


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_alert(payload: dict) -> Value:  # type: ignore[type-arg]
    """The metric event of this item; one that is there stays as it is: people may have changed it.

    payload: {"action", "action_hash", "item": its key}. Value: {"object_id", "result"}.
    """
    item = _item(payload, "create_alert")
    alert = item["alert"]
    made = await services().dynatrace.settings.ensure(
        alert["schema_id"], alert["value"], f"{_KEY}{item['key']}"
    )
    return {"object_id": made["object_id"], "result": "created"}


@bp.activity_trigger(input_name="payload")
@answers_outcome
async def create_work_item(payload: dict) -> Value:  # type: ignore[type-arg]
    """The work item of this item.

    payload: {"action", "action_hash", "item": its key, "language"}. Value: {"work_item_id", "url", "result"}.
    """
    item, action = _item(payload, "create_work_item"), payload["action"]
    links = {"postmortem": action["postmortem_url"], "incident": action["incident_url"]}
    made = await services().azure_devops.boards.ensure(
        item["work_item"]["project"],
        item["key"],
        {
            "type": item["work_item"]["type"],
            "title": item["title"],
            "description": [item["work_item"]["why"], *action["about"]],
            "links": [(say(payload["language"], f"link.{name}"), url) for name, url in links.items() if url],
        },
    )
    return {"work_item_id": made["work_item_id"], "url": made["url"], "result": made["outcome"]}


def _item(payload: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The item of the approved action. Raises: VendorRefused, where it is not the one that was approved."""
    if action_hash(payload["action"]) != payload["action_hash"]:
        raise VendorRefused("valueflow", operation, "the action is not the one that was approved")
    found = [one for one in payload["action"]["items"] if one["key"] == payload["item"]]
    if not found:
        raise VendorRefused("valueflow", operation, "the approved action has no such item")
    item: dict[str, Any] = found[0]
    return item
