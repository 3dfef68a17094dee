"""Who may do what: shared access signatures, and what they open."""

from typing import Any

import pytest

from sandbox.servicebus.amqp.frames import ATTACH, DETACH
from sandbox.servicebus.broker.errors import Refused
from sandbox.servicebus.protocol.tokens import check_signature
from tests.unit.sandbox.servicebus.fakes import KEY, KEY_NAME, START_MS, WireClient, token

NOW_S = START_MS / 1000
EXPIRY_S = START_MS // 1000 + 3600


def test_a_good_signature_says_for_what_and_until_when() -> None:
    good = token("sb://localhost/a b&c")
    assert check_signature(good, {KEY_NAME: KEY}, NOW_S) == ("sb://localhost/a b&c", EXPIRY_S)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (None, "MalformedToken"),
        (b"SharedAccessSignature sr=x", "MalformedToken"),
        ("Bearer abc", "MalformedToken"),
        ("SharedAccessSignature ", "InvalidSignature"),
        ("SharedAccessSignature sr&sig&se", "InvalidSignature"),
        (token(key="another"), "InvalidSignature"),
        (token(name="Another"), "InvalidSignature"),
        (token().replace(str(EXPIRY_S), str(EXPIRY_S + 1)), "InvalidSignature"),
        (token().replace("localhost", "elsewhere"), "InvalidSignature"),
        (token(key="", name="Another"), "InvalidSignature"),
        (token().replace("sig=", "sig=%C3%A9"), "InvalidSignature"),
        (token(expiry_s=START_MS // 1000), "ExpiredToken"),
    ],
)
def test_other_tokens_are_refused(wrong: Any, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        check_signature(wrong, {KEY_NAME: KEY}, NOW_S)
    assert (caught.value.condition, caught.value.status) == ("amqp:unauthorized-access", 401)


@pytest.mark.parametrize("address", ["work", "news", "news/Subscriptions/all", "work/$management", "nowhere"])
def test_nothing_is_reached_without_a_token(stranger: WireClient, address: str) -> None:
    stranger.open()
    for said in (stranger.attach_receiver(address, handle=1), stranger.attach_sender(address, handle=2)):
        assert [item.code for item in said] == [ATTACH, DETACH]
        assert said[1].fields[2].value[0] == "amqp:unauthorized-access"


@pytest.mark.parametrize(
    ("value", "audience", "status"),
    [
        (token(), "sb://localhost", 202),
        (token("sb://localhost/work"), "sb://localhost/work", 202),
        (token("sb://localhost/"), "sb://localhost/work", 202),
        (token("sb://localhost/work"), "sb://localhost/news", 401),
        (token("sb://localhost/work"), "sb://localhost", 401),
        (token("sb://localhost/work"), "sb://localhost/working", 401),
        (token(key="another"), "sb://localhost", 401),
        (token(expiry_s=1), "sb://localhost", 401),
        ("nonsense", "sb://localhost", 401),
    ],
)
def test_a_token_is_put_for_what_it_is_for(
    stranger: WireClient, value: str, audience: str, status: int
) -> None:
    stranger.open()
    assert stranger.put_token(value, audience) == status


def test_a_token_opens_its_entity_and_what_is_below_it(stranger: WireClient) -> None:
    stranger.open()
    stranger.put_token(token("sb://localhost/news"), "sb://localhost/news")
    assert len(stranger.attach_receiver("news/subscriptions/ALL", handle=1)) == 1
    assert stranger.attach_sender("news", handle=2)[0].code == ATTACH
    assert stranger.manage("news", "peek-message", {"from-sequence-number": 0, "message-count": 1})[0] == 204
    assert stranger.attach_sender("work", handle=3)[-1].fields[2].value[0] == "amqp:unauthorized-access"


def test_a_link_is_detached_when_its_token_expires(client: WireClient) -> None:
    client.attach_sender("work")
    assert client.stay(3599) == []
    (detached,) = client.stay(2)
    assert detached.code == DETACH
    assert detached.fields[2].value[:2] == ["amqp:unauthorized-access", "ExpiredToken: The token is expired."]
    assert client.attach_sender("work")[-1].code == DETACH
    assert client.put_token(token(expiry_s=EXPIRY_S + 3600)) == 202
    assert client.attach_sender("work")[0].code == ATTACH


def test_a_renewed_token_keeps_its_links(client: WireClient) -> None:
    client.attach_sender("work")
    client.stay(1800)
    client.put_token(token(expiry_s=EXPIRY_S + 3600))
    assert client.stay(3600) == []


def test_another_operation_of_cbs_is_not_implemented(client: WireClient) -> None:
    assert client.request("$cbs", {"operation": "delete-token"}, None, handles=(5, 6))[0] == 501
