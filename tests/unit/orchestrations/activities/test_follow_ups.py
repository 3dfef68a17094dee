"""The activities that make what was approved: each thing once, whatever happens to answers, and nothing else."""

import copy
import time
from typing import Any

import pytest

from orchestrations.activities.follow_ups import create_alert, create_work_item
from orchestrations.activities.teams import post_card
from shared.domain.approvals import action_hash
from shared.domain.incident.follow_ups import suggest
from shared.domain.incident.preventive_alerts import METRIC_EVENTS
from tests.fakes.follow_ups import INCIDENT, POSTMORTEM, STORY
from tests.fakes.vendor import Fault, done_but_failed, lost_reply, malformed, timed_out
from tests.fakes.vendors import Vendors, act, value

LOST = (lost_reply, timed_out, malformed, done_but_failed(500))


def approved(project: str = "Payments") -> dict[str, Any]:
    plan: dict[str, Any] = copy.deepcopy(dict(suggest("en", STORY)))
    for item in plan["items"]:
        if item["kind"] == "work_item":
            item["work_item"]["project"] = project
    action = {
        "type": "create_follow_ups",
        "incident": INCIDENT["number"],
        "incident_url": INCIDENT["url"],
        "postmortem_url": POSTMORTEM,
        **plan,
    }
    return {"action": action, "action_hash": action_hash(action), "language": "en"}


def asked(number: int) -> dict[str, Any]:
    bound = approved()
    return {**bound, "item": bound["action"]["items"][number]["key"]}


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_an_alert_is_made_once(vendors: Vendors, fault: Fault | None) -> None:
    if fault:
        vendors.dynatrace.fail("POST", "/settings", fault)

    first, again = [await value(create_alert, asked(0)) for _ in range(2)]

    assert first == again
    (made,) = vendors.dynatrace.settings.values()
    assert made["schemaId"] == METRIC_EVENTS
    assert made["externalId"] == f"valueflow-{asked(0)['item']}"
    assert made["value"] == approved()["action"]["items"][0]["alert"]["value"]


async def test_an_alert_that_people_changed_stays_as_they_want_it(vendors: Vendors) -> None:
    key = f"valueflow-{asked(0)['item']}"
    theirs = vendors.dynatrace.add_setting(METRIC_EVENTS, {"enabled": False, "summary": "quiet"}, key)

    await value(create_alert, asked(0))

    assert vendors.dynatrace.settings[theirs]["value"] == {"enabled": False, "summary": "quiet"}


@pytest.mark.parametrize("fault", [None, *LOST])
async def test_a_work_item_is_made_once_and_leads_back(vendors: Vendors, fault: Fault | None) -> None:
    if fault:
        vendors.devops.fail("POST", "workitems", fault)

    first, again = [await value(create_work_item, asked(1)) for _ in range(2)]

    assert first["url"] == again["url"]
    assert again["result"] == "adopted"
    (made,) = vendors.devops.boards.items.values()
    fields = made["fields"]
    assert fields["System.Title"] == "Write a test that would have caught: Deployment 102 broke it."
    assert "<p>E1: deployed 102</p>" in fields["System.Description"]
    assert [one["url"] for one in made["relations"]] == [POSTMORTEM, INCIDENT["url"]]


@pytest.mark.parametrize("activity", [create_alert, create_work_item])
@pytest.mark.parametrize("changed", ["action", "item"])
async def test_nothing_is_made_that_was_not_approved(vendors: Vendors, activity: Any, changed: str) -> None:
    payload = asked(0)
    if changed == "action":
        payload["action"]["items"][0]["title"] = "another"
    else:
        payload["item"] = "somebody-else-s"

    outcome = await act(activity, payload)

    assert outcome["status"] == "refused"
    assert vendors.dynatrace.settings == {}
    assert vendors.devops.boards.items == {}


@pytest.mark.parametrize(("told", "days"), [({"valid_for_s": 5 * 86_400.0}, 5.0), ({}, 1 / 24)])
async def test_the_signed_link_of_a_card_lasts_as_long_as_it_is_told(
    vendors: Vendors, told: dict[str, Any], days: float
) -> None:
    url = "https://app.example/api/approvals/follow-up-1"
    card = {"type": "AdaptiveCard", "version": "1.5", "body": [], "actions": [_button(url)]}

    await value(post_card, {"card": card, "sign_for": "follow-up-1", **told})

    (posted,) = vendors.teams.cards
    expires_at_s = int(posted["actions"][0]["url"].partition("token=")[2].partition(".")[0])
    assert abs(expires_at_s - time.time() - days * 86_400) < 60


def _button(url: str) -> dict[str, str]:
    return {"type": "Action.OpenUrl", "title": "See", "url": url}
