"""The Workflows webhook: who may post, how often, how much, and what."""

from typing import Any

import httpx
import pytest

from sandbox.vendors.teams.cards import MAX_BYTES
from tests.unit.sandbox.vendors.rig import Rig

HOOK = "/workflows/ops/triggers/manual/paths/invoke"


def card(text: str = "Olá") -> dict[str, Any]:
    return {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": text}]}


def message(content: object) -> dict[str, Any]:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    return {"type": "message", "attachments": [attachment]}


async def post(rig: Rig, body: object, path: str = HOOK, **params: str) -> httpx.Response:
    query = {"api-version": "1", "sig": rig.credentials["teams"]["path_secret"], **params}
    query = {name: value for name, value in query.items() if value}
    return await rig.http.post(rig.urls["teams"] + path, params=query, json=body)


async def test_a_card_is_accepted_and_kept_in_its_channel_in_order(rig: Rig) -> None:
    answers = [await post(rig, message(card(text))) for text in ("first", "second")]

    assert [answer.status_code for answer in answers] == [202, 202]
    kept = (await rig.control("teams", "GET", "/state"))["card"]
    assert [one["card"]["body"][0]["text"] for one in kept] == ["first", "second"]
    assert {one["workflow_id"] for one in kept} == {"ops"}


async def test_the_newer_form_of_the_address_works_too(rig: Rig) -> None:
    answer = await post(rig, message(card()), f"/powerautomate/automations/direct{HOOK}")

    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("change", "status"), [({"sig": ""}, 401), ({"sig": "x"}, 401), ({"api-version": ""}, 400)]
)
async def test_without_the_right_signature_nothing_is_posted(
    rig: Rig, change: dict[str, str], status: int
) -> None:
    answer = await post(rig, message(card()), HOOK, **change)

    assert answer.status_code == status
    assert answer.json()["error"]["code"]
    assert (await rig.control("teams", "GET", "/state"))["card"] == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"text": "hello"}, "type"),
        ({"type": "message", "attachments": []}, "attachments"),
        ({"type": "message", "attachments": [{"contentType": "text/plain", "content": "x"}]}, "contentType"),
        (message(None), "content"),
        (message(card() | {"version": "1.6"}), "content/version"),
        (message(card() | {"body": [{"type": "Marquee"}]}), "content/body/0"),
        (message(card() | {"body": [{"type": "TextBlock"}]}), "'text' is a required property"),
    ],
)
async def test_what_is_no_card_is_refused_and_the_place_named(rig: Rig, body: object, place: str) -> None:
    answer = await post(rig, body)

    assert answer.status_code == 400
    assert place in answer.json()["error"]["message"]


async def test_a_body_that_is_not_json_is_refused(rig: Rig) -> None:
    params = {"api-version": "1", "sig": rig.credentials["teams"]["path_secret"]}

    answer = await rig.http.post(rig.urls["teams"] + HOOK, params=params, content=b"{")

    assert answer.status_code == 400


async def test_a_message_over_28_kb_is_refused(rig: Rig) -> None:
    empty = len(httpx.Request("POST", "http://x", json=message(card(""))).content)

    largest = await post(rig, message(card("x" * (MAX_BYTES - empty))))
    larger = await post(rig, message(card("x" * (MAX_BYTES - empty + 1))))

    assert (largest.status_code, larger.status_code) == (202, 413)


async def test_the_fifth_request_within_a_second_is_429(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("sandbox.vendors.teams.vendor.time.monotonic", lambda: now)

    answers = [await post(rig, message(card())) for _ in range(5)]
    now += 1.0
    later = await post(rig, message(card()))

    assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert later.status_code == 202


async def test_the_limit_can_be_raised(rig: Rig) -> None:
    await rig.control("teams", "PUT", "/config", {"requests_per_second": 1000})

    assert {(await post(rig, message(card()))).status_code for _ in range(10)} == {202}
