"""Approvals on the whole platform: by whom, by how many, of what exactly, and until when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sandbox.demo.browser import Browser, Page
from sandbox.demo.stage import Operation, Stage, operation_of
from shared.domain.action.editing import key_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS = {"APPROVAL_TIMEOUT_MINUTES": "0.5"}


async def asked(stage: Stage, problem_id: str, *, not_hash: str = "") -> Operation:
    """The operation, once it asks for an action other than the one of this hash."""

    def asks(operation: Operation | None) -> bool:
        approval = (operation or {}).get("approval") or {}
        return approval.get("state") == "waiting" and approval["action_hash"] != not_hash

    name = operation_of(problem_id)
    found = await stage.until(f"{name} asks", lambda: stage.operation(name), asks)
    assert found is not None
    return found


async def decide(
    stage: Stage, operation: Operation, person: str, decision: str = "approve", **more: Any
) -> int:
    """As this person, with a token of theirs; what the app answers."""
    made = await stage.world.control("entra", "POST", "tokens", {"person": person})
    url = f"{stage.world.document['app']['url']}/api/approvals/{operation['id']}"
    body = {"decision": decision, "action_hash": operation["approval"]["action_hash"], **more}
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    return (await stage.world.http.post(url, json=body, headers=headers)).status_code


@asynccontextmanager
async def tier_1(stage: Stage) -> AsyncIterator[None]:
    """The service is of tier 1 for a while, where going back needs two people."""
    url = f"{stage.world.document['app']['url']}/api/services/{stage.world.demo['service']}"
    headers = {"Authorization": f"Bearer {await stage.world.token()}"}
    before = (await stage.world.http.get(url, headers=headers)).raise_for_status().json()
    kept = {name: value for name, value in before.items() if name not in ("name", "updated_at", "etag")}
    (await stage.world.http.put(url, json={**kept, "tier": 1}, headers=headers)).raise_for_status()
    try:
        yield
    finally:
        (await stage.world.http.put(url, json=kept, headers=headers)).raise_for_status()


async def page_of(browser: Browser, stage: Stage, operation_id: str, person: str) -> Page:
    """The approval's page, opened from its newest card by somebody who signs in."""

    async def link() -> str:
        told = [action["url"] for card in await stage.cards() for action in card["card"].get("actions", [])]
        return next((url for url in reversed(told) if f"/api/approvals/{operation_id}" in url), "")

    page = await browser.open(await stage.until("a card with the link", link, bool))
    if page.status == 401:
        page = await browser.press(await browser.follow(page, "/.auth/login/aad"), "person", person)
    return page


async def test_two_people_at_once_allow_what_needs_two_and_it_is_done_once(stage: Stage) -> None:
    async with tier_1(stage):
        operation = await asked(stage, await stage.open_problem("Needs two"))
        alone = await decide(stage, operation, "ana"), await decide(stage, operation, "ana")
        answers = await asyncio.gather(*(decide(stage, operation, who) for who in ("carla", "carla", "ana")))
        ended = await stage.ended(operation["id"])

    assert alone == (202, 202)
    assert set(answers) <= {202, 409}
    assert ended["approval"]["approvers_needed"] == len(set(ended["approval"]["approved_by"])) == 2
    assert (ended["outcome"], len(await stage.runs(ended["id"]))) == ("resolved", 1)


async def test_who_may_not_decide_and_what_was_not_seen_changes_nothing(stage: Stage) -> None:
    operation = await asked(stage, await stage.open_problem("Not by everybody"))

    answers = [await decide(stage, operation, who) for who in ("bruno", "davi")]
    unseen = await decide(stage, operation, "ana", action_hash="0" * 64)
    after = await stage.operation(operation["id"])

    assert (answers, unseen) == ([403, 403], 409)
    assert after is not None
    assert (after["approval"]["state"], after["approval"]["approved_by"]) == ("waiting", [])
    assert await decide(stage, operation, "carla", "refuse") == 202
    assert (await stage.ended(operation["id"]))["outcome"] == "refused"


@pytest.mark.long
async def test_what_nobody_decides_in_time_is_refused_and_the_channel_hears_of_it(stage: Stage) -> None:
    operation = await asked(stage, await stage.open_problem("Nobody is there"))

    ended = await stage.ended(operation["id"])

    assert (ended["outcome"], ended["approval"]["state"]) == ("expired", "expired")
    assert await decide(stage, operation, "ana") == 409
    assert await stage.runs(operation["id"]) == []
    said = [card["card"]["body"][0]["text"] for card in await stage.cards()]
    action = ended["case"]["action_text"]
    told = [text for text in said if text.endswith(action[-40:])]
    assert len(told) >= 3, "a reminder, an escalation, and that it expired"


async def test_another_action_than_proposed_is_chosen_on_the_page_and_allowed_by_another_person(
    stage: Stage,
) -> None:
    problem_id = await stage.open_problem("Rather restart")
    operation = await asked(stage, problem_id)
    restart = next(one for one in operation["approval"]["options"] if one["type"] == "restart")

    async with Browser("en") as ana:
        page = await page_of(ana, stage, operation["id"], "ana")
        sent = await ana.press(page, "decision", "edit", option=key_of(restart))
        assert (sent.status, "is being checked" in sent.text) == (202, True)
        edited = await asked(stage, problem_id, not_hash=operation["approval"]["action_hash"])
        own = await page_of(ana, stage, operation["id"], "ana")
        assert "somebody else must approve it" in own.text

    assert (edited["approval"]["action"]["type"], edited["approval"]["edited_by"]) == ("restart", "Ana Souza")
    assert await decide(stage, edited, "ana") == 409
    assert await decide(stage, operation, "carla") == 409
    assert await stage.runs(operation["id"]) == []
    assert await decide(stage, edited, "carla") == 202
    runs = await stage.until("the restart runs", lambda: stage.runs(operation["id"]), len)
    assert {run["template_parameters"].get("action") for run in runs} <= {"stop", "start", "restart"}
    await stage.world.control("dynatrace", "POST", f"problems/{problem_id}/resolve", {})
    await stage.ended(operation["id"])
