"""A notice stands in the channel once, or we say that we do not know; and its address is told to nobody."""

import logging
import traceback

import pytest

from shared.clients.teams import TeamsClient, teams_client
from shared.errors import OutcomeUnknown, VendorError, VendorRefused, VendorUnavailable
from tests.fakes.teams import SECRET, URL, FakeTeams
from tests.fakes.vendor import (
    Fault,
    body_of,
    done_but_failed,
    dropped,
    lost_reply,
    no_connection,
    status,
    timed_out,
)

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Olá"}]}


@pytest.fixture
def fake() -> FakeTeams:
    return FakeTeams()


@pytest.fixture
def client(fake: FakeTeams) -> TeamsClient:
    return teams_client(URL, fake.transport)


async def test_a_card_is_posted_as_workflows_takes_it(fake: FakeTeams, client: TeamsClient) -> None:
    await client.post_card(CARD)
    assert fake.cards == [CARD]
    (request,) = fake.requests
    assert str(request.url) == URL.replace(":443", "")
    assert body_of(request) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": CARD,
            }
        ],
    }


async def test_a_card_names_only_who_acts_in_it(fake: FakeTeams, client: TeamsClient) -> None:
    texts = ["Ana Souza recusou: cliente Bruno Lima, CPF 529.982.247-25", "senha=Tr0c@r#1"]
    body = [{"type": "TextBlock", "text": text} for text in texts]
    url = "https://app.example/api/approvals/op-1?token=abcdefghijklmnop.12345"
    card = {**CARD, "body": body, "actions": [{"type": "Action.OpenUrl", "title": "Abrir", "url": url}]}

    await client.post_card({**card, "people": ["Ana Souza"]})

    (shown,) = fake.cards
    assert [each["text"] for each in shown["body"]] == [
        "Ana Souza recusou: cliente «NAME», CPF «CPF»",
        "senha=«SECRET»",
    ]
    assert shown["actions"][0]["url"] == url
    assert "people" not in shown


@pytest.mark.parametrize("fault", [no_connection, status(429, Retry_After="1"), status(503)])
async def test_what_was_certainly_not_posted_is_posted_again(
    fake: FakeTeams, client: TeamsClient, fault: Fault
) -> None:
    fake.fail("POST", "invoke", fault, fault)
    await client.post_card(CARD)
    assert fake.cards == [CARD]


@pytest.mark.parametrize(
    "fault", [dropped, lost_reply, timed_out, status(500), done_but_failed(502), done_but_failed(504)]
)
async def test_what_may_have_been_posted_is_not_posted_again(
    fake: FakeTeams, client: TeamsClient, fault: Fault
) -> None:
    fake.fail("POST", "invoke", fault)
    with pytest.raises(OutcomeUnknown):
        await client.post_card(CARD)
    assert len(fake.requests) == 1


async def test_a_channel_that_stays_away_is_unavailable(fake: FakeTeams, client: TeamsClient) -> None:
    fake.fail("POST", "invoke", *[status(503)] * 9)
    with pytest.raises(VendorUnavailable) as unavailable:
        await client.post_card(CARD)
    assert type(unavailable.value) is VendorUnavailable


async def test_a_refused_card_is_not_posted_again(fake: FakeTeams, client: TeamsClient) -> None:
    fake.fail("POST", "invoke", status(400, {"error": {"message": "bad card"}}))
    with pytest.raises(VendorRefused, match="bad card"):
        await client.post_card(CARD)
    assert len(fake.requests) == 1


async def test_the_address_is_in_no_error_and_no_log(
    fake: FakeTeams, client: TeamsClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await client.post_card(CARD)
    told = []
    echo = {"error": {"message": f"the workflow at {URL} with {SECRET} is off"}}
    for faults in ([dropped], [timed_out], [status(500)], [status(404, echo)], [no_connection] * 4):
        fake.fail("POST", "invoke", *faults)
        try:
            await client.post_card(CARD)
        except VendorError as error:
            told.append("".join(traceback.format_exception(error)))
    assert len(told) == 5
    for text in (*told, caplog.text):
        assert SECRET not in text
        assert "logic.test" not in text
